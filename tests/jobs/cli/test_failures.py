"""What the command line prints where no person watches: in CI, on GitHub, without a terminal."""

import re

import pytest

from jobs.cli.main import guarded
from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.progress import ProgressDisplay
from tests.jobs.pipeline.test_progress import Terminal, train
from tests.support.command_line import neuronario, write_config

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def fail(error):
    def command():
        raise error

    return command


def test_on_github_an_error_is_one_annotation(monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    message = "texts/a.txt: 100% bad\r\n::add-mask::x\nlast"
    assert guarded(fail(NeuronarioError(message, ExitCode.BAD_DATA))) == ExitCode.BAD_DATA
    assert capsys.readouterr().err == (
        "::error title=neuronario::texts/a.txt: 100%25 bad%0D%0A::add-mask::x%0Alast\n"
    )


@pytest.mark.parametrize("value", ["", "false"])
def test_elsewhere_an_error_is_a_plain_line(monkeypatch, capsys, value):
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    guarded(fail(NeuronarioError("100% bad", ExitCode.BAD_DATA)))
    assert capsys.readouterr().err == "neuronario: 100% bad\n"


@pytest.mark.parametrize("github", ["true", ""])
def test_a_traceback_gives_no_commands(monkeypatch, capsys, github):
    monkeypatch.setenv("GITHUB_ACTIONS", github)
    assert guarded(fail(ValueError("x\n::set-output name=a::b\n  ::add-mask::c\n\x1b[2J"))) == 1
    shown = capsys.readouterr().err
    commands = [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    assert [line.split(" ")[0] for line in commands] == ["::error"] * bool(github)
    assert "Traceback" in shown and "set-output" in shown and not CONTROL.search(shown)


def test_the_process_itself_annotates(tmp_path):
    answer = neuronario(tmp_path, "show", environment={"GITHUB_ACTIONS": "true"})
    assert answer.code == ExitCode.NO_INPUT
    assert answer.err.startswith("::error title=neuronario::no run 'latest'")
    assert answer.err.count("\n") == 1


def test_ci_gets_plain_lines_even_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    stream = Terminal()
    train(ProgressDisplay(stream=stream))
    assert stream.getvalue().count("epoch ") == 3
    assert not CONTROL.search(stream.getvalue())


@pytest.mark.parametrize("arguments", [["doctor"], ["list"], ["--help"], ["config", "show"]])
def test_no_control_characters_without_a_terminal(tmp_path, arguments):
    write_config(tmp_path)
    answer = neuronario(tmp_path, *arguments, environment={"TERM": "xterm-256color"})
    assert answer.code == 0
    assert answer.out and not CONTROL.search(answer.out + answer.err)
