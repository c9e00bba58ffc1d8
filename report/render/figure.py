"""A coloured text as one SVG picture for a paper: the same levels and colours as on the page.

Lines of the text are lines of the picture, cut at ``COLUMNS``; all stretches of one level are one
path, rectangle by rectangle. The picture brings its own background, so that it looks the same
wherever it is put.
"""

from itertools import groupby
from typing import NamedTuple

from report.render.characters import glyph
from report.render.palette import LEVELS, LIGHT, ZERO, hexadecimal
from report.render.templates import render

COLUMNS = 80
WIDTH, HEIGHT = 8, 17  # of a character, in the picture's units


class Line(NamedTuple):
    """One line of the picture."""

    y: int
    text: str
    width: int


def figure(title: str, text: str, levels: list[int]) -> str:
    """The picture as SVG text; ``levels`` are those of the characters, 0 .. 14."""
    rows = _rows(text, levels)
    colours = [None if one is None else hexadecimal(one) for one in LIGHT.state_colours()]
    return render(
        "figure.svg.j2",
        title=title,
        lines=[_line(number, row) for number, row in rows],
        areas=sorted(_areas(rows).items()),
        colours=[(level, colour) for level, colour in enumerate(colours) if colour],
        background=LIGHT.background,
        foreground=LIGHT.foreground,
        legend=[(level, WIDTH * 2 * level) for level in range(LEVELS)],
        width=COLUMNS * WIDTH + 2 * WIDTH,
        height=(len(rows) + 3) * HEIGHT,
        line_height=HEIGHT,
        margin=WIDTH,
        base=4,
    )


def _rows(text: str, levels: list[int]) -> list[tuple[int, list[tuple[str, int]]]]:
    """Lines that have characters, with their number: of each character the sign and the level."""
    rows: list[list[tuple[str, int]]] = [[]]
    for character, level in zip(text, levels, strict=True):
        if len(rows[-1]) == COLUMNS:
            rows.append([])
        rows[-1].append((_drawn(character), level))
        if character == "\n":
            rows.append([])
    return [(number, row) for number, row in enumerate(rows) if row]


def _line(number: int, row: list[tuple[str, int]]) -> Line:
    text = "".join(character for character, _ in row)
    return Line(HEIGHT * (number + 1), text, WIDTH * len(row))


def _areas(rows: list[tuple[int, list[tuple[str, int]]]]) -> dict[int, str]:
    """Path data of each level but zero: a closed rectangle for each stretch of it."""
    parts: dict[int, list[str]] = {}
    for number, row in rows:
        place = 0
        for level, group in groupby(level for _, level in row):
            width = WIDTH * len(list(group))
            if level != ZERO:
                x, y = WIDTH + place, HEIGHT * (number + 1)
                parts.setdefault(level, []).append(f"M{x},{y}h{width}v{HEIGHT}h-{width}z")
            place += width
    return {level: "".join(rectangles) for level, rectangles in parts.items()}


def _drawn(character: str) -> str:
    """One sign for one character: blanks stay blank, what cannot be seen is a sign."""
    drawn = character if character == " " else glyph(character)
    return drawn if len(drawn) == 1 else "\N{REPLACEMENT CHARACTER}"
