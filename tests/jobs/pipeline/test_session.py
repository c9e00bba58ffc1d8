"""What surrounds a job: waiting for the store, and warnings about who can write it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.config.file import load_config
from jobs.errors import ExitCode
from jobs.pipeline.session import JobOptions, open_to_everybody, running_job
from tests.support.command_line import neuronario, write_config
from tests.support.places import ROOT

HOLD = (
    "import sys, time; from pathlib import Path; from jobs.store.lock import locked\n"
    "with locked(Path('runs'), 'train'): print('held', flush=True); time.sleep(float(sys.argv[1]))"
)


def hold(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(seconds)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_job_that_waits_runs_when_the_other_has_ended(tmp_path: Path) -> None:
    write_config(tmp_path)
    other = hold(tmp_path, 8)
    answer = neuronario(tmp_path, "train", "--quiet", "--wait", "120")
    assert (answer.code, other.wait()) == (0, 0), answer.err


@pytest.mark.parametrize("verb", ["train", "run"])
def test_a_job_waits_no_longer_than_it_was_told(tmp_path: Path, verb: str) -> None:
    write_config(tmp_path)
    other = hold(tmp_path, 600)
    try:
        began = time.monotonic()
        answer = neuronario(tmp_path, verb, "--quiet", "--wait", "2")
        assert answer.code == ExitCode.LOCKED
        assert f"in use by process {other.pid}" in answer.err
        assert 2 <= time.monotonic() - began < 30
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "soon", "1000001"])
def test_a_time_that_is_none_is_wrong_usage(tmp_path: Path, seconds: str) -> None:
    assert neuronario(tmp_path, "run", f"--wait={seconds}").code == ExitCode.USAGE


def test_what_everybody_can_write_is_named(tmp_path: Path) -> None:
    safe, shared, file = tmp_path / "safe", tmp_path / "shared", tmp_path / "neuronario.yml"
    safe.mkdir(mode=0o755)
    shared.mkdir()
    shared.chmod(0o777)
    file.touch()
    file.chmod(0o666)
    warnings = list(open_to_everybody([safe, shared, file, tmp_path / "absent"]))
    assert [warning.split(" can be written by every user")[0] for warning in warnings] == [
        str(shared),
        str(file),
    ]
    file.chmod(0o664)
    assert list(open_to_everybody([file])) == [], "a group is who the owner says"


def test_a_job_says_so_and_works_on(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    config.chmod(0o666)
    answer = neuronario(tmp_path, "train")
    assert answer.code == 0
    (warning,) = [line for line in answer.err.splitlines() if line.startswith("warning: ")]
    assert warning.startswith("warning: neuronario.yml can be written by every user")
    config.chmod(0o644)
    assert "warning" not in neuronario(tmp_path, "train").err


def test_a_quiet_job_keeps_the_warning_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path)
    config.chmod(0o666)
    options = JobOptions(config, store=tmp_path / "store", quiet=True)
    # the signals of the test's own process stay as they are
    monkeypatch.setattr("jobs.pipeline.session.answer_signals", lambda *_: None)
    with running_job(options, load_config(config)) as progress:
        assert "can be written by every user" in progress.log_text()
    assert capsys.readouterr().err == ""
