"""Held-out bits against the oracle."""

import numpy as np
import pytest

from jobs.engine.evaluate import WARM_UP, held_out_bits, spread_positions
from jobs.model.reading_mode import STREAM, ReadingMode
from tests.support.engine_cases import TRAINED, random_ids, random_network
from tests.support.oracle import bits_of_text

WINDOW = 5


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("stride", [1, 3])
def test_window_bits_equal_oracle(cell, stride):
    network, ids, context = random_network(cell=cell), random_ids(50), random_ids(9, seed=8)
    bits, count = held_out_bits(
        network, ids, mode=ReadingMode(WINDOW), context=context, stride=stride
    )
    positions = spread_positions(50, stride)
    assert count == positions.size == 50 // stride
    expected = bits_of_text(network, ids, context, "window", WINDOW, positions)
    assert bits == pytest.approx(expected, abs=1e-5)


def test_positions_are_spread():
    positions = spread_positions(1_000, 7)
    np.testing.assert_array_equal(positions // 7, np.arange(1_000 // 7))
    assert len(set(positions % 7)) == 7
    np.testing.assert_array_equal(spread_positions(30, 1), np.arange(30))
    assert spread_positions(3, 20).max() < 3


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("length", [1, 50, 2_000])
def test_stream_bits_equal_oracle(cell, length):
    """Up to 64 segments side by side: 256 characters of warm-up leave no difference to see."""
    network, ids = random_network(cell=cell), random_ids(length)
    context = random_ids(300, seed=8)
    bits, count = held_out_bits(network, ids, mode=STREAM, context=context)
    assert count == length
    expected = bits_of_text(network, ids, context[-WARM_UP:], "stream", 0, np.arange(length))
    assert bits == pytest.approx(expected, abs=1e-4)
