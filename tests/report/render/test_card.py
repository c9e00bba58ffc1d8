"""The picture of a link: every character a brick of its level, in the shape of the text."""

import struct
import zlib

import numpy as np

from report.render.card import COLUMNS, GAP, HEIGHT, MARGIN, PAPER, ROWS, WIDTH, card

BRICK = (WIDTH - 2 * MARGIN) // COLUMNS, (HEIGHT - 2 * MARGIN) // ROWS


def pixels(data):
    assert data.startswith(b"\x89PNG")
    place, found = 8, {}
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind = data[place + 4 : place + 8]
        found[kind] = data[place + 8 : place + 8 + length]
        check = zlib.crc32(kind + found[kind])
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length]) == (check,)
        place += 12 + length
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(HEIGHT, -1)[:, 1:]
    return np.stack([rows >> 4, rows & 15], axis=2).reshape(HEIGHT, -1)


def brick(picture, row, column):
    top, left = MARGIN + row * BRICK[1], MARGIN + column * BRICK[0]
    area = picture[top : top + BRICK[1] - GAP, left : left + BRICK[0] - GAP]
    assert (area == area[0, 0]).all()
    return int(area[0, 0])


def test_a_brick_has_the_level_of_its_character():
    picture = pixels(card("ab\ncd", [0, 14, 7, 3, 12]))
    assert [brick(picture, 0, column) for column in range(4)] == [0, 14, 7, PAPER]
    assert [brick(picture, 1, column) for column in range(3)] == [3, 12, PAPER]


def test_long_lines_wrap_and_long_texts_end():
    text = "x" * (COLUMNS * ROWS + 40)
    picture = pixels(card(text, [9] * len(text)))
    assert brick(picture, ROWS - 1, COLUMNS - 1) == 9
    assert len(card(text, [9] * len(text))) <= 4_000
