"""Which concept each unit is held against: chosen on half A, by the bars that half B applies."""

import numpy as np
from numpy.typing import NDArray

from report.measures.concepts.library import ConceptTable
from report.measures.labels.controls import Chance, LookUp
from report.measures.labels.fit import Array, Fit, halves

# Half of the way from nothing to exact, of F1 (hits outnumber the mean of misses and false alarms)
# and of the correlation: a partial label below it would not be seen in the colours.
HALF_WAY = 0.5


def choose_concepts(
    found: Fit, table: ConceptTable, chance: Chance, control: LookUp, untrained: Fit | None
) -> NDArray[np.int64]:
    """(U,) the concept of each unit of a layer, from half A alone.

    First come concepts that the unit follows beyond chance, untrained networks and the last two
    characters, the strongest of them; then those that it tells beyond chance and untrained networks
    where the last two characters are the same, the strongest in this; then the strongest of all.
    A concept that is only strong, and known from the character, so gives way to one that the unit
    remembers.
    """
    strength = np.where(found.usable, found.strength_a, -1.0)
    shown = np.where(table.binary, found.f1_a, found.strength_a)
    answer = np.where(table.binary, found.matthews_a, found.strength_a)
    beyond = (strength > chance.strength) & (shown > always_on(table))
    within = (found.within_a > chance.within) & (np.minimum(shown, strength) > HALF_WAY)
    if untrained is not None:
        best = np.where(table.binary, untrained.f1_a, untrained.strength_a).max(0)
        beyond &= (strength > untrained.strength_a.max(0)) & (shown > best)
        within &= found.within_a > np.abs(untrained.within_a).max(0)
    known = np.where(table.binary, control.f1_a, control.strength_a)
    follows = beyond & (answer > control.strength_a) & (shown > known)
    rated = np.where(beyond & within, 2.0 + found.within_a, strength)
    rated = np.where(follows, 4.0 + strength, rated)
    chosen: NDArray[np.int64] = np.argmax(rated, axis=1)
    return chosen


def always_on(table: ConceptTable) -> Array:
    """(C,) F1 on half A of a unit that is always on, 2 p / (1 + p); 0 for numbers."""
    share = (table.values[halves(len(table.values)).a] > 0).mean(0, dtype=np.float64)
    found: Array = np.where(table.binary, 2 * share / (1 + share), 0.0)
    return found
