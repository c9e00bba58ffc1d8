"""The best condition for many units at once, from sums over the characters.

A condition is a set of characters at a place, or a flag, said or denied. What a condition is worth
depends only on sums over the characters where it holds; those of every single character and flag
are one matrix product for all units, and those of a set are sums of those of its characters. So the
search for a set never looks at the text: it adds or takes away one item (a class, a character) at a
time, while that is worth ``ITEM`` of the variance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.features import PLACES, Facts, Vocabulary
from report.measures.explanations.symbols import Symbols

ITEMS = 6  # of a set
ITEM = 0.001  # share of the variance that an item of a set is worth
WHOLE = 2.0**23  # up to twice this float32 holds every whole number
Gain = Callable[[Float], Float]  # (Q, P, ...) sums of P problems to (P, ...) gains

NONE = -1


@dataclass(frozen=True)
class Condition:
    """A set at a place, or a flag (place ``NONE``)."""

    place: int
    flag: int  # NONE for a set
    plus: tuple[int, ...]  # items of the set
    minus: tuple[int, ...]  # items taken away from it
    denied: bool

    def holds(self, facts: Facts, symbols: Symbols) -> NDArray[np.bool_]:
        """(T,) where it holds."""
        if self.place == NONE:
            found: NDArray[np.bool_] = facts.flags[self.flag]
        else:
            found = members(self.plus, self.minus, symbols)[facts.symbols[self.place]]
        return ~found if self.denied else found


def members(plus: Sequence[int], minus: Sequence[int], symbols: Symbols) -> NDArray[np.bool_]:
    """(G + 1,) the symbols in a set; the last one, no character, is in none."""
    belongs = symbols.belongs
    inside: NDArray[np.bool_] = np.asarray(belongs[list(plus)].any(0))
    if minus:
        inside &= ~np.asarray(belongs[list(minus)].any(0))
    return inside


@dataclass(frozen=True)
class Columns:
    """Half A as a matrix: everything whose sums are needed, one column each."""

    values: Float  # (T, PLACES * G + F) 0 and 1
    symbols: Symbols

    @property
    def width(self) -> int:
        """Columns that belong to places."""
        return PLACES * self.symbols.count

    @cached_property
    def totals(self) -> Float:
        """(columns,) characters where each holds."""
        found: Float = self.values.sum(0, dtype=np.float64).astype(np.float32)
        return found

    def sums(self, weights: Float) -> Float:
        """(Q, P, columns) for ``weights`` (Q, P, T); equal weights are no product."""
        return np.stack([self._sums(row) for row in weights])

    def _sums(self, row: Float) -> Float:
        first = row[0, 0]
        if (row == first).all():
            return np.broadcast_to(first * self.totals, (len(row), len(self.totals)))
        return product(row, self.values)


def product(rows: Float, matrix: Float) -> Float:
    """``rows`` (P, T) times ``matrix`` (T, C) of 0 and 1: exact sums of rounded rows, the same bits
    in whatever order they are added, so that ties never fall by where a unit stands in its batch.

    Each row is rounded to the finest power of two of which all its sums are whole multiples that
    float32 holds: some 1/1024 of a standard deviation for 10,000 characters.
    """
    largest = np.abs(rows).sum(1, keepdims=True, dtype=np.float64)
    scale = np.exp2(np.floor(np.log2(WHOLE / np.maximum(largest + 1.0, 1.0)))).astype(np.float32)
    found: Float = (np.rint(rows * scale) @ matrix) / scale
    return found


def columns(vocabulary: Vocabulary, facts: Facts, half: int) -> Columns:
    """The first ``half`` characters of ``facts``."""
    count = vocabulary.symbols.count
    values = np.zeros((half, PLACES * count + len(facts.flags)), np.float32)
    rows = np.arange(half)
    for place in range(PLACES):
        symbol = facts.symbols[place, :half]
        known = symbol < count
        values[rows[known], place * count + symbol[known]] = 1.0
    values[:, PLACES * count :] = facts.flags[:, :half].T
    return Columns(values, vocabulary.symbols)


@dataclass
class _Sets:
    """P x PLACES sets that grow."""

    inside: Float  # (P, PLACES, G)
    taken: Float  # (P, PLACES, G) taken away for good
    gain: Float  # (P, PLACES)
    denied: NDArray[np.bool_]  # (P, PLACES)
    items: list[NDArray[np.int64]]  # steps of (P, PLACES): item, NONE, or -2 - item taken away


def best_conditions(
    matrix: Columns, sums: Float, whole: Float, gain: Gain, item: float
) -> tuple[list[Condition], Float]:
    """The best condition of each of P problems, and its gain (P,).

    Args:
        matrix: half A.
        sums: (Q, P, columns) of whatever ``gain`` needs.
        whole: (Q, P) the same over all characters looked at.
        gain: what a condition with such sums is worth.
        item: what an item of a set must be worth.
    """
    places = sums[:, :, : matrix.width].reshape(*sums.shape[:2], PLACES, -1)
    sets = _grow(places, whole, gain, item, matrix.symbols)
    flags = sums[:, :, matrix.width :]
    both = np.stack([gain(flags), gain(whole[:, :, None] - flags)], 1)  # (P, 2, F)
    flat = both.reshape(len(both), -1)
    problems = np.arange(len(flat))
    flag = flat.argmax(1) if flat.shape[1] else np.zeros(len(flat), np.int64)
    flag_gain = flat[problems, flag] if flat.shape[1] else np.full(len(flat), -np.inf)
    place = sets.gain.argmax(1)
    set_gain = sets.gain[problems, place]
    found = []
    for one in problems:
        if flag_gain[one] >= set_gain[one]:
            denied, number = divmod(int(flag[one]), flags.shape[2])
            found.append(Condition(NONE, number, (), (), bool(denied)))
        else:
            found.append(_set_condition(sets, int(one), int(place[one]), matrix.symbols))
    best: Float = np.maximum(flag_gain, set_gain)
    return found, best


def _grow(places: Float, whole: Float, gain: Gain, item: float, symbols: Symbols) -> _Sets:
    """Sets of every problem and place, item by item; ``places`` (Q, P, PLACES, G)."""
    shape = places.shape[1:]
    sets = _Sets(
        inside=np.zeros(shape, np.float32),
        taken=np.zeros(shape, np.float32),
        gain=np.zeros(shape[:2], np.float32),
        denied=np.zeros(shape[:2], bool),
        items=[],
    )
    everything = np.broadcast_to(whole[:, :, None, None], (*places.shape[:3], 1))
    items, belongs = len(symbols.items), symbols.members
    transposed = np.ascontiguousarray(belongs.T)
    rows, column = np.indices(shape[:2])
    for step in range(ITEMS):
        have = (places * sets.inside).sum(-1, keepdims=True)
        open_ = places * ((1.0 - sets.inside) * (1.0 - sets.taken))
        more = have + open_ @ transposed
        if step == 0:
            both = np.stack([gain(more), gain(everything - more)], 2)
        else:
            less = have - (places * sets.inside) @ transposed
            denied = sets.denied[..., None]
            both = np.stack(
                [gain(np.where(denied, everything - one, one)) for one in (more, less)],
                2,
            )
        flat = both.reshape(*shape[:2], 2 * items)
        chosen = flat.argmax(-1)
        reached = flat[rows, column, chosen]
        go = reached > sets.gain + (item if step else 0.0)
        if not go.any():
            break
        second, number = np.divmod(chosen, items)
        one = belongs[number]
        if step == 0:
            sets.denied = second == 1
            second = np.zeros_like(second)
        add = (go & (second == 0))[..., None]
        drop = (go & (second == 1))[..., None]
        sets.taken = np.where(drop, np.maximum(sets.taken, one), sets.taken)
        sets.inside = np.where(add, np.maximum(sets.inside, one), sets.inside)
        sets.inside *= 1.0 - sets.taken
        sets.gain = np.where(go, reached, sets.gain)
        sets.items.append(np.where(go, np.where(second == 0, number, -2 - number), NONE))
    return sets


def _set_condition(sets: _Sets, problem: int, place: int, symbols: Symbols) -> Condition:
    """The items of a grown set, without those that others made needless."""
    steps = [int(step[problem, place]) for step in sets.items]
    plus = [step for step in steps if step >= 0]
    minus = [-2 - step for step in steps if step < NONE]
    needless = minus or any(item < symbols.classes for item in plus)
    wanted = members(plus, minus, symbols)
    for chosen in (plus, minus) if needless else ():
        for one in list(chosen):
            chosen.remove(one)
            if not np.array_equal(members(plus, minus, symbols), wanted):
                chosen.append(one)
    return Condition(
        place, NONE, tuple(sorted(plus)), tuple(sorted(minus)), bool(sets.denied[problem, place])
    )
