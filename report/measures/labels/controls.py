"""What a label is held against: chance, and the last two characters.

Chance: the concepts are shifted in a circle against the states by 500 characters or more, which
keeps the course of both in time and breaks what they have to do with each other; then signs are
chosen and strengths scored as for a real label, and the largest over all units and all concepts is
kept. The 99th percentile of 200 such maxima answers for the thousands of pairs that were tried. The
same is done for correlations among places with the same last two characters.

Characters: a look-up table from (previous, current) character to the concept, fitted on half A.
A unit that does not beat it may only be reading characters.

Untrained networks: what any LSTM of that shape tells by the echo of its last characters. The best
of their units is the bar, and one network of 50 units is too low a one: it let pass 14 of 1,000
units of further untrained networks on a play in XML, 4 on prose; four networks let pass 2 and 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.concepts.library import ConceptTable
from report.measures.group_sums import indicator
from report.measures.labels.fit import (
    Array,
    Confusion,
    Halves,
    correlations,
    halves,
    standardised,
    usable_concepts,
)
from report.measures.labels.within_bigram import Groups, Pairs, character_pairs, deviations
from report.measures.parallel import side_by_side

SHIFTS = 200
LEAST_SHIFT = 500  # characters
PERCENTILE = 99.0
COLUMNS_AT_ONCE = 1_000
UNTRAINED_UNITS = 200  # units of untrained networks per layer, at least


@dataclass(frozen=True)
class Chance:
    """The circular-shift null."""

    strength: float  # 99th percentile of the maximum over all units and concepts
    within: float  # the same of correlations among places with the same last two characters
    shifts: int


@dataclass(frozen=True)
class LookUp:
    """The character-identity control; arrays are (C,).

    ``_a``: fitted on the first quarter of the probe, scored on the second, for choosing;
    ``_b``: fitted on half A, scored on half B. Strength: Matthews correlation of its answer to a
    yes/no concept, Pearson correlation of its guess of a number.
    """

    f1_a: Array
    f1_b: Array
    strength_a: Array
    strength_b: Array
    pairs: Pairs  # (T,) numbers of the last two characters


def chance(
    hidden: Float, table: ConceptTable, pairs: Pairs, generator: np.random.Generator
) -> Chance:
    """The circular-shift null of every unit of ``hidden`` (T, U) and every concept.

    ``pairs`` (T,) numbers the last two characters. A probe too short to shift by ``LEAST_SHIFT``
    gives strength 1: nothing is accepted.
    """
    cut = halves(len(hidden))
    total = 2 * cut.size
    usable = usable_concepts(table, cut)
    if total < 4 * LEAST_SHIFT or not usable.any():
        return Chance(1.0, 1.0, 0)
    values = table.values[:total, usable]
    shifts = generator.integers(LEAST_SHIFT, total - LEAST_SHIFT + 1, SHIFTS)
    together = max(1, COLUMNS_AT_ONCE // values.shape[1])  # few large products are fast
    parts = [Shiftable(hidden[part], pairs[part]) for part in (cut.a, cut.b)]

    def maxima(group: NDArray[np.int64]) -> NDArray[np.float64]:
        shifted = np.concatenate([np.roll(values, int(shift), axis=0) for shift in group], axis=1)
        on_a, on_b = parts[0].correlations(shifted[cut.a]), parts[1].correlations(shifted[cut.b])
        signed = on_b * np.where(on_a[:1] < 0, -1, 1)  # the sign is that of the whole course
        largest: NDArray[np.float64] = signed.max(1).reshape(2, len(group), -1).max(2)
        return largest

    groups = [shifts[first : first + together] for first in range(0, SHIFTS, together)]
    found = np.concatenate(side_by_side(maxima, groups), axis=1)
    strength, within = np.percentile(found, PERCENTILE, axis=1)
    return Chance(float(strength), float(within), SHIFTS)


class Shiftable:
    """The states of one half, ready to be correlated with many columns.

    States are standardised, so a column need not be centred: only its deviation is wanted, over all
    places and among places with the same last two characters.
    """

    def __init__(self, hidden: Float, pairs: Pairs) -> None:
        """``hidden`` (T, U); ``pairs`` (T,) numbers of the last two characters."""
        both = [standardised(hidden), standardised(deviations(hidden, pairs))]
        self._units = hidden.shape[1]
        self._states = np.concatenate(both, axis=1)
        self._groups = Groups(pairs)

    def correlations(self, columns: Float) -> NDArray[np.float32]:
        """(2, U, K): over all places, and among those with the same last two characters."""
        product = self._states.T @ columns / np.float32(len(columns))
        squares = np.einsum("tk,tk->k", columns, columns, dtype=np.float64) / len(columns)
        overall = squares - columns.mean(0, dtype=np.float64) ** 2
        within = squares - self._groups.squared_means(columns)
        variance = np.stack([overall, within])[:, None]
        scale = 1.0 / np.sqrt(np.where(variance > 1e-9, variance, np.inf))
        found: NDArray[np.float32] = product.reshape(2, self._units, -1) * scale.astype(np.float32)
        return found


def look_up(ids: NDArray[np.int32], before: int, table: ConceptTable) -> LookUp:
    """Scores of the best table from (previous, current) character to each concept.

    Args:
        ids: (T,) the probe.
        before: the character before ``ids[0]``; -1 where there is none.
        table: concepts on the probe.
    """
    cut = halves(len(ids))
    pairs = character_pairs(ids, before)
    inner = halves(cut.size)
    scores_a = _look_up_scores(pairs, ids, table, inner)
    scores_b = _look_up_scores(pairs, ids, table, cut)
    return LookUp(scores_a[0], scores_b[0], scores_a[1], scores_b[1], pairs)


def _look_up_scores(
    pairs: NDArray[np.int64], ids: NDArray[np.int32], table: ConceptTable, cut: Halves
) -> tuple[Array, Array]:
    """F1 (C,) and strength (C,) on ``cut.b`` of tables fitted on ``cut.a``."""
    fitted, guess = _expected(pairs, ids.astype(np.int64), table.values, cut)
    f1, strength = np.zeros(len(table.concepts)), np.zeros(len(table.concepts))
    for column, is_binary in enumerate(table.binary):
        truth = table.values[cut.b, column]
        if is_binary:
            edge = best_threshold(fitted[:, column], table.values[cut.a, column])
            counts = confusion(guess[:, column] >= edge, truth > 0)
            f1[column], strength[column] = counts.f1(), counts.matthews()
        else:
            strength[column] = correlations(guess[:, column, None], truth[:, None])[0, 0]
    return f1, strength


def _expected(
    pairs: NDArray[np.int64], singles: NDArray[np.int64], values: Float, cut: Halves
) -> tuple[Float, Float]:
    """Mean of each concept per pair on ``cut.a``, looked up on a and b: (size, C) each.

    Pairs that a does not have fall back to the current character alone, then to the mean.
    """
    fitted = values[cut.a].astype(np.float64)
    guess_a = np.broadcast_to(fitted.mean(0), fitted.shape)
    guess_b = guess_a.copy()
    for keys in (singles, pairs):
        known, inverse, counts = np.unique(keys[cut.a], return_inverse=True, return_counts=True)
        group = inverse.reshape(-1)
        means = (indicator(group, len(known), np.float64) @ fitted) / counts[:, None]
        guess_a = means[group]
        place = np.minimum(np.searchsorted(known, keys[cut.b]), len(known) - 1)
        seen = known[place] == keys[cut.b]
        guess_b[seen] = means[place[seen]]
    return guess_a.astype(np.float32), guess_b.astype(np.float32)


def best_threshold(score: Float, truth: Float) -> float:
    """The value q for which ``score >= q`` has the largest F1 against ``truth`` (0 or 1)."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    hits = np.cumsum(truth[order] > 0)
    f1 = 2.0 * hits / (np.arange(1, len(score) + 1) + hits[-1])
    last_of_ties = np.append(ranked[1:] != ranked[:-1], True)
    return float(ranked[np.argmax(np.where(last_of_ties, f1, -1.0))])


def confusion(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Confusion:
    """Counts of one prediction (T,)."""
    return Confusion(
        predicted=np.array(float(predicted.sum())),
        hits=np.array(float((predicted & truth).sum())),
        positives=np.array(float(truth.sum())),
        total=len(truth),
    )
