"""The picture for papers: every character, its level, and nothing that XML cannot carry."""

import re
from xml.etree import ElementTree

from report.render.figure import COLUMNS, HEIGHT, WIDTH, figure

SHAPE = r"M(\d+),(\d+)h(\d+)v(\d+)h-(\d+)$"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(text, levels):
    return ElementTree.fromstring(figure("L1N0", text, levels))


def lines(root):
    return [one.text for one in root.findall(f"{SVG}text")]


def rectangles(path):
    """Place and width, in characters, of each rectangle of a path, all of the first line."""
    found = []
    for part in path.removesuffix("z").split("z"):
        x, y, width, height, back = map(int, re.match(SHAPE, part).groups())
        assert (y, height, back) == (HEIGHT, HEIGHT, width)
        found.append((x // WIDTH - 1, width // WIDTH))
    return found


def test_every_character_stands_in_its_line():
    root = drawn('<a b="&">\n\tx', [7] * 12)
    assert lines(root) == ['<a␣b="&">↵'.replace("␣", " "), "⇥x"]


def test_long_lines_are_cut():
    assert [len(one) for one in lines(drawn("x" * 200, [7] * 200))] == [COLUMNS, COLUMNS, 40]


def test_neighbours_of_one_level_are_one_rectangle_and_zero_is_none():
    root = drawn("abcde", [14, 14, 7, 0, 14])
    found = {one.get("class"): one.get("d") for one in root.findall(f"{SVG}path")}
    assert set(found) == {"p0", "p14"}
    assert rectangles(found["p0"]) == [(3, 1)]
    assert rectangles(found["p14"]) == [(0, 2), (4, 1)]


def test_what_xml_cannot_carry_is_replaced_one_for_one():
    text = "a\0\x01\x9f\u202e\ud7ff\u0301b"
    (line,) = lines(drawn(text, [7] * len(text)))
    assert len(line) == len(text)
    assert line[0] == "a" and line[-1] == "b"
