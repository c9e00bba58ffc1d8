"""Kinds of units, by rules: the first that fits.

They are told by tables and lines scored on half B (report/measures/explanations/tables.py) and by
the swap curve (report/measures/explanations/memory.py), not by the sentence, so that a unit's kind
does not hang on how well its sentence was found.
"""

from report.measures.explanations.explanation import Kind, Ladder, Memory
from report.measures.explanations.tables import Alone

DETECTOR, OF_SIX = 0.5, 0.8  # R2 of the last character, and its part of that of the last six
PREDICTOR = 0.6  # R2 of the expected character
COUNTED = 0.5  # R2 of one number: below that the colours do not show it
ALONE = 0.35  # R2 of one yes/no concept
SLOPE = 0.05  # what a number's line tells beyond the best yes/no concept
LONG = 20  # characters that decide less than ``memory.DECIDED``
SHORT, MOST = 6, 0.8  # characters, and what they decide


def kind_of(constant: bool, ladder: Ladder, alone: Alone, memory: Memory) -> Kind:
    """The kind of a unit."""
    one, six = ladder.last[0], ladder.last[-1]
    decided = dict(zip(memory.lengths, memory.shares, strict=True))
    # a column, a depth or a state of the text tells much of the current character: asked first
    counted = alone.number >= max(COUNTED, one, alone.concept + SLOPE)
    tracked = alone.concept >= max(ALONE, one)
    expects = ladder.expected >= PREDICTOR and ladder.expected >= one
    rules: list[tuple[bool, Kind]] = [
        (constant, "constant"),
        (counted and (alone.number >= ladder.expected or not expects), "counter"),
        (tracked and (alone.concept >= ladder.expected or not expects), "tracker"),
        (one >= DETECTOR and one >= OF_SIX * six, "character detector"),
        (expects, "predictor"),
        (memory.k90 is None or memory.k90 > LONG, "long memory"),
        (decided[SHORT] >= MOST, "short context"),
    ]
    return next((kind for holds, kind in rules if holds), "mixed")
