"""What a label is held against: chance, and the last two characters.

Chance: the concepts are shifted in a circle against the states by 500 characters or more, which
keeps the course of both in time and breaks what they have to do with each other; then signs are
chosen and strengths scored as for a real label, and the largest over all units and all concepts is
kept. The 99th percentile of 200 such maxima answers for the thousands of pairs that were tried.

Characters: a look-up table from (previous, current) character to the concept, fitted on half A.
A unit that does not beat it may only be reading characters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jobs.network import Float
from report.measures.concepts import ConceptTable
from report.measures.labels import (
    Array,
    Confusion,
    Halves,
    correlations,
    halves,
    standardised,
    usable_concepts,
)

SHIFTS = 200
LEAST_SHIFT = 500  # characters
PERCENTILE = 99.0
COLUMNS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Chance:
    """The circular-shift null."""

    strength: float  # 99th percentile of the maximum over all units and concepts
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


def chance(hidden: Float, table: ConceptTable, generator: np.random.Generator) -> Chance:
    """The circular-shift null of every unit of ``hidden`` (T, U) and every concept.

    A probe too short to shift by ``LEAST_SHIFT`` gives strength 1: nothing is accepted.
    """
    cut = halves(len(hidden))
    total = 2 * cut.size
    usable = usable_concepts(table, cut)
    if total < 4 * LEAST_SHIFT or not usable.any():
        return Chance(1.0, 0)
    values = table.values[:total, usable]
    left_a, left_b = standardised(hidden[cut.a]), standardised(hidden[cut.b])
    shifts = generator.integers(LEAST_SHIFT, total - LEAST_SHIFT + 1, SHIFTS)
    together = max(1, COLUMNS_AT_ONCE // values.shape[1])  # few large products are fast
    strongest = []
    for first in range(0, SHIFTS, together):
        group = shifts[first : first + together]
        shifted = np.concatenate([np.roll(values, int(shift), axis=0) for shift in group], axis=1)
        on_a = left_a.T @ standardised(shifted[cut.a])
        on_b = left_b.T @ standardised(shifted[cut.b]) / cut.size
        signed = on_b * np.where(on_a < 0, -1, 1)
        strongest += signed.max(0).reshape(len(group), -1).max(1).tolist()
    return Chance(float(np.percentile(strongest, PERCENTILE)), SHIFTS)


def look_up(ids: NDArray[np.int32], before: int, table: ConceptTable) -> LookUp:
    """Scores of the best table from (previous, current) character to each concept.

    Args:
        ids: (T,) the probe.
        before: the character before ``ids[0]``; -1 where there is none.
        table: concepts on the probe.
    """
    cut = halves(len(ids))
    shifted = np.concatenate([[before], ids[:-1]]).astype(np.int64)
    pairs = (shifted + 1) * (int(ids.max(initial=0)) + 1) + ids
    inner = halves(cut.size)
    scores_a = _look_up_scores(pairs, ids, table, inner)
    scores_b = _look_up_scores(pairs, ids, table, cut)
    return LookUp(scores_a[0], scores_b[0], scores_a[1], scores_b[1])


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
    rows = np.arange(cut.size)
    for keys in (singles, pairs):
        known, inverse, counts = np.unique(keys[cut.a], return_inverse=True, return_counts=True)
        member = csr_array(
            (np.ones(cut.size), (inverse.reshape(-1), rows)), shape=(len(known), cut.size)
        )
        means = (member @ fitted) / counts[:, None]
        guess_a = means[inverse.reshape(-1)]
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
