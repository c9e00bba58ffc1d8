"""Intervals have the width that theory gives, and grow where neighbours resemble each other."""

import numpy as np
import pytest

from report.measures.bootstrap import BLOCK, block_sums, draws, interval


def width(values):
    counted = np.stack([values, np.ones_like(values)], axis=1)
    low, high = interval(block_sums(counted), lambda total: total[..., 0] / total[..., 1], 0)
    assert low < values.mean() < high
    return float(high - low)


def test_interval_of_a_mean_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(0, 1, 200 * BLOCK)
    expected = 2 * 1.96 / np.sqrt(len(values))
    assert width(values) == pytest.approx(expected, rel=0.2)


def test_neighbours_that_are_the_same_count_once():
    few = np.random.default_rng(1).normal(0, 1, 2_000)
    same = np.repeat(few, 20)
    independent = np.random.default_rng(2).normal(0, 1, len(same))
    assert width(same) > 3 * width(independent)  # the square root of 20, nearly


def test_a_short_last_block_is_joined():
    sums = block_sums(np.ones((2 * BLOCK + 7, 1)))
    assert sums[:, 0].tolist() == [BLOCK, BLOCK + 7]
    assert block_sums(np.ones((5, 1)))[:, 0].tolist() == [5]


def test_every_draw_takes_as_many_blocks_and_cannot_be_changed():
    taken = draws(30, 0)
    assert (taken.sum(1) == 30).all() and taken is draws(30, 0)
    with pytest.raises(ValueError, match="read-only"):
        taken[0, 0] = 1.0
