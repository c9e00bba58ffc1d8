"""Compiled programs are found again by the next process, and only if nobody touched them."""

import os
import subprocess
import sys

import pytest

from jobs.machine.program_cache import (
    SUFFIX,
    VARIABLE,
    belongs_to_us,
    discard_oldest,
    discard_unknown,
    keep_programs,
    program_folder,
    record_programs,
)

TRAIN = """
import hashlib
from jobs.machine.tensorflow_start import start_tensorflow
start_tensorflow()
from jobs.engine.train import train
from tests.support.engine_cases import PATTERN, config_of
for array in train(PATTERN, config_of(epochs=1)).network.arrays().values():
    print(hashlib.sha256(array.tobytes()).hexdigest())
"""


def trained(cache):
    """Digests of the weights that a process of its own trains."""
    environment = {**os.environ, VARIABLE: cache, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("TF_XLA_FLAGS", None)  # set by this process' own start
    run = subprocess.run(
        [sys.executable, "-c", TRAIN], env=environment, check=True, capture_output=True
    )
    return run.stdout


@pytest.mark.tensorflow
def test_the_next_process_compiles_nothing_and_gets_the_same_bits(tmp_path):
    without = trained("")
    first = trained(str(tmp_path))
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*.pb")}
    again = trained(str(tmp_path))
    assert kept, "TensorFlow kept no program"
    assert kept == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*.pb")}
    assert without == first == again
    damaged = min(kept)
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    assert trained(str(tmp_path)) == first
    assert damaged.read_bytes() != data  # compiled anew, not run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "programs"))
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    return program_folder()


def test_only_recorded_programs_stay(folder):
    folder.mkdir(parents=True)
    for name in ("good.pb", "changed.pb"):
        (folder / name).write_bytes(b"program")
    record_programs(folder)
    (folder / "changed.pb").write_bytes(b"Program")
    (folder / "of a killed job.pb").write_bytes(b"pro")
    discard_unknown(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["good.pb", "good.pb" + SUFFIX]


def test_the_oldest_go_first(folder):
    folder.mkdir(parents=True)
    for age, name in enumerate(("new.pb", "middle.pb", "old.pb")):
        (folder / name).write_bytes(b"12345")
        os.utime(folder / name, (1_000 - age, 1_000 - age))
    discard_oldest(folder, 12)
    assert sorted(path.name for path in folder.iterdir()) == ["middle.pb", "new.pb"]


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_may_write_is_not_used(folder, mode):
    folder.mkdir(parents=True)
    folder.chmod(mode)
    assert not belongs_to_us(folder)
    keep_programs()
    assert "TF_XLA_FLAGS" not in os.environ


def test_a_link_is_not_followed(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.parent.mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    keep_programs()
    assert "TF_XLA_FLAGS" not in os.environ


@pytest.mark.parametrize(
    "environment",
    [{VARIABLE: ""}, {VARIABLE: "relative"}, {VARIABLE: "/with a blank"}, {}],
    ids=str,
)
def test_nowhere_to_keep_them_is_no_failure(environment, monkeypatch):
    for name in (VARIABLE, "HOME", "XDG_CACHE_HOME", "TF_XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert program_folder() is None
    keep_programs()
    assert "TF_XLA_FLAGS" not in os.environ


def test_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert program_folder().parent == tmp_path / ".cache" / "neuronario"
