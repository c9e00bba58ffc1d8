"""A text in the alphabet of a network: which characters it does not know, and ids for the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.encode import CODE_POINTS

CHUNK = 1_000_000  # characters looked at together


@dataclass(frozen=True)
class UnknownCharacter:
    """A character that is not in the alphabet."""

    character: str
    count: int
    place: int  # where it first stands, from 0


def where(text: str, unknown: UnknownCharacter) -> str:
    """``U+00E9 '\\xe9' 3 times, first at line 2, column 7``: ASCII alone, lines and columns from 1;
    lines end at U+000A.
    """
    line = 1 + text.count("\n", 0, unknown.place)
    column = unknown.place - text.rfind("\n", 0, unknown.place)
    times = "once, " if unknown.count == 1 else f"{unknown.count:,} times, first "
    return (
        f"U+{ord(unknown.character):04X} {unknown.character!a} {times}"
        f"at line {line:,}, column {column:,}"
    )


def unknown_characters(text: str, alphabet: Sequence[str]) -> tuple[UnknownCharacter, ...]:
    """What of ``text`` is not in ``alphabet``, in the order of their first places."""
    known = np.zeros(CODE_POINTS, bool)
    known[[ord(character) for character in alphabet]] = True
    counts: dict[int, int] = {}
    first: dict[int, int] = {}
    for start in range(0, len(text), CHUNK):
        points = _points(text[start : start + CHUNK])
        places = np.flatnonzero(~known[points])
        kinds, begins, count = np.unique(points[places], return_index=True, return_counts=True)
        for kind, place, number in zip(kinds.tolist(), places[begins], count, strict=True):
            counts[kind] = counts.get(kind, 0) + int(number)
            first.setdefault(kind, start + int(place))
    return tuple(
        UnknownCharacter(chr(kind), counts[kind], place)
        for kind, place in sorted(first.items(), key=lambda item: item[1])
    )


def encoded(
    text: str, alphabet: Sequence[str], replacement: str = ""
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    """Places in the text (N,) and ids (N,), chunk by chunk.

    Args:
        text: the characters.
        alphabet: (V,) single characters.
        replacement: stands for each character that is not in the alphabet; "": those are left out.
    """
    table = np.full(CODE_POINTS, -1, np.int32)
    if replacement:
        table[:] = alphabet.index(replacement)
    table[[ord(character) for character in alphabet]] = np.arange(len(alphabet), dtype=np.int32)
    for start in range(0, len(text), CHUNK):
        ids = table[_points(text[start : start + CHUNK])]
        places = np.flatnonzero(ids >= 0)
        yield start + places, ids[places]


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
