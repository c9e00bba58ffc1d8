"""Packages that are absent, of another version, or broken: one line and 78, before any work."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.packages import MODULES, SITE, TRAINING, allowed, check_packages, requirement
from jobs.store.store import list_runs
from tests.support.command_line import Answer, write_config
from tests.support.places import ROOT
from tests.system.faults.job import TALLY

ABSENT = "import sys; sys.modules[{!r}] = None; from jobs.cli.main import main; main()"


def run(folder: Path, program: str, *arguments: str, path: str = "") -> Answer:
    """`neuronario ARGUMENTS` by way of ``program``; ``path``: a folder of packages found first."""
    TALLY.cases += 1
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    TALLY.tracebacks += "Traceback" in done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


def check_refusal(answer: Answer, *words: str) -> None:
    last = answer.err.splitlines()[-1]
    assert answer.code == ExitCode.BAD_CONFIG, answer.err
    assert last.startswith("neuronario: ")
    assert all(word in last for word in words), last
    assert "Traceback" not in answer.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", (*TRAINING, *SITE["mkdocs"]))
def test_an_absent_package_ends_the_job_before_it_trains(folder: Path, name: str) -> None:
    answer = run(folder, ABSENT.format(MODULES[name]), "run")
    check_refusal(answer, f"{name} is not installed", f"pip install '{requirement(name)}'")
    assert "epoch" not in answer.err
    assert list_runs(folder / "runs") == []
    assert not (folder / "site").exists()


@pytest.mark.long
def test_training_alone_needs_no_site_builder(folder: Path) -> None:
    answer = run(folder, ABSENT.format("mkdocs"), "run", "--no-publish")
    assert answer.code == 0, answer.err
    check_refusal(run(folder, ABSENT.format("mkdocs"), "site"), "mkdocs is not installed")
    check_refusal(run(folder, ABSENT.format("tensorflow"), "sample"), "tensorflow is not installed")
    assert run(folder, ABSENT.format("tensorflow"), "diff", "latest", "latest").code == 0


@pytest.mark.parametrize("verb", ["train", "run"])
def test_another_version_is_named_with_the_one_asked_for(folder: Path, verb: str) -> None:
    other = folder / "packages" / "tensorflow-2.15.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: tensorflow\nVersion: 2.15.0\n")
    main = "from jobs.cli.main import main; main()"
    answer = run(folder, main, verb, path=str(other.parent))
    check_refusal(answer, "tensorflow 2.15.0 is installed", requirement("tensorflow"))


def test_a_package_that_cannot_be_loaded_is_one_line(folder: Path) -> None:
    broken = folder / "packages"
    broken.mkdir()
    (broken / "tensorflow.py").write_text("raise ImportError('libx.so.1: no\\x1b such\\nfile')\n")
    answer = run(folder, "from jobs.cli.main import main; main()", "train", path=str(broken))
    check_refusal(answer, "cannot be loaded", "libx.so.1: no\\x1b such\\nfile")


def test_packages_of_the_command_line_itself(folder: Path) -> None:
    check_refusal(run(folder, ABSENT.format("pydantic"), "run"), "package pydantic is not")


def test_a_module_of_ours_that_is_absent_is_a_bug(folder: Path) -> None:
    TALLY.tracebacks -= 1  # the one case that shows one
    answer = run(folder, ABSENT.format("jobs.pipeline.pipeline"), "run")
    assert answer.code == ExitCode.BUG and "Traceback" in answer.err


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("2.21.0", "tensorflow<2.22,>=2.21", True),
        ("2.21.0rc1", "tensorflow<2.22,>=2.21", True),
        ("2.22.0", "tensorflow<2.22,>=2.21", False),
        ("2.9", "tensorflow<2.22,>=2.21", False),
        ("2.0.0", "mkdocs<2,>=1.6.1", False),
        ("1.10.0", "mkdocs<2,>=1.6.1", True),
        ("1.6.1", "mkdocs<2,>=1.6.1", True),
        ("1.6", "mkdocs<2,>=1.6.1", False),
        ("7", "mkdocs", True),
    ],
)
def test_versions_are_compared_by_number(version: str, wanted: str, fits: bool) -> None:
    assert allowed(version, wanted) == fits


def test_what_is_installed_here_is_what_is_asked_for() -> None:
    names = (*TRAINING, *SITE["mkdocs"])
    check_packages(names)
    asked = {name: requirement(name) for name in names}
    assert all("<" in wanted and ";" not in wanted for wanted in asked.values())


def test_a_version_that_is_too_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.machine.packages.installed_version", lambda name: "2.0.0")
    with pytest.raises(NeuronarioError, match=r"mkdocs 2\.0\.0 is installed, .*mkdocs<2,"):
        check_packages(("mkdocs",))
