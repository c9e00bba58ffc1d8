import struct
import zlib

import numpy as np
import pytest

from report.render import heatmap
from report.render.charts import step_areas, ticks


def area(path):
    """Height of a step path above the zero line at each unit of width, in SVG units."""
    heights = []
    for stroke in path.removesuffix("Z").split("V")[1:-1]:
        y, _, run = stroke.partition("h")
        heights += [30 - int(y)] * int(run)
    return heights


def test_areas_follow_the_states():
    above, below = step_areas([1.0, 0.5, 0.5, 0.0, -1.0], start=-1)
    assert above.startswith("M-1,30") and below.startswith("M-1,30")
    assert area(above) == [29, 14, 14, 0, 0]
    assert area(below) == [0, 0, 0, 0, -29]
    assert above.count("V") == 4  # runs of equal states are one stroke


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (1.2, 4.4, [2, 3, 4]), (0.9, 1.35, [0.9, 1.0, 1.1, 1.2, 1.3])],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


def test_ticks_of_nothing():
    assert ticks(2.0, 2.0) == [2.0]


def test_png_holds_the_levels():
    levels = np.array([[0, 7, 14], [3, 4, 5]], np.int8)
    data = heatmap.png(levels)
    chunks, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + body
        )
        chunks[kind] = body
        at += 12 + length
    rows = zlib.decompress(chunks[b"IDAT"])
    assert rows == b"\0" + bytes([0, 7, 14]) + b"\0" + bytes([3, 4, 5])
    assert len(chunks[b"PLTE"]) == 45 and chunks[b"tRNS"][7] == 0 and chunks[b"tRNS"][0] == 255
