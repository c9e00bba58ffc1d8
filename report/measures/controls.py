"""What a label is held against: chance, and the last two characters.

Chance: the concepts are shifted in a circle against the states by 500 characters or more, which
keeps the course of both in time and breaks what they have to do with each other; then everything
is chosen and scored as for a real label, and the largest score over all units and all concepts is
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
    THRESHOLDS,
    UNITS_AT_ONCE,
    Array,
    Confusion,
    Halves,
    above,
    choose,
    confusions,
    correlations,
    halves,
    standardised,
    thresholds,
    usable_concepts,
)

SHIFTS = 200
LEAST_SHIFT = 500  # characters
PERCENTILE = 99.0
OPERATIONS = (
    1.2e11  # multiply-adds that the null may cost: beyond, it looks at every k-th character
)
CONCEPTS_AT_ONCE = 1_000  # shifted columns of one product


@dataclass(frozen=True)
class Chance:
    """The circular-shift null."""

    strength: float  # 99th percentile of the maximum over all units and concepts
    f1: Array  # (C,) 99th percentile of the maximum over units, for yes/no concepts
    shifts: int
    every: int  # it looked at every so-many-th character; 1: at all


@dataclass(frozen=True)
class LookUp:
    """The character-identity control; arrays are (C,).

    ``_a``: fitted on the first quarter of the probe, scored on the second, for choosing;
    ``_b``: fitted on half A, scored on half B.
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
    columns = len(table.concepts)
    if total < 4 * LEAST_SHIFT or not usable.any():
        return Chance(1.0, np.ones(columns), 0, 1)
    shifts = generator.integers(LEAST_SHIFT, total - LEAST_SHIFT + 1, SHIFTS)
    binary = np.flatnonzero(usable & table.binary)
    numbers = np.flatnonzero(usable & ~table.binary)
    work = SHIFTS * total * hidden.shape[1] * THRESHOLDS * max(1, len(binary))
    every = max(1, round(work / OPERATIONS))
    strongest = np.zeros(SHIFTS)
    best_f1 = np.zeros((SHIFTS, columns))
    if len(binary):
        values = table.values[:total, binary]
        found_f1, found = _binary_maxima(hidden[:total], values, cut, shifts, every)
        best_f1[:, binary] = found_f1
        strongest = np.maximum(strongest, found)
    if len(numbers):
        found = _number_maxima(hidden[:total], table.values[:total, numbers], cut, shifts)
        strongest = np.maximum(strongest, found)
    return Chance(
        strength=float(np.percentile(strongest, PERCENTILE)),
        f1=np.percentile(best_f1, PERCENTILE, axis=0),
        shifts=SHIFTS,
        every=every,
    )


def _binary_maxima(
    hidden: Float, values: Float, cut: Halves, shifts: NDArray[np.int64], every: int
) -> tuple[Array, Array]:
    """Per shift the largest F1 of each concept (S, C) and the largest strength of all (S,)."""
    columns = values.shape[1]
    f1 = np.zeros((len(shifts), columns))
    strength = np.zeros(len(shifts))
    places_a = np.arange(0, cut.size, every)
    places_b = places_a + cut.size
    together = max(1, CONCEPTS_AT_ONCE // columns)
    for start in range(0, hidden.shape[1], UNITS_AT_ONCE):
        chunk = hidden[:, start : start + UNITS_AT_ONCE]
        edges = thresholds(chunk[places_a])
        on_a, on_b = above(chunk[places_a], edges), above(chunk[places_b], edges)
        for first in range(0, len(shifts), together):
            group = slice(first, min(first + together, len(shifts)))
            scored = _score(on_a, on_b, chunk.shape[1], values, places_a, places_b, shifts[group])
            size = group.stop - group.start
            best = scored.f1().max(0).reshape(size, columns)
            f1[group] = np.maximum(f1[group], best)
            strongest = scored.matthews().max(0).reshape(size, columns).max(1)
            strength[group] = np.maximum(strength[group], strongest)
    return f1, strength


def _score(
    on_a: Float,
    on_b: Float,
    units: int,
    values: Float,
    places_a: NDArray[np.int64],
    places_b: NDArray[np.int64],
    shifts: NDArray[np.int64],
) -> Confusion:
    """Counts on half B, at the threshold chosen on half A: arrays (U, S * C)."""
    total = len(values)
    shifted_a, shifted_b = (
        np.concatenate([values[(places - shift) % total] for shift in shifts], axis=1)
        for places in (places_a, places_b)
    )
    best = np.argmax(confusions(on_a, shifted_a, units).f1(), axis=0)
    return choose(confusions(on_b, shifted_b, units), best)


def _number_maxima(hidden: Float, values: Float, cut: Halves, shifts: NDArray[np.int64]) -> Array:
    """Per shift the largest |Pearson| on half B, signed as on half A: (S,)."""
    found = np.zeros(len(shifts))
    left_a, left_b = standardised(hidden[cut.a]), standardised(hidden[cut.b])
    for number, shift in enumerate(shifts):
        shifted = np.roll(values, int(shift), axis=0)
        on_a = left_a.T @ standardised(shifted[cut.a])
        on_b = left_b.T @ standardised(shifted[cut.b]) / cut.size
        found[number] = (on_b * np.where(on_a < 0, -1, 1)).max()
    return found


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
