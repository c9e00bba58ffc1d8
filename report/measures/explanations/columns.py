"""Half A as a matrix of 0 and 1: sums of many units over the characters where something holds.

Many characters have the same row, and most columns are nearly empty. So characters with the same
row are added up first, once for the characters at the five places and the strings just read, once
for everything else; the columns are sums of such groups. As the sums are exact, these are the bits
of the plain product, in a fraction of its time.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.features import PLACES, Facts, Vocabulary
from report.measures.explanations.symbols import Symbols
from report.measures.group_sums import indicator

WHOLE = 2.0**23  # up to twice this float32 holds every whole number


@dataclass(frozen=True)
class _Part:
    """Some columns, as sums of groups of characters whose rows there are equal."""

    columns: NDArray[np.int64]
    groups: Any  # (U, T) sparse: the characters of each group
    made_of: Any  # (columns, U), sparse where most are 0: the groups of each column


@dataclass(frozen=True)
class Columns:
    """Half A as a matrix: everything whose sums are needed, one column each."""

    values: Float  # (T, PLACES * G + F) 0 and 1
    symbols: Symbols
    strings: int  # so many columns, the last ones, are strings just read

    @property
    def width(self) -> int:
        """Columns that belong to places."""
        return PLACES * self.symbols.count

    @cached_property
    def totals(self) -> Float:
        """(columns,) characters where each holds."""
        found: Float = self.values.sum(0, dtype=np.float64).astype(np.float32)
        return found

    @cached_property
    def _parts(self) -> tuple[_Part, _Part]:
        every = np.arange(self.values.shape[1])
        others = (every >= self.width) & (every < len(every) - self.strings)
        return _part(self.values, every[~others], True), _part(self.values, every[others], False)

    def sums(self, weights: Float) -> Float:
        """(Q, P, columns) for ``weights`` (Q, P, T); equal weights are no product."""
        return np.stack([self._sums(row) for row in weights])

    def _sums(self, row: Float) -> Float:
        first = row[0, 0]
        if (row == first).all():
            return np.broadcast_to(first * self.totals, (len(row), len(self.totals)))
        return self.product(row)

    def product(self, rows: Float) -> Float:
        """``rows`` (P, T) times the matrix: exact sums of rows rounded by ``whole``."""
        values, scale = whole(rows)
        values = np.ascontiguousarray(values.T)
        found = np.empty((self.values.shape[1], len(rows)), np.float32)
        for part in self._parts:
            found[part.columns] = part.made_of @ (part.groups @ values)
        return np.ascontiguousarray(found.T) / scale


def whole(rows: Float) -> tuple[Float, Float]:
    """Each of ``rows`` (P, T) in whole multiples of a power of two, and the scale (P, 1).

    The power is the finest of which all sums of the row are whole multiples that float32 holds:
    some 1/1024 of a standard deviation for 10,000 characters. So sums have the same bits in
    whatever order they are added, and ties never fall by where a unit stands in its batch.

    Returns:
        (P, T) whole numbers and (P, 1) by what sums of them are to be divided.
    """
    largest = np.abs(rows).sum(1, keepdims=True, dtype=np.float64)
    scale = np.exp2(np.floor(np.log2(WHOLE / np.maximum(largest + 1.0, 1.0)))).astype(np.float32)
    found = rows * scale
    return np.rint(found, out=found), scale


def columns(vocabulary: Vocabulary, facts: Facts) -> Columns:
    """The matrix of the ``facts`` of half A."""
    count, size = vocabulary.symbols.count, facts.symbols.shape[1]
    values = np.zeros((size, PLACES * count + len(facts.flags)), np.float32)
    rows = np.arange(size)
    for place in range(PLACES):
        symbol = facts.symbols[place]
        known = symbol < count
        values[rows[known], place * count + symbol[known]] = 1.0
    values[:, PLACES * count :] = facts.flags.T
    return Columns(values, vocabulary.symbols, len(vocabulary.strings))


@dataclass(frozen=True)
class Cells:
    """Characters with the same value of a number and the same conditions: sums of lines."""

    groups: Any  # (U, T) sparse: the characters of each cell
    values: NDArray[np.float64]  # (U, 1)
    under: NDArray[np.float64]  # (C, U) 1 where a condition holds

    def moments(self, counts: Float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(P, C) sums of the number and of its squares, by ``counts`` (T, P) of characters."""
        weighted = self.values * (self.groups @ counts)
        return (self.under @ weighted).T, (self.under @ (self.values * weighted)).T

    def products(self, states: Float) -> NDArray[np.float64]:
        """(P, C) sums of the number times ``states`` (T, P)."""
        found: NDArray[np.float64] = (self.under @ (self.values * (self.groups @ states))).T
        return found


def cells(values: Float, conditions: Float, rows: NDArray[np.int64]) -> Cells:
    """Cells of a number ``values`` (T,) under ``conditions`` (T, C) of 0 and 1.

    ``rows`` (T,) numbers the characters' rows of ``conditions``, equal ones alike.
    """
    _, value = np.unique(values, return_inverse=True)
    _, first, group = np.unique(
        value * (rows.max() + 1) + rows, return_index=True, return_inverse=True
    )
    return Cells(
        groups=indicator(group, len(first), np.float32),
        values=values[first, None].astype(np.float64),
        under=np.ascontiguousarray(conditions[first].T.astype(np.float64)),
    )


def equal_rows(matrix: Float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of ``matrix`` (T, C) of 0 and 1: where each of its U different rows first stands, (U,), and
    which of them each row is, (T,).
    """
    packed = np.packbits(matrix > 0, axis=1)
    padded = np.zeros((len(packed), -(-packed.shape[1] // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    group = np.zeros(len(packed), np.int64)
    first = group[:1]
    for word in padded.view(np.uint64).T:  # eight bytes at a time: faster than whole rows
        _, number = np.unique(word, return_inverse=True)
        _, first, group = np.unique(
            group * (number.max() + 1) + number, return_index=True, return_inverse=True
        )
    return first, group


def _part(values: Float, columns: NDArray[np.int64], sparse: bool) -> _Part:
    from scipy.sparse import csr_array  # late: it takes a tenth of a second

    first, group = equal_rows(values[:, columns])
    made_of: Any = np.ascontiguousarray(values[np.ix_(first, columns)].T)
    groups = indicator(group, len(first), np.float32)
    return _Part(columns, groups, csr_array(made_of) if sparse else made_of)
