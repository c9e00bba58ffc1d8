"""The best clause for many units at once: conditions that hold together, found one by one, or one
condition under which the state follows a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.columns import Cells, Columns, cells, equal_rows, whole
from report.measures.explanations.features import PLACES, Facts
from report.measures.explanations.search import (
    ITEM,
    NONE,
    Condition,
    Gain,
    best_conditions,
)
from report.measures.explanations.symbols import LEAST, Symbols

CLAUSES = 8  # of a sentence, at most
USUAL = 5  # clauses after which each must be worth more
CONDITIONS = 4  # of a clause, all of which must hold
CONDITION = 0.002  # share of the variance that a further condition is worth
PARTS = 2  # a line counts for so many conditions: one, and its number
CLAUSE = 0.005  # share of the variance that a clause, or a number in it, is worth
FURTHER = 0.01  # share of the variance that a clause beyond the usual ones is worth

Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """A clause without its values."""

    conditions: tuple[Condition, ...]  # empty: always
    number: int = NONE  # NONE: a constant; else the state follows this number
    any_of: bool = False  # one condition suffices; else all must hold

    @cached_property
    def _hash(self) -> int:  # asked for some ten thousand times a layer
        return hash((self.conditions, self.number, self.any_of))

    def __hash__(self) -> int:
        return self._hash

    def holds(self, facts: Facts, symbols: Symbols) -> Masks:
        """(T,) where it holds."""
        found = np.full(facts.symbols.shape[1], not self.any_of)
        for condition in self.conditions:
            if self.any_of:
                found |= condition.holds(facts, symbols)
            else:
                found &= condition.holds(facts, symbols)
        return found

    @property
    def complement(self) -> "Found | None":
        """Where it does not hold, if that can be said without a denial."""
        if self.any_of or not self.conditions or not all(one.denied for one in self.conditions):
            return None
        said = tuple(one.said for one in self.conditions)
        return Found(said, self.number, any_of=len(said) > 1)


@dataclass(frozen=True)
class Half:
    """Half A, as searches need it."""

    matrix: Columns
    facts: Facts  # of half A alone
    size: int
    numbers: Float  # (K, T) with mean 0 and variance 1
    under: NDArray[np.int64]  # (C,) columns of the matrix under which a number is looked for
    conditions: tuple[Condition, ...]  # (C,) what they say

    @cached_property
    def cells(self) -> list[Cells]:
        """Per number its cells under the conditions; last condition: always."""
        always = np.ones((self.size, 1), np.float32)
        under = np.concatenate([self.matrix.values[:, self.under], always], 1)
        _, rows = equal_rows(under)
        return [cells(values, under, rows) for values in self.numbers]

    @cached_property
    def moments(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Per number (1, C + 1) its sum and that of its squares under each condition."""
        everywhere = np.ones((self.size, 1), np.float32)
        return [one.moments(everywhere) for one in self.cells]


def half_of(matrix: Columns, facts: Facts, concepts: int) -> Half:
    """``facts`` of half A; their first ``concepts`` flags are concepts."""
    values = facts.numbers - facts.numbers.mean(1, keepdims=True)
    values /= np.maximum(values.std(1, keepdims=True), 1e-6)
    kept = range(concepts)
    return Half(
        matrix=matrix,
        facts=facts,
        size=len(matrix.values),
        numbers=values.astype(np.float32),
        under=np.array([PLACES * matrix.symbols.count + flag for flag in kept], np.int64),
        conditions=tuple(Condition(NONE, flag, (), (), False) for flag in kept),
    )


def best_clauses(
    half: Half, weights: Float, gain: Gain, *, always: bool
) -> tuple[list[Found], Masks]:
    """The best clause of each of P problems, and where it holds (P, T).

    Args:
        half: what can be named.
        weights: (Q, P, T) of which ``gain`` gets sums; the first is the state, or what is left of
            it, the second 1, both where a clause may fire.
        gain: what a clause with such sums is worth, in squares of standard deviations.
        always: whether a clause may follow a number without a condition.
    """
    item = ITEM * half.size
    sums, whole = half.matrix.sums(weights), weights.sum(-1)
    first, reached = best_conditions(half.matrix, sums, whole, gain, item)
    clauses = [Found((one,)) for one in first]
    masks = holding(half, clauses)
    open_ = np.arange(len(clauses))
    short = reached
    for count in range(1, CONDITIONS):
        if count == PARTS:
            short = reached.copy()
        narrowed = weights[:, open_] * masks[open_]
        found, value = best_conditions(
            half.matrix, half.matrix.sums(narrowed), narrowed.sum(-1), gain, item
        )
        better = value > reached[open_] + CONDITION * half.size
        for place in np.flatnonzero(better):
            old = clauses[open_[place]]
            clauses[open_[place]] = Found((*old.conditions, found[place]))
            masks[open_[place]] &= found[place].holds(half.facts, half.matrix.symbols)
        reached[open_[better]] = value[better]
        open_ = open_[better]
        if len(open_) == 0:
            break
    lines = _lines(half, weights, (sums[:, :, half.under], whole), gain, short, always)
    for problem, clause in lines.items():
        clauses[problem], masks[problem] = clause, holding(half, [clause])[0]
    return clauses, masks


def _lines(
    half: Half,
    weights: Float,
    sums: tuple[Float, Float],
    gain: Gain,
    reached: Float,
    always: bool,
) -> dict[int, Found]:
    """Clauses of the problems whose state follows a number, always or under a condition, where that
    is worth more than ``reached``, by a clause that is as easy to read.
    """
    clauses = {}
    under = np.concatenate([sums[0], sums[1][:, :, None]], 2)  # (Q, P, C + 1), last: always
    constant = gain(under)
    count = np.maximum(under[1], 1.0)
    limit = reached + CLAUSE * half.size
    everywhere = bool((weights[1] == 1.0).all())
    states, scale = whole(weights[0])
    states, holds = np.ascontiguousarray(states.T), np.ascontiguousarray(weights[1].T)
    for number, own in enumerate(half.cells):
        one, square = half.moments[number] if everywhere else own.moments(holds)
        variance = square - one**2 / count
        covariance = own.products(states) / scale - under[0] * one / count
        usable = (variance > LEAST) & (under[1] >= LEAST)
        line = np.where(usable, covariance**2 / np.maximum(variance, 1.0), 0.0)
        # a condition that holds everywhere tells nothing by itself
        value = np.where(np.isfinite(constant), constant, 0.0) + line
        best = (value if always else value[:, :-1]).argmax(1)
        rows = np.arange(len(best))
        better = value[rows, best] > limit
        for problem in np.flatnonzero(better):
            place = int(best[problem])
            condition = half.conditions[place : place + 1]  # none: always
            clauses[int(problem)] = Found(condition, number)
        limit = np.where(better, value[rows, best], limit)
    return clauses


def holding(half: Half, clauses: Sequence[Found]) -> Masks:
    """(P, T) where each clause holds on half A."""
    rows = [clause.holds(half.facts, half.matrix.symbols) for clause in clauses]
    return np.array(rows, bool).reshape(-1, half.size)


def without(clause: Found, condition: int) -> Found:
    """``clause`` without one of its conditions."""
    kept = tuple(one for place, one in enumerate(clause.conditions) if place != condition)
    return replace(clause, conditions=kept)
