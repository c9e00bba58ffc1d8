"""A coloured text as one SVG picture for a paper: the same levels and colours as on the page.

Lines of the text are lines of the picture, cut at ``COLUMNS``; each stretch of one level is one
rectangle. The picture brings its own background, so that it looks the same wherever it is put.
"""

from itertools import groupby
from typing import NamedTuple

from report.render.characters import glyph
from report.render.palette import LEVELS, LIGHT, ZERO, hexadecimal
from report.render.templates import render

COLUMNS = 80
WIDTH, HEIGHT = 8, 17  # of a character, in the picture's units


class Stretch(NamedTuple):
    """Neighbours of one level in a line."""

    x: int
    width: int
    level: int


class Line(NamedTuple):
    """One line of the picture."""

    y: int
    text: str
    width: int
    stretches: tuple[Stretch, ...]


def figure(title: str, text: str, levels: list[int]) -> str:
    """The picture as SVG text; ``levels`` are those of the characters, 0 .. 14."""
    lines = _lines(text, levels)
    colours = [None if one is None else hexadecimal(one) for one in LIGHT.state_colours()]
    return render(
        "figure.svg.j2",
        title=title,
        lines=lines,
        colours=[(level, colour) for level, colour in enumerate(colours) if colour],
        background=LIGHT.background,
        foreground=LIGHT.foreground,
        legend=[(level, WIDTH * 2 * level) for level in range(LEVELS)],
        width=COLUMNS * WIDTH + 2 * WIDTH,
        height=(len(lines) + 3) * HEIGHT,
        line_height=HEIGHT,
        margin=WIDTH,
        base=4,
    )


def _lines(text: str, levels: list[int]) -> list[Line]:
    rows: list[list[tuple[str, int]]] = [[]]
    for character, level in zip(text, levels, strict=True):
        if len(rows[-1]) == COLUMNS:
            rows.append([])
        rows[-1].append((_drawn(character), level))
        if character == "\n":
            rows.append([])
    return [_line(number, row) for number, row in enumerate(rows) if row]


def _line(number: int, row: list[tuple[str, int]]) -> Line:
    stretches, place = [], 0
    for level, group in groupby(row, key=lambda pair: pair[1]):
        count = len(list(group))
        if level != ZERO:
            stretches.append(Stretch(WIDTH * (place + 1), WIDTH * count, level))
        place += count
    return Line(
        HEIGHT * (number + 1),
        "".join(character for character, _ in row),
        WIDTH * len(row),
        tuple(stretches),
    )


def _drawn(character: str) -> str:
    """One sign for one character: blanks stay blank, what cannot be seen is a sign."""
    drawn = character if character == " " else glyph(character)
    return drawn if len(drawn) == 1 else "\N{REPLACEMENT CHARACTER}"
