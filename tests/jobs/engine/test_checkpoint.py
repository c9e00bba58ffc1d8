"""Checkpoints: what is written is read, everything else is refused quietly."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.engine.checkpoint import Checkpoint, read_checkpoint, training_key, write_checkpoint
from jobs.model.history import EpochRecord
from tests.support.engine_cases import (
    PATTERN,
    TRAINED,
    assert_same_bits,
    config_of,
    corpus_of,
    random_network,
)

CHECKPOINT = Checkpoint(
    network=random_network(seed=1),
    best=random_network(seed=2),
    first_moment=random_network(seed=3),
    second_moment=random_network(seed=4),
    steps=12,
    history=(EpochRecord(1, 2.5, 3.1, 3.2, 0.1, 0.01), EpochRecord(2, 1 / 3, 3.0, 3.1, 0.2, 0.01)),
)


@pytest.mark.parametrize("cell", TRAINED)
def test_round_trip(cell, tmp_path):
    path = tmp_path / "checkpoint.npz"
    parts = ("network", "best", "first_moment", "second_moment")
    networks = {part: random_network(seed=seed, cell=cell) for seed, part in enumerate(parts)}
    given = replace(CHECKPOINT, **networks)
    write_checkpoint(path, given, "key")
    read = read_checkpoint(path, "key", given.network.cells)
    for part in parts:
        assert_same_bits(getattr(read, part), getattr(given, part))
        assert getattr(read, part).cells == (cell, cell)
    assert (read.steps, read.history) == (CHECKPOINT.steps, CHECKPOINT.history)
    assert isinstance(read.history[0].epoch, int)


def test_names_in_the_file_are_those_of_earlier_versions(tmp_path):
    """So that a training begun by an earlier version goes on."""
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(path, CHECKPOINT, "key")
    with np.load(path) as file:
        stored = {name.partition("/")[0] for name in file.files}
        np.testing.assert_array_equal(file["mean/output.bias"], CHECKPOINT.first_moment.output_bias)
        np.testing.assert_array_equal(
            file["square/output.bias"], CHECKPOINT.second_moment.output_bias
        )
    assert stored == {"key", "steps", "history", "network", "best", "mean", "square"}


def test_another_training_is_not_continued(tmp_path):
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(path, CHECKPOINT, "key")
    assert read_checkpoint(path, "key", CHECKPOINT.network.cells) is not None
    assert read_checkpoint(path, "other", CHECKPOINT.network.cells) is None
    assert read_checkpoint(tmp_path / "absent.npz", "key", CHECKPOINT.network.cells) is None


def test_damage_is_never_a_traceback(tmp_path):
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(path, CHECKPOINT, "key")
    assert read_checkpoint(path, "key", CHECKPOINT.network.cells) is not None
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert read_checkpoint(path, "key", CHECKPOINT.network.cells) is None
    generator = np.random.default_rng(0)
    for position in generator.integers(len(whole), size=60):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        read_checkpoint(path, "key", CHECKPOINT.network.cells)


@pytest.mark.parametrize(
    "change",
    [{"seed": 4}, {"layers": (6, 6)}, {"cell": "gru"}, {"batch": 9}, {"l1": 0.1}, {"epochs": 5}],
)
def test_key_names_what_matters(change):
    assert training_key(PATTERN, config_of(**change), None) != training_key(
        PATTERN, config_of(), None
    )


def test_key_depends_on_start_and_text():
    key = training_key(PATTERN, config_of(), None)
    assert training_key(PATTERN, config_of(), random_network()) != key
    assert training_key(corpus_of("abc" * 100), config_of(), None) != key
    assert training_key(PATTERN, config_of(), None) == key
