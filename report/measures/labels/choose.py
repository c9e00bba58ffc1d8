"""Which concept each unit is held against: chosen on the selection half, by the bars that the
evaluation half applies.
"""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array
from report.measures.concepts.library import ConceptTable
from report.measures.labels.controls import BigramBaseline, ShiftNull
from report.measures.labels.fit import Fit, halves

# Half of the way from nothing to exact, of F1 (hits outnumber the mean of misses and false alarms)
# and of the correlation: a partial label below it would not be seen in the colours.
HALF_WAY = 0.5


def choose_concepts(
    fit: Fit, table: ConceptTable, null: ShiftNull, bigram: BigramBaseline, untrained: Fit | None
) -> NDArray[np.int64]:
    """(U,) the concept of each unit of a layer, from the selection half alone.

    First come concepts that the unit follows beyond the circular-shift null, untrained networks and
    the bigram baseline, the strongest of them; then those that it tells beyond the null and
    untrained networks within bigrams, the strongest in this; then the strongest of all. A concept
    that is only strong, and known from the character, so gives way to one that the unit remembers.
    """
    scores, known = fit.selection, bigram.selection
    strength = np.where(fit.usable, scores.strength, -1.0)
    shown = np.where(table.binary, scores.f1, scores.strength)
    answer = np.where(table.binary, scores.matthews, scores.strength)
    beyond = (strength > null.strength) & (shown > always_on(table))
    within = (scores.within_bigram > null.within_bigram) & (np.minimum(shown, strength) > HALF_WAY)
    if untrained is not None:
        rival = untrained.selection
        best = np.where(table.binary, rival.f1, rival.strength).max(0)
        beyond &= (strength > rival.strength.max(0)) & (shown > best)
        within &= scores.within_bigram > np.abs(rival.within_bigram).max(0)
    known_shown = np.where(table.binary, known.f1, known.strength)
    follows = beyond & (answer > known.strength) & (shown > known_shown)
    rated = np.where(beyond & within, 2.0 + scores.within_bigram, strength)
    rated = np.where(follows, 4.0 + strength, rated)
    chosen: NDArray[np.int64] = np.argmax(rated, axis=1)
    return chosen


def always_on(table: ConceptTable) -> Array:
    """(C,) F1 on the selection half of a unit that is always on, 2 p / (1 + p); 0 for numbers."""
    share = (table.values[halves(len(table.values)).selection] > 0).mean(0, dtype=np.float64)
    f1: Array = np.where(table.binary, 2 * share / (1 + share), 0.0)
    return f1
