"""The picture for papers: every character, its level, and nothing that XML cannot carry."""

from xml.etree import ElementTree

from report.render.figure import COLUMNS, WIDTH, figure

SVG = "{http://www.w3.org/2000/svg}"


def drawn(text, levels):
    return ElementTree.fromstring(figure("L1N0", text, levels))


def lines(root):
    return [one.text for one in root.findall(f"{SVG}text")]


def test_every_character_stands_in_its_line():
    root = drawn('<a b="&">\n\tx', [7] * 12)
    assert lines(root) == ['<a␣b="&">↵'.replace("␣", " "), "⇥x"]


def test_long_lines_are_cut():
    assert [len(one) for one in lines(drawn("x" * 200, [7] * 200))] == [COLUMNS, COLUMNS, 40]


def test_neighbours_of_one_level_are_one_rectangle_and_zero_is_none():
    root = drawn("abcde", [14, 14, 7, 0, 14])
    found = [
        (one.get("class"), int(one.get("x")) // WIDTH - 1, int(one.get("width")) // WIDTH)
        for one in root.findall(f"{SVG}rect")[1:]
    ]
    assert found == [("p14", 0, 2), ("p0", 3, 1), ("p14", 4, 1)]


def test_what_xml_cannot_carry_is_replaced_one_for_one():
    text = "a\0\x01\x9f\u202e\ud7ff\u0301b"
    (line,) = lines(drawn(text, [7] * len(text)))
    assert len(line) == len(text)
    assert line[0] == "a" and line[-1] == "b"
