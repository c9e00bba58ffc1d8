"""The command itself, where another package has the name of one of ours."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.places import ROOT

STARTS = {
    "the command": ["-c", "import sys; sys.path.pop(0); from neuronario import main; main()"],
    "python -m": ["-m", "neuronario"],
}


def start(folder, how, path):
    return subprocess.run(
        [sys.executable, *STARTS[how], "--version"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("how", STARTS)
def test_the_command_starts(tmp_path, how):
    done = start(tmp_path, how, str(ROOT))
    assert done.returncode == 0 and done.stdout.startswith("neuronario, version")


@pytest.mark.parametrize("how", STARTS)
@pytest.mark.parametrize("name", ["jobs", "report"])
def test_a_package_that_hides_ours_is_one_line(tmp_path, how, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('this was run')")
    done = start(tmp_path, how, f"{tmp_path}:{ROOT}")
    assert (done.returncode, done.stdout) == (78, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"the package {name} in {tmp_path} hides neuronario's own" in done.stderr


def test_a_module_that_hides_ours(tmp_path):
    (tmp_path / "jobs.py").write_text("raise SystemExit('this was run')")
    done = start(tmp_path, "the command", f"{tmp_path}:{ROOT}")
    assert done.returncode == 78 and "hides neuronario's own" in done.stderr


@pytest.mark.parametrize("how", STARTS)
def test_a_copy_apart_from_the_packages_starts_too(tmp_path, how):
    """As an editable installation has it."""
    shutil.copy(ROOT / "neuronario.py", tmp_path)
    done = start(tmp_path, how, f"{tmp_path}:{ROOT}")
    assert done.returncode == 0, done.stderr
