"""Every unit against every concept: chosen on one half of the probe, scored on the other.

The strength of a unit for a concept is the Pearson correlation r of its state with the concept, yes
as 1 and no as 0; r^2 is the share of the state's variance that the concept explains (the variance
reduction of Gurnee et al. 2024), that is, how much of what the colours show. For a yes/no concept C
the sign s is that of r on the selection half, and the threshold q is the one that maximises the F1
of [s h > s q] there; F1, Matthews correlation and the rest are those of the evaluation half.

A label is accepted only if it beats three controls (report/measures/labels/controls.py): the
circular-shift null, the bigram baseline, and untrained networks of the same shape. Correlations
within bigrams (report/measures/labels/within_bigram.py) say what a unit tells beyond its last two
characters; a partial label rests on them (report/measures/labels/verdict.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array, Float
from report.measures.concepts.library import ConceptTable
from report.measures.labels.within_bigram import Bigrams, deviations

QUANTILES = (
    *(0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.27, 0.40),
    *(0.60, 0.73, 0.84, 0.92, 0.96, 0.98, 0.99, 0.995),
)
THRESHOLDS = 32  # candidate thresholds per unit: the quantiles, and as many evenly spaced
UNITS_AT_ONCE = 64
LEAST_POSITIVE = 20  # characters of each half on which a concept must hold, and must not hold

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Halves:
    """The probe cut in two. The last odd character is left out."""

    size: int  # characters of each half

    @property
    def selection(self) -> slice:
        """The first half, where things are chosen."""
        return slice(0, self.size)

    @property
    def evaluation(self) -> slice:
        """The second half, where they are scored."""
        return slice(self.size, 2 * self.size)


@dataclass(frozen=True)
class HalfScores:
    """Scores on one half; arrays are (U, C), 0 for numbers where only a yes/no concept has them."""

    strength: Array  # correlation times sign: negative only where the evaluation half disagrees
    within_bigram: Array  # the same among places with the same last two characters
    f1: Array  # yes/no concepts
    matthews: Array  # yes/no concepts


@dataclass(frozen=True)
class Fit:
    """Every unit against every concept; arrays are (U, C) where nothing else is said."""

    sign: NDArray[np.int8]  # +1: high when the concept holds; -1: low; chosen like the threshold
    threshold: Float  # of h (yes/no concepts only)
    selection: HalfScores
    evaluation: HalfScores
    usable: NDArray[np.bool_]  # (C,) enough positives and negatives in both halves


@dataclass(frozen=True)
class Confusion:
    """Counts of a yes/no prediction; arrays of any equal shape."""

    predicted: Array | Float  # predicted true
    hits: Array | Float  # predicted true and true
    positives: Array | Float  # true
    total: Array | float  # all

    def f1(self) -> Array:
        """2 hits / (predicted + positives)."""
        result: Array = 2.0 * self.hits / np.maximum(self.predicted + self.positives, 1.0)
        return result

    def matthews(self) -> Array:
        """Matthews correlation coefficient; 0 where prediction or truth is constant."""
        covariance = self.total * self.hits - self.predicted * self.positives
        product = (
            self.predicted
            * (self.total - self.predicted)
            * self.positives
            * (self.total - self.positives)
        )
        result: Array = covariance / np.sqrt(np.maximum(product, 1.0))
        return result


def halves(characters: int) -> Halves:
    """The two halves of a probe of ``characters`` characters."""
    return Halves(characters // 2)


def usable_concepts(table: ConceptTable, cut: Halves) -> NDArray[np.bool_]:
    """(C,) concepts that vary enough in both halves to be scored at all."""
    usable = np.ones(len(table.concepts), bool)
    for half in (cut.selection, cut.evaluation):
        values = table.values[half]
        positives = (values > 0).sum(0)
        varied = (positives >= LEAST_POSITIVE) & (positives <= cut.size - LEAST_POSITIVE)
        usable &= np.where(table.binary, varied, values.std(0) > 1e-6)
    return usable


def thresholds(hidden: Float) -> Float:
    """(THRESHOLDS, U) candidates for each unit of ``hidden`` (T, U).

    Half of them quantiles, dense in the tails because concepts may be rare; half evenly spaced over
    the unit's range, because a unit with two states is parted only between them.
    """
    quantiles = np.quantile(hidden, QUANTILES, axis=0, method="inverted_cdf")
    low, high = hidden.min(0), hidden.max(0)
    places = np.arange(1, THRESHOLDS - len(QUANTILES) + 1) / (THRESHOLDS - len(QUANTILES) + 1)
    spaced = low + places[:, None] * (high - low)
    candidates: Float = np.concatenate([quantiles, spaced]).astype(np.float32)
    return candidates


def above(hidden: Float, edges: Float) -> Float:
    """(T, THRESHOLDS * U) ones where ``hidden`` (T, U) exceeds each of ``edges``."""
    return (hidden[:, None, :] > edges[None]).reshape(len(hidden), -1).astype(np.float32)


def fit(hidden: Float, table: ConceptTable, bigrams: Bigrams) -> Fit:
    """Fit every unit of ``hidden`` (T, U) to every concept of ``table``; ``bigrams`` is (T,)."""
    cut = halves(len(hidden))
    on_selection, on_evaluation = (
        correlations(hidden[half], table.values[half]) for half in (cut.selection, cut.evaluation)
    )
    sign = np.where(on_selection < 0, -1, 1).astype(np.int8)
    usable = usable_concepts(table, cut)

    def scores(half: slice, strength: Array) -> HalfScores:
        own = deviations(hidden[half], bigrams[half])
        known = deviations(table.values[half], bigrams[half])
        return HalfScores(
            strength=np.where(usable, strength, 0.0),
            within_bigram=np.where(usable, sign * correlations(own, known), 0.0),
            f1=np.zeros(sign.shape),
            matthews=np.zeros(sign.shape),
        )

    result = Fit(
        sign=sign,
        threshold=np.zeros(sign.shape, np.float32),
        selection=scores(cut.selection, np.abs(on_selection)),
        evaluation=scores(cut.evaluation, on_evaluation * sign),
        usable=usable,
    )
    binary = np.flatnonzero(table.binary & usable)
    for start in range(0, len(sign), UNITS_AT_ONCE):
        chunk = slice(start, min(start + UNITS_AT_ONCE, len(sign)))
        _fit_thresholds(hidden[:, chunk], table.values[:, binary], cut, result, chunk, binary)
    return result


def _fit_thresholds(
    hidden: Float, values: Float, cut: Halves, result: Fit, chunk: slice, columns: Indices
) -> None:
    """Fill in the scores of yes/no concepts ``columns`` for the units of ``chunk``."""
    edges = thresholds(hidden[cut.selection])
    on_selection, on_evaluation = (
        confusions(above(hidden[half], edges), values[half], hidden.shape[1])
        for half in (cut.selection, cut.evaluation)
    )
    high = result.sign[chunk, columns] > 0
    f1 = on_selection.f1()
    best = np.where(
        high,
        np.argmax(f1[:THRESHOLDS], axis=0),
        THRESHOLDS + np.argmax(f1[THRESHOLDS:], axis=0),
    )  # (U, C) place in the 2 * THRESHOLDS candidates
    unit = np.arange(hidden.shape[1])[:, None]
    result.threshold[chunk, columns] = edges[best % THRESHOLDS, unit]
    for counts, scores in ((on_selection, result.selection), (on_evaluation, result.evaluation)):
        chosen = choose(counts, best)
        scores.f1[chunk, columns] = chosen.f1()
        scores.matthews[chunk, columns] = chosen.matthews()


def confusions(indicators: Float, values: Float, units: int) -> Confusion:
    """Counts of every threshold of every unit against every concept.

    Args:
        indicators: (T, THRESHOLDS * U) from :func:`above`.
        values: (T, C) zeros and ones.
        units: U.

    Returns:
        Arrays (2 * THRESHOLDS, U, C): h above each threshold, then h at or below it.
    """
    total = len(values)
    # float32 counts exactly up to 16 million
    hits = (indicators.T @ values).reshape(THRESHOLDS, units, -1)
    predicted = indicators.sum(0).reshape(THRESHOLDS, units, 1)
    positives = values.sum(0)[None, None]
    return Confusion(
        predicted=np.concatenate([predicted, total - predicted]),
        hits=np.concatenate([hits, positives - hits]),
        positives=positives,
        total=total,
    )


def choose(counts: Confusion, best: Indices) -> Confusion:
    """Counts at the candidate ``best`` (U, C) of each unit and concept."""
    unit = np.arange(best.shape[0])[:, None]
    column = np.arange(best.shape[1])[None]
    return Confusion(
        predicted=counts.predicted[best, unit, 0].astype(np.float64),
        hits=counts.hits[best, unit, column].astype(np.float64),
        positives=counts.positives[0].astype(np.float64),
        total=counts.total,
    )


def correlations(left: Float, right: Float) -> Array:
    """(U, C) Pearson correlations of the columns of (T, U) and (T, C); 0 for constants.

    The product is float32, for speed; report/measures/correlation.py has them in float64.
    """
    product = standardised(left).T @ standardised(right)
    result: Array = product.astype(np.float64) / len(left)
    return result


def standardised(values: Float) -> Float:
    """Columns with mean 0 and standard deviation 1; constant columns become 0."""
    centred = values - values.mean(0, dtype=np.float64).astype(np.float32)
    deviation = np.sqrt(np.einsum("tc,tc->c", centred, centred, dtype=np.float64) / len(values))
    scale = 1.0 / np.where(deviation > 1e-6, deviation, np.inf)
    scaled: Float = centred * scale.astype(np.float32)
    return scaled
