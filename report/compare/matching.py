"""Which unit of the new run is which unit of the old one.

A trained network is unchanged when its units change places and when one unit's state changes its
sign (with the weights that read it), so units are paired by |r|: Hungarian assignment on the first
half of the probe, correlation reported on the second half, beside the bar that two *untrained*
networks reach (``untrained.py``). A pair below the bar is no pair.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jobs.model.network import Array, Float
from report.compare.assignment import assign
from report.compare.untrained import Control
from report.measures.correlation import constant_units, correlations, linear_cka

SAME = 0.999  # correlation from which two units are one

State = Literal[
    "same", "kept", "moved", "sign flipped", "split", "merged", "lost", "new", "dead", "n/a"
]
PAIRED: tuple[State, ...] = ("same", "kept", "moved", "sign flipped")
STATES: tuple[State, ...] = (*PAIRED, "split", "merged", "lost", "new", "dead", "n/a")


@dataclass(frozen=True)
class UnitMatch:
    """One unit of the new run with its pair in the old one, or one without a pair.

    ``nearest`` is the best partner in the other run, taken or not (semi-matching); for a unit of
    the old run without a pair (``lost``, ``merged``) it is in the new run, else in the old one.
    """

    old: int | None
    new: int | None
    state: State
    correlation: float | None  # of the pair, signed
    nearest: int | None = None
    nearest_correlation: float | None = None


@dataclass(frozen=True)
class LayerMatch:
    """All units of one layer. ``reason`` says why nothing could be compared, else it is empty."""

    layer: int  # from 1, as in names
    reason: str
    units: tuple[UnitMatch, ...]  # by index in the new run; those of the old run alone at the end
    control: Control | None
    cka: float | None

    @property
    def comparable(self) -> bool:
        """Whether the units could be paired at all."""
        return not self.reason

    def counts(self) -> dict[State, int]:
        """Number of units per state, in the order of ``STATES``, zeros left out."""
        number = Counter(unit.state for unit in self.units)
        return {state: number[state] for state in STATES if number[state]}

    @property
    def matched(self) -> float | None:
        """Share of the new run's living units that have a pair; None where there is none alive."""
        alive = [unit for unit in self.units if unit.new is not None and unit.state != "dead"]
        if self.reason or not alive:
            return None
        return sum(unit.state in PAIRED for unit in alive) / len(alive)

    @property
    def mean_correlation(self) -> float | None:
        """Mean |r| of the pairs; None without one."""
        strengths = [abs(unit.correlation) for unit in self.units if unit.correlation is not None]
        return sum(strengths) / len(strengths) if strengths else None


def not_comparable(layer: int, reason: str, units: int) -> LayerMatch:
    """A layer (from 0) of the new run whose ``units`` units cannot be paired."""
    rows = tuple(UnitMatch(None, index, "n/a", None) for index in range(units))
    return LayerMatch(layer + 1, reason, rows, None, None)


def match_layer(
    layer: int, old: Float, new: Float, control: Control, *, own_index_first: bool
) -> LayerMatch:
    """Pair the units of one layer.

    Args:
        layer: its number, from 0.
        old: (T, H) states of the old run, T >= 4.
        new: (T, K) states of the new run on the same characters.
        control: the same figures for untrained networks; its bar decides what is a pair.
        own_index_first: the runs share their start (seed, or warm start): where the unit of the
            same index is as good as any other, take it.
    """
    half = len(old) // 2
    chosen_on = correlations(old[:half], new[:half])
    reported = correlations(old[half:], new[half:])
    old_dead, new_dead = constant_units(old), constant_units(new)
    pairs = assign(
        np.abs(chosen_on), ~old_dead, ~new_dead, control.bar if own_index_first else None
    )
    kept = {j: i for i, j in pairs.items() if abs(reported[i, j]) >= control.bar}
    nearest = _Nearest(chosen_on, reported, control.bar)
    units = [_new_unit(j, kept.get(j), bool(new_dead[j]), nearest) for j in range(new.shape[1])]
    left = [i for i in np.flatnonzero(~old_dead) if i not in kept.values()]
    units += [_old_unit(int(i), nearest) for i in left]
    return LayerMatch(layer + 1, "", tuple(units), control, linear_cka(old, new))


@dataclass(frozen=True)
class _Nearest:
    """Best partners: chosen on one half, correlation of the other."""

    chosen_on: Array  # (H, K)
    reported: Array  # (H, K)
    bar: float

    def of_new(self, new: int) -> tuple[int, float]:
        best = int(np.abs(self.chosen_on[:, new]).argmax())
        return best, float(self.reported[best, new])

    def of_old(self, old: int) -> tuple[int, float]:
        best = int(np.abs(self.chosen_on[old]).argmax())
        return best, float(self.reported[old, best])


def _new_unit(new: int, old: int | None, dead: bool, nearest: _Nearest) -> UnitMatch:
    if dead:
        return UnitMatch(None, new, "dead", None)
    best, best_r = nearest.of_new(new)
    if old is None:
        state: State = "split" if abs(best_r) >= nearest.bar else "new"
        return UnitMatch(None, new, state, None, best, best_r)
    r = float(nearest.reported[old, new])
    return UnitMatch(old, new, _paired_state(old, new, r), r, best, best_r)


def _paired_state(old: int, new: int, r: float) -> State:
    if r < 0:
        return "sign flipped"
    if old != new:
        return "moved"
    return "same" if r >= SAME else "kept"


def _old_unit(old: int, nearest: _Nearest) -> UnitMatch:
    best, best_r = nearest.of_old(old)
    state: State = "merged" if abs(best_r) >= nearest.bar else "lost"
    return UnitMatch(old, None, state, None, best, best_r)
