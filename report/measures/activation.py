"""How active each unit is, and how far the character alone explains it.

All figures are of the hidden state h, in (-1, 1), over every character of one trace.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array, Float
from report.measures.group_sums import indicator
from report.run_view import RunView, Unit, unit_at

SATURATED = 0.9  # |h| above this counts as saturated
SHIFTS = 99  # circular shifts of the null: beyond all of them is p < 0.01
LEAST_SHIFT = 500  # characters; below that neighbouring characters resemble each other


@dataclass(frozen=True)
class Activation:
    """Statistics of one layer on one trace; every array is (H,)."""

    characters: int
    mean: Array
    standard_deviation: Array
    minimum: Array
    maximum: Array
    mean_absolute: Array
    saturated: Array  # share of characters with |h| > 0.9


@dataclass(frozen=True)
class CharacterMeans:
    """Mean state of each unit of one layer at each of K distinct characters.

    The null is the same means with the states shifted against the text, ``SHIFTS`` times, each by
    a different amount: what a unit with this course in time shows by chance.
    """

    characters: int
    ids: NDArray[np.int64]  # (K,), those that occur
    counts: NDArray[np.int64]  # (K,)
    means: Array  # (K, H)
    beyond_chance: NDArray[np.bool_]  # (K, H): farther from the unit's mean than any shift
    explained: Array  # (H,), share of the variance between characters (eta squared)
    explained_by_chance: Array  # (H,), the largest of the shifts; 1 where there are none


def activation(hidden: Float) -> Activation:
    """Statistics of ``hidden`` (T, H)."""
    absolute = np.abs(hidden)
    return Activation(
        characters=int(hidden.shape[0]),
        mean=hidden.mean(0, dtype=np.float64),
        standard_deviation=hidden.std(0, dtype=np.float64),
        minimum=hidden.min(0).astype(np.float64),
        maximum=hidden.max(0).astype(np.float64),
        mean_absolute=absolute.mean(0, dtype=np.float64),
        saturated=(absolute > SATURATED).mean(0, dtype=np.float64),
    )


def character_means(ids: NDArray[np.int32], hidden: Float) -> CharacterMeans:
    """Per-character means of ``hidden`` (T, H), row t belonging to ``ids[t]`` (T,)."""
    characters = int(ids.shape[0])
    present, places, counts = np.unique(ids, return_inverse=True, return_counts=True)
    means = _means(places, counts, hidden)
    mean = hidden.mean(0, dtype=np.float64)
    variance = np.maximum(hidden.var(0, dtype=np.float64), 1e-12)

    def explained(of: Array) -> Array:
        share: Array = (counts[:, None] * (of - mean) ** 2).sum(0) / characters / variance
        return share

    farthest = np.zeros_like(means)
    by_chance = np.zeros(hidden.shape[1])
    shifts = _shifts(characters)
    for shift in shifts:
        shifted = _means(np.roll(places, shift), counts, hidden, np.float32)  # half the time
        farthest = np.maximum(farthest, np.abs(shifted - mean))
        by_chance = np.maximum(by_chance, explained(shifted))
    if not shifts:
        farthest[:], by_chance[:] = np.inf, 1.0
    return CharacterMeans(
        characters=characters,
        ids=present.astype(np.int64),
        counts=counts.astype(np.int64),
        means=means,
        beyond_chance=np.abs(means - mean) > farthest,
        explained=explained(means),
        explained_by_chance=by_chance,
    )


def units_below_threshold(view: RunView) -> dict[Unit, float]:
    """Units left out, with their mean |h| over the whole sample (``min_mean_activation``)."""
    threshold = view.config.report.min_mean_activation
    alignment = view.config.report.alignment
    left_out: dict[Unit, float] = {}
    for layer in range(len(view.network.sizes)):
        mean = np.abs(view.sample.states(layer, alignment)).mean(0, dtype=np.float64)
        left_out |= {
            unit_at(layer, int(index)): float(mean[index])
            for index in np.flatnonzero(mean < threshold)
        }
    return left_out


def _means(
    places: NDArray[np.int64],
    counts: NDArray[np.int64],
    hidden: Float,
    precision: type[np.floating[Any]] = np.float64,
) -> Array:
    """(K, H) means of the rows of ``hidden`` by their place in [0, K), summed in ``precision``."""
    means: Array = (indicator(places, len(counts), precision) @ hidden) / counts[:, None]
    return means


def _shifts(characters: int) -> list[int]:
    """Different shifts, evenly spread, none nearer than ``LEAST_SHIFT`` to either end."""
    room = characters - 2 * LEAST_SHIFT
    if room < SHIFTS:
        return []
    return [LEAST_SHIFT + room * number // SHIFTS for number in range(SHIFTS)]
