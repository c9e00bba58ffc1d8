"""Parts of a measurement on disk: kept, recognised, cleared away."""

import numpy as np
import pytest

from jobs.disk.npz import Expected
from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.shard_parts import ShardParts

EXPECTED = {"sums": Expected("<f8", (3,)), "piece.rows": Expected("<i8", (2,))}
ARRAYS = {"sums": np.arange(3.0), "piece.rows": np.array([8, 9])}


def test_a_part_is_read_back_and_one_of_another_form_is_not(tmp_path):
    parts = ShardParts(tmp_path / "out", "aa")
    with parts.open(0):
        assert parts.read(0, EXPECTED) is None
        parts.write(0, ARRAYS)
        found = parts.read(0, EXPECTED)
        assert found is not None and found["sums"].tolist() == [0.0, 1.0, 2.0]
        assert parts.read(0, {**EXPECTED, "sums": Expected("<f8", (4,))}) is None
        assert parts.read(1, EXPECTED) is None


def test_a_damaged_part_is_no_part(tmp_path):
    parts = ShardParts(tmp_path / "out", "aa")
    with parts.open(0):
        parts.write(0, ARRAYS)
        (path,) = parts.folder.glob("aa-*")
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
        damaged = parts.read(0, EXPECTED)
        path.write_bytes(bytes(data[:100]))
        assert damaged is None and parts.read(0, EXPECTED) is None


def test_parts_are_kept_for_the_same_key_alone(tmp_path):
    out = tmp_path / "out"
    parts = ShardParts(out, "aa")
    with pytest.raises(RuntimeError), parts.open(0):
        parts.write(0, ARRAYS)
        (parts.folder / ".aa-000001.npz.x.tmp").write_text("half")
        raise RuntimeError
    with parts.open(0):
        assert parts.read(0, EXPECTED) is not None
        assert not list(parts.folder.glob("*.tmp"))
    with ShardParts(out, "bb").open(0):
        assert parts.read(0, EXPECTED) is None


def test_nothing_is_left_where_nothing_was_finished(tmp_path):
    parts = ShardParts(tmp_path / "out", "aa")
    with pytest.raises(RuntimeError), parts.open(0):
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    (tmp_path / "out").mkdir()
    with parts.open(0):
        parts.write(0, ARRAYS)
        parts.remove()
    assert not list((tmp_path / "out").iterdir())


def test_two_at_a_time_are_refused_and_a_link_is_not_followed(tmp_path):
    parts = ShardParts(tmp_path / "out", "aa")
    with parts.open(0), pytest.raises(NeuronarioError) as caught, parts.open(0):
        pass
    assert caught.value.code == ExitCode.LOCKED
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "mine").write_text("x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".neuronario.work").symlink_to("../theirs")
    with pytest.raises(NeuronarioError) as caught, ShardParts(tmp_path / "other", "aa").open(0):
        pass
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert (tmp_path / "theirs" / "mine").exists()
