"""The command line: start-up, exit codes, one line per error."""

import sys

import click
import pytest

from jobs.cli.main import cli, guarded
from jobs.errors import ExitCode, NeuronarioError
from tests.support.command_line import neuronario, write_config
from tests.support.places import ROOT


@pytest.mark.parametrize("verb", [["--help"], ["list"], ["report", "--help"], ["run", "--help"]])
def test_starts_without_tensorflow(tmp_path, verb):
    code = (
        "import sys; from jobs.cli.main import cli\n"
        f"cli({verb!r}, standalone_mode=False)\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_verb_has_a_help():
    for name, command in cli.commands.items():
        assert command.help, name


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list"], ExitCode.OK),
        (["no-such-verb"], ExitCode.USAGE),
        (["run", "--config", "absent.yml"], ExitCode.NO_INPUT),
        (["show", "000009"], ExitCode.NO_INPUT),
        (["config", "check", "bad.yml"], ExitCode.BAD_CONFIG),
        (["run", "--config", "bad.yml"], ExitCode.BAD_CONFIG),
        (["run", "--config", "no_text.yml"], ExitCode.NO_INPUT),
        (["run", "--config", "empty_text.yml"], ExitCode.BAD_DATA),
        (["serve", "--site", "."], ExitCode.NO_INPUT),
    ],
)
def test_exit_codes(tmp_path, arguments, code):
    write_config(tmp_path)
    (tmp_path / "bad.yml").write_text("seed: -1\nnetwork: {layer: [2]}\n")
    (tmp_path / "no_text.yml").write_text("corpus: {path: absent.txt}\n")
    (tmp_path / "empty_text.yml").write_text("corpus: {path: empty.txt}\n")
    (tmp_path / "empty.txt").write_text("")
    answer = neuronario(tmp_path, *arguments)
    assert answer.code == code, answer
    assert "Traceback" not in answer.err


def test_all_problems_of_a_configuration_are_listed_at_once(tmp_path):
    (tmp_path / "bad.yml").write_text("seed: -1\ncorpus: {builtin: xml}\nnetwork: {layer: [2]}\n")
    answer = neuronario(tmp_path, "config", "check", "bad.yml")
    lines = answer.err.splitlines()
    assert any("seed" in line and "bad.yml:1" in line for line in lines)
    assert any("network.layer" in line and "layers" in line for line in lines)


@pytest.mark.parametrize(
    ("error", "code", "traceback"),
    [
        (NeuronarioError("disk full", ExitCode.IO_ERROR), 74, False),
        (click.Abort(), 130, False),
        (click.UsageError("what?"), 2, False),
        (ValueError("unforeseen"), 1, True),
    ],
)
def test_each_fate_has_its_code(capsys, error, code, traceback):
    def command():
        raise error

    assert guarded(command) == code
    assert ("Traceback" in capsys.readouterr().err) == traceback


def test_with_json_the_exit_is_json_too(capsys):
    def command():
        raise NeuronarioError("disk full", ExitCode.IO_ERROR)

    guarded(command, as_json=True)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == '{"type": "exit", "code": 74, "message": "disk full"}'


def test_config_check_looks_at_text_and_concepts(tmp_path):
    write_config(tmp_path, corpus={"builtin": None, "path": "text.txt"})
    missing = neuronario(tmp_path, "config", "check")
    assert (missing.code, missing.out) == (ExitCode.NO_INPUT, "")
    (tmp_path / "text.txt").write_text("añil y verde\n" * 200)
    fine = neuronario(tmp_path, "config", "check")
    assert fine.code == 0, fine.err
    assert "corpus: text.txt, 2,600 characters, 11 distinct, 260 held out" in fine.out
    write_config(tmp_path, report={"concepts": [{"name": "Quote", "pattern": "a"}]})
    clash = neuronario(tmp_path, "config", "check")
    assert clash.code == ExitCode.BAD_CONFIG
    assert "two concepts are called 'Quote'" in clash.err
    write_config(tmp_path, report={"concepts": [{"name": "год издания", "pattern": "a"}]})
    assert neuronario(tmp_path, "config", "check").code == 0
