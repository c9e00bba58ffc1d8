"""What chance tells: the whole fit on circularly shifted states, and the floor that it sets.

The state and the text are both slow, so a clause can follow a shifted state on half A and, with
luck, on half B. A sentence is therefore kept only where it tells ``TIMES`` as much of half A as any
fit on shifted states of the layer. A shifted state is held against the other shifts, so that its
score on half B stays that of a procedure that has not seen it. Nothing here looks at half B to
decide anything.
"""

from collections.abc import Sequence

import numpy as np

from jobs.model.network import Array, Float
from report.measures.explanations.explanation import GRADES
from report.measures.explanations.features import Facts, Rows, Vocabulary
from report.measures.explanations.fit import Fitter, simulate
from report.measures.explanations.sentence import Printed
from report.measures.explanations.tables import r_squared

SHIFTS = 3
LEAST_SHIFT = 500  # characters
TIMES = 2.0
HIGHEST = GRADES[-1][0]  # of a floor: below, a sentence counts as unexplained anyway


class Chance:
    """Fits on shifted states of one layer."""

    def __init__(self, fitter: Fitter, states: Float, fitted: Rows, b: slice, seed: int) -> None:
        """Fit ``states`` (T, U), shifted in ``SHIFTS`` ways; ``fitted`` and ``b`` are half A and
        half B.
        """
        generator = np.random.Generator(np.random.PCG64(seed))
        size = len(states)
        least = min(LEAST_SHIFT, size // 3)
        shifts = generator.integers(least, size - least, SHIFTS)
        shifted = [np.roll(states, shift, 0) for shift in shifts]
        self.found = [fitter.sentences(one[fitted]) for one in shifted]
        self.of_b = [one[b] for one in shifted]

    def floor(self, without: int | None = None) -> float:
        """The share of half A that a sentence must tell, by all shifts but ``without``."""
        others = [found for place, found in enumerate(self.found) if place != without]
        told = max(one.told for found in others for one in found)
        return min(TIMES * told, HIGHEST)

    def null(self, facts: Facts, vocabulary: Vocabulary) -> Array:
        """(U,) the largest R2 on half B of the shifts; ``facts`` of half B."""
        found = [
            of_half_b(beyond(one, self.floor(place)), self.of_b[place], facts, vocabulary)
            for place, one in enumerate(self.found)
        ]
        largest: Array = np.max(found, axis=0)
        return largest


def beyond(found: Sequence[Printed], floor: float) -> list[Printed]:
    """Sentences that tell less of half A than ``floor`` say the mean alone."""
    return [one if one.told >= floor else one.silent for one in found]


def of_half_b(
    found: Sequence[Printed], states: Float, facts: Facts, vocabulary: Vocabulary
) -> Array:
    """(U,) R2 on half B, of which ``states`` and ``facts`` are; 0 where nothing is said of a unit
    that hardly varies.
    """
    scored = r_squared(states.astype(np.float64), simulate(found, facts, vocabulary))
    return np.where([one.form == "constant" for one in found], 0.0, scored)
