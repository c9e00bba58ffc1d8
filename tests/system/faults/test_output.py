"""Where the answer of a command cannot go."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT
from tests.system.faults.job import TALLY

COMMANDS = [["list"], ["list", "--json"], ["doctor"], ["config", "show"], ["--help"]]


def run(folder: Path, redirection: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    TALLY.cases += 1
    program = [sys.executable, "-c", "from jobs.cli.main import main; main()", *arguments]
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", *program],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_behind_the_answer_is_74(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, ">/dev/full", arguments)
    assert done.returncode == 74
    assert done.stderr.startswith("neuronario: No space left on device: standard output\n")


@pytest.mark.parametrize("arguments", COMMANDS[:2], ids=" ".join)
def test_a_reader_that_left_is_no_error_to_speak_of(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, "| true; exit ${PIPESTATUS[0]}", arguments)
    assert done.returncode in (0, 141)
    assert done.stderr == ""
