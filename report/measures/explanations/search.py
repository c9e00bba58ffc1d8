"""The best condition for many units at once, from sums over the characters.

A condition is a set of characters at a place, or a flag, said or denied. What a condition is worth
depends only on sums over the characters where it holds; those of every single character and flag
are one matrix product for all units, and those of a set are sums of those of its characters. So the
search for a set never looks at the text: it adds or takes away one item (a class, a character) at a
time, while that is worth ``ITEM`` of the variance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.columns import Columns
from report.measures.explanations.features import PLACES, Facts
from report.measures.explanations.symbols import Symbols

ITEMS = 6  # of a set
ITEM = 0.001  # share of the variance that an item of a set is worth
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

    @cached_property
    def _hash(self) -> int:  # asked for some ten thousand times a layer
        return hash((self.place, self.flag, self.plus, self.minus, self.denied))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def said(self) -> "Condition":
        """The same, not denied."""
        return replace(self, denied=False) if self.denied else self

    def holds(self, facts: Facts, symbols: Symbols) -> NDArray[np.bool_]:
        """(T,) where it holds."""
        if self.place == NONE:
            found: NDArray[np.bool_] = facts.flags[self.flag]
        else:
            found = members(self.plus, self.minus, symbols)[facts.symbols[self.place]]
        return ~found if self.denied else found


def members(plus: Sequence[int], minus: Sequence[int], symbols: Symbols) -> NDArray[np.bool_]:
    """(G + 1,) the symbols in a set; the last one, no character, is in none."""
    inside: NDArray[np.bool_] = symbols.any_of(tuple(plus))
    return inside & ~symbols.any_of(tuple(minus)) if minus else inside


@dataclass
class _Sets:
    """P x PLACES sets."""

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
    shape, items = places.shape[1:3], len(symbols.items)
    size = shape[0] * shape[1]
    belongs, transposed = symbols.members, np.ascontiguousarray(symbols.members.T)
    best = np.zeros(size, np.float32)
    denied = np.zeros(size, bool)
    steps: list[NDArray[np.int64]] = []
    # the sets that still grow: which they are, and their sums, items and what was taken away
    open_ = np.arange(size)
    sums = places.reshape(len(places), size, -1)
    everything = np.repeat(whole, shape[1], 1)[:, :, None]
    inside, taken = np.zeros_like(sums[0]), np.zeros_like(sums[0])
    for step in range(ITEMS):
        held = sums * inside
        have = held.sum(-1, keepdims=True)
        more = have + (sums * ((1.0 - inside) * (1.0 - taken))) @ transposed
        if step == 0:
            both = (gain(more), gain(everything - more))
        else:
            less = have - held @ transposed
            no = denied[open_, None]
            both = (
                gain(np.where(no, everything - more, more)),
                gain(np.where(no, everything - less, less)),
            )
        flat = np.concatenate(both, 1)
        chosen = flat.argmax(1)
        reached = flat[np.arange(len(flat)), chosen]
        go = reached > best[open_] + (item if step else 0.0)
        if not go.any():
            break
        open_, sums, everything = open_[go], sums[:, go], everything[:, go]
        inside, taken = inside[go], taken[go]
        second, number = np.divmod(chosen[go], items)
        if step == 0:
            denied[open_] = second == 1
            second = np.zeros_like(second)
        one, drop = belongs[number], (second == 1)[:, None]
        taken = np.where(drop, np.maximum(taken, one), taken)
        inside = np.where(drop, inside, np.maximum(inside, one)) * (1.0 - taken)
        best[open_] = reached[go]
        steps.append(np.full(size, NONE))
        steps[-1][open_] = np.where(second == 0, number, -2 - number)
    return _Sets(best.reshape(shape), denied.reshape(shape), [one.reshape(shape) for one in steps])


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
