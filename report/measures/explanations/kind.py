"""Kinds of units, by rules: the first that fits.

They are told by what simple tables say on half B (report/measures/explanations/tables.py), not by
the sentence, so that a unit's kind does not hang on how well its sentence was found.
"""

from report.measures.explanations.explanation import Kind, Ladder
from report.measures.explanations.tables import Alone

DETECTOR, OF_SIX = 0.5, 0.8
PREDICTOR = 0.6
ALONE = 0.4
LONG = 0.7
SHORT = 0.8


def kind_of(constant: bool, ladder: Ladder, alone: Alone) -> Kind:
    """The kind of a unit."""
    one, _, three, six = ladder.last
    found: list[tuple[bool, Kind]] = [
        (constant, "constant"),
        (one >= DETECTOR and one >= OF_SIX * six, "character detector"),
        (ladder.expected >= PREDICTOR and ladder.expected >= one, "predictor"),
        (alone.number >= ALONE and alone.number >= max(one, alone.concept), "counter"),
        (alone.concept >= ALONE and alone.concept >= one, "tracker"),
        (six < LONG, "long memory"),
        (three >= SHORT, "short context"),
    ]
    return next((kind for holds, kind in found if holds), "mixed")
