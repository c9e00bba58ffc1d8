"""Concepts of runs: the same character several times in a row, and how long for."""

import numpy as np

from report.measures.concepts.library import Bools, Values, codes, concept, since, where
from report.measures.concepts.text import FARTHEST


@concept(
    "run length",
    "the longer the same character has been repeated",
    "cuanto más se repite el mismo carácter",
    "number",
)
def run_length(text: str) -> Values:
    """1, 2, 3 ... along each run of one character."""
    return np.minimum(since(_starts(text)) + 1, FARTHEST).astype(np.float32)


@concept(
    "run difference",
    "the more the run of the present character differs in length from the run before it",
    "cuanto más difiere la longitud de la repetición de la anterior",
    "number",
)
def run_difference(text: str) -> Values:
    """How many characters longer or shorter than the run before; white space counts as no run.

    Up by one a character in a first run, down to 0 where a second run gets as long.
    """
    starts = _starts(text)
    length = since(starts) + 1
    blank = where(text, str.isspace)
    length = np.where(blank, 0, length)
    position = np.arange(len(text))
    before = position - since(starts) - 1  # the last character of the run before
    earlier = np.where(before >= 0, length[np.maximum(before, 0)], 0)
    difference = np.where(blank, 0, np.abs(length - earlier))
    return np.minimum(difference, FARTHEST).astype(np.float32)


def _starts(text: str) -> Bools:
    """(T,) true on the first character of every run."""
    points = codes(text)
    starts: Bools = np.ones(len(text), bool)
    starts[1:] = points[1:] != points[:-1]
    return starts
