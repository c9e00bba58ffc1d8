"""Arrays written row by row: read back by NumPy and by the safetensors package."""

import errno
import json
import os

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from jobs.disk.array_files import ArraySpec, NpyFolder, SafetensorsFile
from jobs.errors import ExitCode, NeuronarioError

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "ids": np.arange(5, dtype=np.int32),
    "positions": np.arange(5, dtype=np.int64) * 3,
    "layer1.hidden": RANDOM.normal(size=(5, 3)).astype(np.float32),
    "one": RANDOM.normal(size=7).astype(np.float32),
}
SPECS = {name: ArraySpec(array.dtype, array.shape) for name, array in ARRAYS.items()}
DESCRIPTION = {"alphabet": ["a", "é", "\n"], "run": "000001"}


def written(folder, kind):
    path = folder / "all.safetensors"
    return NpyFolder(folder, SPECS, DESCRIPTION) if kind == "npy" else opened(path)


def opened(path):
    return SafetensorsFile(path, SPECS, DESCRIPTION)


def fill(writer):
    """Rows of the arrays in turn, so that no array is written in one piece."""
    for first, last in ((0, 2), (2, 2), (2, 5)):
        for name in ("ids", "layer1.hidden", "positions"):
            writer.append(name, ARRAYS[name][first:last])
    writer.append("one", ARRAYS["one"])


def test_npy_files_are_those_of_numpy(tmp_path):
    writer = written(tmp_path, "npy")
    fill(writer)
    np.testing.assert_array_equal(writer.written("ids"), ARRAYS["ids"])
    writer.finish()
    for name, array in ARRAYS.items():
        read = np.load(tmp_path / f"{name}.npy", allow_pickle=False)
        np.testing.assert_array_equal(read, array)
        assert read.dtype == array.dtype
        np.save(tmp_path / "theirs.npy", array)
        ours = (tmp_path / f"{name}.npy").read_bytes()
        assert ours == (tmp_path / "theirs.npy").read_bytes()
    assert json.loads((tmp_path / "trace.json").read_text()) == DESCRIPTION


def test_safetensors_reads_what_was_written(tmp_path):
    writer = written(tmp_path, "safetensors")
    fill(writer)
    np.testing.assert_array_equal(writer.written("layer1.hidden"), ARRAYS["layer1.hidden"])
    writer.finish()
    read = load_file(tmp_path / "all.safetensors")
    assert set(read) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype
    with safe_open(tmp_path / "all.safetensors", "np") as file:
        assert json.loads(file.metadata()["description"]) == DESCRIPTION


@pytest.mark.parametrize("kind", ["npy", "safetensors"])
def test_every_row_must_be_there_and_fit(tmp_path, kind):
    writer = written(tmp_path, kind)
    for rows in (np.zeros((1, 4), "f"), np.zeros((6, 3), "f")):
        with pytest.raises(ValueError, match=r"layer1\.hidden"):
            writer.append("layer1.hidden", rows)
    with pytest.raises(ValueError, match="0 rows of 5"):
        writer.finish()
    writer.close()


@pytest.mark.parametrize("kind", ["npy", "safetensors"])
def test_a_full_disk_is_one_line(tmp_path, kind, monkeypatch):
    writer = written(tmp_path, kind)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(NeuronarioError, match="No space left") as caught:
        fill(writer)
    assert caught.value.code == ExitCode.IO_ERROR
    writer.close()


def test_what_the_system_takes_in_pieces_is_written_whole(tmp_path, monkeypatch):
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, at: whole(handle, data[:3], at))
    writer = written(tmp_path, "npy")
    fill(writer)
    writer.finish()
    monkeypatch.undo()
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), ARRAYS["one"])
