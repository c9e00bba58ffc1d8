"""The fingerprint of the machine, without TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.machine.runtime import cpu_model, current_runtime, doctor_lines, installed_version


def test_the_fingerprint_is_filled_and_steady() -> None:
    runtime = current_runtime()
    assert runtime == current_runtime()
    assert runtime.python == ".".join(map(str, sys.version_info[:3]))
    assert runtime.numpy == installed_version("numpy") != ""
    assert runtime.threads >= 1


def test_threads_are_those_that_this_process_may_use() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    code += "from jobs.machine.runtime import current_runtime; print(current_runtime().threads)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "processor\t: 0\nmodel name\t: A CPU: fast @ 2 GHz\nmodel name\t: B\n",
            "A CPU: fast @ 2 GHz",
        ),
        ("processor\t: 0\n", None),
        ("", None),
    ],
)
def test_the_processor_is_named_where_the_system_tells(
    tmp_path: Path, text: str, name: str | None
) -> None:
    import platform

    (tmp_path / "cpuinfo").write_text(text)
    expected = platform.processor() if name is None else name
    assert cpu_model(tmp_path / "cpuinfo") == expected
    assert cpu_model(tmp_path / "absent") == platform.processor()


def test_a_distribution_that_is_absent_has_no_version() -> None:
    assert installed_version("no-such-distribution") == ""


def test_doctor_names_what_moves_last_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert "OPENBLAS_CORETYPE: Haswell" in doctor_lines()
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    assert not any(line.startswith("OPENBLAS_CORETYPE") for line in doctor_lines())


def test_doctor_works_where_the_working_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any(line.startswith("memory: ") for line in doctor_lines())
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "free disk here: unknown: the working folder is gone" in doctor_lines()
    os.chdir(tmp_path)
