"""What a label is held against: the circular-shift null, the bigram baseline, untrained networks.

Circular-shift null: the concepts are shifted in a circle against the states by 500 characters or
more, which keeps the course of both in time and breaks what they have to do with each other; then
signs are chosen and strengths scored as for a real label, and the largest over all units and all
concepts is kept. The 99th percentile of 200 such maxima answers for the thousands of pairs of unit
and concept that were tried. The same is done for correlations within bigrams.

Bigram baseline: a table from (previous, current) character to the concept, fitted on the selection
half. A unit that does not beat it may only be reading characters.

Untrained networks: what any LSTM of that shape tells by the echo of its last characters. The best
of their units is the bar, and one network of 50 units is too low a one: it let pass 14 of 1,000
units of further untrained networks on a play in XML, 4 on prose; four networks let pass 2 and 1.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from jobs.model.network import Array, Float
from report.measures.concepts.library import ConceptTable
from report.measures.group_sums import indicator
from report.measures.labels.fit import (
    Confusion,
    Halves,
    correlations,
    halves,
    standardised,
    usable_concepts,
)
from report.measures.labels.within_bigram import Bigrams, Groups, bigram_ids, deviations
from report.measures.parallel import side_by_side

SHIFTS = 200
LEAST_SHIFT = 500  # characters
PERCENTILE = 99.0
COLUMNS_AT_ONCE = 1_000
UNTRAINED_UNITS = 200  # units of untrained networks per layer, at least


@dataclass(frozen=True)
class ShiftNull:
    """The circular-shift null: 99th percentiles of the maximum over all units and concepts."""

    strength: float
    within_bigram: Annotated[float, Field(alias="within")]
    shifts: int


@dataclass(frozen=True)
class BigramScores:
    """How well the bigram alone tells each concept; arrays are (C,)."""

    f1: Array  # yes/no concepts; 0 for numbers
    strength: Array  # Matthews correlation of its answer, Pearson correlation of its guess


@dataclass(frozen=True)
class BigramBaseline:
    """What the last two characters tell of every concept."""

    selection: BigramScores  # fitted on the first quarter of the probe, scored on the second
    evaluation: BigramScores  # fitted on the selection half, scored on the evaluation half
    bigrams: Bigrams  # (T,)


def shift_null(
    hidden: Float, table: ConceptTable, bigrams: Bigrams, generator: np.random.Generator
) -> ShiftNull:
    """The circular-shift null of every unit of ``hidden`` (T, U) and every concept.

    A probe too short to shift by ``LEAST_SHIFT`` gives strength 1: nothing is accepted.
    """
    cut = halves(len(hidden))
    total = 2 * cut.size
    usable = usable_concepts(table, cut)
    if total < 4 * LEAST_SHIFT or not usable.any():
        return ShiftNull(1.0, 1.0, 0)
    # row by row in memory, as the sums over groups want them
    values = np.ascontiguousarray(table.values[:total, usable])
    shifts = generator.integers(LEAST_SHIFT, total - LEAST_SHIFT + 1, SHIFTS)
    together = max(1, COLUMNS_AT_ONCE // values.shape[1])  # few large products are fast
    selection, evaluation = (
        ShiftedHalf(hidden[half], bigrams[half]) for half in (cut.selection, cut.evaluation)
    )

    def maxima(group: NDArray[np.int64]) -> NDArray[np.float64]:
        shifted = np.concatenate([np.roll(values, int(shift), axis=0) for shift in group], axis=1)
        chosen = selection.correlations(shifted[cut.selection])
        scored = evaluation.correlations(shifted[cut.evaluation])
        signed = scored * np.where(chosen[:1] < 0, -1, 1)  # the sign is that of the whole course
        largest: NDArray[np.float64] = signed.max(1).reshape(2, len(group), -1).max(2)
        return largest

    groups = [shifts[first : first + together] for first in range(0, SHIFTS, together)]
    largest = np.concatenate(side_by_side(maxima, groups), axis=1)
    strength, within = np.percentile(largest, PERCENTILE, axis=1)
    return ShiftNull(float(strength), float(within), SHIFTS)


class ShiftedHalf:
    """The states of one half, ready to be correlated with many shifted columns.

    States are standardised, so a column need not be centred: only its deviation is wanted, over all
    places and within bigrams.
    """

    def __init__(self, hidden: Float, bigrams: Bigrams) -> None:
        """``hidden`` (T, U); ``bigrams`` (T,)."""
        both = [standardised(hidden), standardised(deviations(hidden, bigrams))]
        self._units = hidden.shape[1]
        self._states = np.concatenate(both, axis=1)
        self._groups = Groups(bigrams)

    def correlations(self, columns: Float) -> NDArray[np.float32]:
        """(2, U, K): over all places, and within bigrams."""
        product = self._states.T @ columns / np.float32(len(columns))
        squares = np.einsum("tk,tk->k", columns, columns, dtype=np.float64) / len(columns)
        overall = squares - columns.mean(0, dtype=np.float64) ** 2
        within = squares - self._groups.squared_means(columns)
        variance = np.stack([overall, within])[:, None]
        scale = 1.0 / np.sqrt(np.where(variance > 1e-9, variance, np.inf))
        both: NDArray[np.float32] = product.reshape(2, self._units, -1) * scale.astype(np.float32)
        return both


def bigram_baseline(ids: NDArray[np.int32], before: int, table: ConceptTable) -> BigramBaseline:
    """Scores of the best table from (previous, current) character to each concept.

    Args:
        ids: (T,) the probe.
        before: the character before ``ids[0]``; -1 where there is none.
        table: concepts on the probe.
    """
    cut = halves(len(ids))
    bigrams = bigram_ids(ids, before)
    return BigramBaseline(
        selection=_bigram_scores(bigrams, ids, table, halves(cut.size)),
        evaluation=_bigram_scores(bigrams, ids, table, cut),
        bigrams=bigrams,
    )


def _bigram_scores(
    bigrams: Bigrams, ids: NDArray[np.int32], table: ConceptTable, cut: Halves
) -> BigramScores:
    """Scores on ``cut.evaluation`` of tables fitted on ``cut.selection``."""
    fitted, guess = _expected(bigrams, ids.astype(np.int64), table.values, cut)
    f1, strength = np.zeros(len(table.concepts)), np.zeros(len(table.concepts))
    for column, is_binary in enumerate(table.binary):
        truth = table.values[cut.evaluation, column]
        if is_binary:
            edge = best_threshold(fitted[:, column], table.values[cut.selection, column])
            counts = confusion(guess[:, column] >= edge, truth > 0)
            f1[column], strength[column] = counts.f1(), counts.matthews()
        else:
            strength[column] = correlations(guess[:, column, None], truth[:, None])[0, 0]
    return BigramScores(f1, strength)


def _expected(
    bigrams: Bigrams, singles: NDArray[np.int64], values: Float, cut: Halves
) -> tuple[Float, Float]:
    """Mean of each concept per bigram on ``cut.selection``, looked up on either half: (size, C).

    Bigrams that the selection half does not have fall back to the current character alone, then to
    the mean.
    """
    truth = values[cut.selection].astype(np.float64)
    fitted = np.broadcast_to(truth.mean(0), truth.shape)
    guess = fitted.copy()
    for keys in (singles, bigrams):
        known, inverse, counts = np.unique(
            keys[cut.selection], return_inverse=True, return_counts=True
        )
        group = inverse.reshape(-1)
        means = (indicator(group, len(known), np.float64) @ truth) / counts[:, None]
        fitted = means[group]
        place = np.minimum(np.searchsorted(known, keys[cut.evaluation]), len(known) - 1)
        seen = known[place] == keys[cut.evaluation]
        guess[seen] = means[place[seen]]
    return fitted.astype(np.float32), guess.astype(np.float32)


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
