"""The picture that a link to a neuron's page shows in messengers: its text as coloured bricks.

One brick a character, a line of the text is a row of bricks: the shape of the text and the colours
of its page, without a font.
"""

import numpy as np
from numpy.typing import NDArray

from report.render.palette import LIGHT, hexadecimal
from report.render.png import indexed

WIDTH, HEIGHT = 1200, 630  # what previews expect
COLUMNS, ROWS = 46, 14  # bricks
MARGIN = 24
GAP = 2
PAPER = 15  # place of the background among the sixteen colours


def card(text: str, levels: list[int]) -> bytes:
    """The PNG of ``text``; ``levels`` are those of its characters, 0 .. 14."""
    pixels = np.full((HEIGHT, WIDTH), PAPER, np.uint8)
    width, height = (WIDTH - 2 * MARGIN) // COLUMNS, (HEIGHT - 2 * MARGIN) // ROWS
    for row, column, level in _places(text, levels):
        top, left = MARGIN + row * height, MARGIN + column * width
        pixels[top : top + height - GAP, left : left + width - GAP] = level
    return indexed(pixels, _colours(), depth=4)


def _places(text: str, levels: list[int]) -> NDArray[np.intp]:
    """(bricks, 3): row, column and level of each character that finds room."""
    places, row, column = [], 0, 0
    for character, level in zip(text, levels, strict=True):
        if column == COLUMNS:
            row, column = row + 1, 0
        if row == ROWS:
            break
        places.append((row, column, level))
        column += 1
        if character == "\n":
            row, column = row + 1, 0
    return np.array(places, np.intp).reshape(-1, 3)


def _colours() -> list[tuple[int, int, int]]:
    """The fifteen levels (zero a little darker than the paper, to be seen), then the paper."""
    paper = LIGHT.background
    named = [hexadecimal(one) if one else "#eef0f4" for one in LIGHT.state_colours()] + [paper]
    return [(int(one[1:3], 16), int(one[3:5], 16), int(one[5:7], 16)) for one in named]
