import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.render.spans import NUL_PICTURE, cells, escape, shown_text
from report.render.templates import environment
from tests.support.hostile_texts import HOSTILE

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=40)


def parsed(markup: str) -> str:
    """What an HTML parser reads: references by the standard, not by Python's Windows-1252 habit."""
    out, rest = [], str(markup)
    while rest:
        head, found, rest = rest.partition("&#")
        out.append(head)
        if found:
            number, _, rest = rest.partition(";")
            assert not 0x80 <= int(number) <= 0x9F and number != "0"  # HTML would change these
            out.append(chr(int(number)))
    return "".join(out)


@given(texts)
def test_escaped_text_parses_to_itself(text):
    assert parsed(escape(text)) == shown_text(text)


@given(texts)
def test_escaped_text_has_no_markup(text):
    assert not set(escape(text).replace("&#", "")) & set("<>&\"'`*_[]{}|\\~^!$@\n\r\t\0")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_round_trip(text):
    assert parsed("".join(cell.html for cell in cells(text))) == shown_text(text)


@given(texts)
def test_one_cell_a_character(text):
    made = cells(text)
    assert len(made) == len(text)
    assert [parsed(cell.html) for cell in made] == list(shown_text(text))


def test_python_reads_the_references_as_well():
    assert (
        html.unescape(str(escape("<a href='x'>&\u202e\U0001f600")))
        == "<a href='x'>&\u202e\U0001f600"
    )


def test_newlines_stay_newlines_in_the_page():
    assert [str(cell.html) for cell in cells("a\nb")] == ["a", "\n", "b"]


@pytest.mark.parametrize(
    ("text", "kind", "mark"),
    [
        ("\n", "n", ""),
        ("\t", "t", ""),
        (" ", "w", ""),
        ("x", "", ""),
        ("\u202e", "f", "U+202E"),
        ("\u200b", "f", "U+200B"),
        ("\u00a0", "f", "U+00A0"),
        ("\x1b", "f", "␛"),
        ("\x9b", "f", "U+009B"),
        ("\r", "f b", "␍"),
        ("\u2028", "f b", "U+2028"),
        ("\0", "f sub", "␀"),
        ("␀", "", ""),
    ],
)
def test_kind_and_mark(text, kind, mark):
    assert (cells(text)[0].kind, parsed(cells(text)[0].mark)) == (kind, mark)


def test_carriage_return_before_newline_does_not_end_the_line_twice():
    assert [cell.kind for cell in cells("\r\n\r")] == ["f", "n", "f b"]


def test_only_nul_is_substituted():
    everything = "".join(chr(n) for n in range(0x3000) if not 0xD800 <= n < 0xE000)
    assert shown_text(everything) == everything.replace("\0", NUL_PICTURE)


def test_templates_escape_whatever_they_print():
    template = environment().from_string('<b title="{{ value }}">{{ value }}</b>')
    assert template.render(value='<i>*"\n') == '<b title="{0}">{0}</b>'.format(
        "&#60;i&#62;&#42;&#34;&#10;"
    )
