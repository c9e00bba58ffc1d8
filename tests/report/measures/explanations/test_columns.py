"""Sums over groups of characters are those over the characters, to the bit."""

from functools import cache

import numpy as np
import pytest

from report.measures.explanations.columns import Columns, cells, equal_rows, whole
from report.measures.explanations.features import PLACES
from report.measures.explanations.symbols import Symbols

SIZE, SYMBOLS, FLAGS, STRINGS = 3_000, 7, 9, 4


@cache
def matrix() -> Columns:
    """Characters that follow each other, common flags, and rare ones at the end."""
    random = np.random.default_rng(4)
    values = np.zeros((SIZE, PLACES * SYMBOLS + FLAGS), np.float32)
    for place in range(PLACES):
        symbol = random.integers(0, SYMBOLS + 1, SIZE)  # the last: no character
        known = symbol < SYMBOLS
        values[np.flatnonzero(known), place * SYMBOLS + symbol[known]] = 1.0
    often = np.array([0.5] * (FLAGS - STRINGS) + [0.02] * STRINGS)
    values[:, PLACES * SYMBOLS :] = random.random((SIZE, FLAGS)) < often
    symbols = Symbols(
        of_id=np.arange(SYMBOLS + 1),
        items=tuple("abcdefg"),
        classes=0,
        members=np.eye(SYMBOLS, dtype=np.float32),
    )
    return Columns(values, symbols, STRINGS)


def states(count: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(count, SIZE)).astype(np.float32)


def test_grouped_sums_are_the_plain_product():
    rows = states(11)
    values, scale = whole(rows)
    exact = values.astype(np.int64) @ matrix().values.astype(np.int64)
    assert np.array_equal(matrix().product(rows), exact.astype(np.float32) / scale)
    assert np.abs(exact / scale - rows @ matrix().values).max() < 0.5


def test_sums_do_not_depend_on_the_place_of_a_unit():
    rows = states(45)
    found = matrix().product(rows)
    order = np.random.default_rng(1).permutation(45)
    assert np.array_equal(matrix().product(rows[order]), found[order])
    for few in (1, 2, 7):
        assert np.array_equal(matrix().product(rows[40 : 40 + few]), found[40 : 40 + few])


def test_equal_weights_give_how_often_each_column_holds():
    weights = np.full((1, 3, SIZE), 0.5, np.float32)
    assert np.array_equal(matrix().sums(weights)[0], np.tile(matrix().values.sum(0) / 2, (3, 1)))


@pytest.mark.parametrize("count", [1, 8, 9, 70])
def test_equal_rows_are_numbered_alike(count):
    random = np.random.default_rng(count)
    rows = (random.random((6, count)) < 0.5).astype(np.float32)[random.integers(0, 6, 500)]
    rows[:, 64:] = 0  # a last word that tells nothing
    first, group = equal_rows(rows)
    assert len(first) == len({row.tobytes() for row in rows})
    assert np.array_equal(rows[first][group], rows)


def test_moments_of_a_number_are_those_over_the_characters():
    random = np.random.default_rng(3)
    number = (random.integers(0, 6, SIZE) / 3 - 1).astype(np.float32)
    under = (random.random((SIZE, 4)) < 0.4).astype(np.float32)
    own = cells(number, under, equal_rows(under)[1])
    weights = (random.random((5, SIZE)) < 0.7).astype(np.float32)
    one, square = own.moments(weights.T)
    assert one == pytest.approx((weights * number).astype(float) @ under)
    assert square == pytest.approx((weights * number**2).astype(float) @ under)
    rows = np.rint(states(5) * 8)
    assert own.products(rows.T) == pytest.approx((rows * number).astype(float) @ under)
