"""Every concept against text with hand-marked truth: ``1`` under each character where it holds."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config.schema import ConceptConfig, ReportConfig
from jobs.errors import ExitCode, NeuronarioError
from report.measures.concepts import user as concepts_user
from report.measures.concepts.library import evaluate, library
from report.measures.concepts.source_code import bracket_depth
from report.measures.concepts.user import all_concepts, pattern_concept

CONCEPTS = {one.name: one for one in library()}

# name, text, truth (or digits of a number, one per character)
MARKED = [
    ("letter", "a1 é-", "10010"),
    ("vowel", "bad é", "01001"),
    ("upper case", "aBÉ1", "0110"),
    ("lower case", "aBé1", "1010"),
    ("digit", "a1b23", "01011"),
    ("punctuation", "a,b <c>", "0100101"),
    ("space", "a b\tc", "01000"),
    ("newline", "a\nb\r\n", "01011"),
    ("repeated character", "aab  c", "010010"),
    ("word start", "ab cd1e", "1001001"),
    ("inside word", "abc de", "011001"),
    ("long word", "abcdefgh", "00000111"),
    ("word position", "abc de", "123012"),
    ("capitalised word", "Abc dE Ff", "111000011"),
    ("number", "a12 3 4.5", "001000001"),
    ("sentence start", "Hi. Yes! 1 no", "0000100000000"),
    ("line start", "ab\ncd\n\ne", "00010001"),
    ("line position", "ab\ncde", "120123"),
    ("indentation", "  a b\n\tc", "11000010"),
    ("indent level", "    a\n\tb\nc", "0112201100"),
    ("indent above 1", "\t\ta\nb", "01100"),
    ("indent above 2", "\t\t\ta\n", "00110"),
    ("indent above 3", "\t\t\t\ta", "00011"),
    ("quote", 'a"bc"d', "011100"),
    ("quote", 'a"b\n\nc', "011100"),  # a blank line ends a forgotten quotation
    ("quote", "a“b”c", "01100"),
    ("since quote", 'ab"cd"e', "1201201"),
    ("after comma", "a, b,c", "011010"),
    ("web address", "x http://a b www.c d", "00000000110000001100"),
    ("newline ahead", "ab\nc", "0100"),
    ("word end ahead", "ab c", "0100"),
    ("quote ahead", 'ab"c"', "01010"),
    ("run length", "aab  c", "121121"),
    ("run difference", "aaabb b", "1232101"),  # counts up, then down
    ("run difference", "a##  #", "101001"),
    ("inside tag", "a<b c='>'>d", "01111111100"),
    ("tag name", "<ab c=1></ab>", "0110000000000"),
    ("closing tag", "<a>b</a>c", "000001100"),
    ("attribute name", '<a bc="d">', "0001100000"),
    ("attribute value", '<a b="cd" e=\'f"\'>', "00000111000011100"),
    ("attribute value", '<a b="c<d>', "0000011000"),  # "<" begins again: the quote was forgotten
    ("element text", "<a>\n bc d</a>e", "00000111100000"),
    ("comment", "<!-- a > -->b", "0001111111100"),
    ("comment", "<![CDATA[<a>]]>b", "0000000011111100"),
    ("entity", "a&lt;b & c", "0111000100"),
    ("tag depth", "<a><b/><c></c></a></a>x", "00111111122221111000000"),
    ("tag depth from 2", "<a><b>c</b>", "00000111110"),
    ("since tag", "<a><", "0120"),
    ("after tag", "<a> \tb <", "00011000"),
    ("tag end ahead", "<a>b", "0100"),
    ("tag ahead", "a<b", "100"),
    ("parentheses", "a(b(c)d)e", "011111100"),
    ("parentheses", "a(b\n\nc", "011100"),  # a blank line ends a forgotten bracket
    ("nested parentheses", "(a(b)c)", "0011000"),
    ("square brackets", "a[b]c", "01100"),
    ("braces", "a{b\n\n}c", "0111100"),
    ("brace depth", "{a{b}}}", "1122100"),
    ("string literal", 'a="b\\"c";', "001111100"),
    ("string literal", 'a="b\nc', "001100"),  # a literal ends with its line
    ("string literal", '\'"\' "a"', "0000110"),
    ("code comment", "a/*b*/c//d\ne", "001110001100"),
    ("code comment", '"/*"a', "00000"),
    ("preprocessor line", "#a\\\nb\nc#d", "111110000"),
    ("identifier", "a_b1 c", "011100"),
    ("underscore name", "ab_cd e", "0011100"),
    ("bracket depth", "a(b[{c}])d)", "01123321000"),
    ("bracket depth", "([a)b", "12200"),  # what was forgotten inside is closed with it
    ("bracket depth", "({\n\na", "12211"),  # a blank line ends round and square ones only
    ("bracket depth from 2", "([])", "0100"),
    ("innermost bracket round", "(a[b](c{d})e)", "1100111001110"),
    ("innermost bracket square", "(a[b]c)", "0011000"),
    ("innermost bracket brace", "{a(b)}", "110010"),
]


@pytest.mark.parametrize(("name", "text", "truth"), MARKED)
def test_marked_truth(name, text, truth):
    found = np.asarray(CONCEPTS[name].scan(text)).astype(int)
    assert "".join(map(str, found)) == truth, name


def test_every_concept_has_a_marked_text_and_both_languages():
    deep = {f"tag depth from {depth}" for depth in (3, 4, 5)}
    derived = {"late in line", *deep, "bracket depth from 3", "bracket depth from 4"}
    assert {name for name, _, _ in MARKED} | derived == set(CONCEPTS)
    for one in CONCEPTS.values():
        assert one.english and one.spanish and one.english != one.spanish
        assert one.sentence("es") == one.spanish
    assert len({one.slug for one in CONCEPTS.values()}) == len(CONCEPTS)


def test_late_in_line_and_deep_nesting():
    assert CONCEPTS["late in line"].scan("\n" + "a" * 61).tolist() == [False] * 61 + [True]
    deep = "<a><a><a><a><a>x"
    for depth in (3, 4, 5):
        found = CONCEPTS[f"tag depth from {depth}"].scan(deep)
        assert found.tolist() == [place >= 3 * depth - 1 for place in range(len(deep))]
    for depth in (3, 4):
        found = CONCEPTS[f"bracket depth from {depth}"].scan("([({x")
        assert found.tolist() == [place >= depth - 1 for place in range(5)]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab1 \n\r\t\"'<>/=!?-[]CDAT&;(){}#\\*_.,:w“”é\u202e😀\x00"), st.data())
def test_any_text_scans_and_nothing_looks_ahead_unless_it_says_so(text, data):
    cut = data.draw(st.integers(0, len(text)))
    for one in CONCEPTS.values():
        whole = np.asarray(one.scan(text))
        assert len(whole) == len(text), one.name
        assert whole.dtype == (np.bool_ if one.kind == "yes/no" else np.float32), one.name
        if not one.anticipates:
            assert np.array_equal(one.scan(text[:cut]), whole[:cut]), one.name


def test_lead_gives_the_nesting_at_the_start():
    table = evaluate([CONCEPTS["tag depth"]], "x</a>", lead="<a><b>")
    assert table.column("tag depth").tolist() == [2, 2, 2, 2, 1]
    with pytest.raises(KeyError):
        table.column("no such")


def report(**keys):
    return ReportConfig(**keys)


def test_user_pattern_marks_its_matches():
    config = report(concepts=(ConceptConfig(name="year", pattern="[12][0-9]{3}"),))
    year = all_concepts(config)[-1]
    assert (year.name, year.family, year.anticipates) == ("year", "user", True)
    assert year.scan("in 1999, 12").tolist() == [False] * 3 + [True] * 4 + [False] * 4


def test_pattern_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(concepts_user, "SECONDS", 0.3)
    config = report(concepts=(ConceptConfig(name="bad", pattern="(a+)+b"),))
    with pytest.raises(NeuronarioError, match="repeats inside repeats") as caught:
        all_concepts(config)[-1].scan("a" * 60)
    assert caught.value.code == ExitCode.BAD_CONFIG


def test_a_name_that_is_taken_is_refused():
    config = report(concepts=(ConceptConfig(name="quote", pattern="a"),))
    with pytest.raises(NeuronarioError, match="two concepts are called 'quote'") as caught:
        all_concepts(config)
    assert caught.value.code == ExitCode.BAD_CONFIG


def test_token_kinds_of_a_language():
    found = {one.name: one for one in all_concepts(report(pygments="c"))}
    text = "int f; /* x */"
    assert found["c comment"].scan(text).tolist() == [False] * 7 + [True] * 7
    assert len(found["c keyword"].scan(text)) == len(text)


@pytest.mark.parametrize("name", ["год издания", "年", "سنة", "Year", "über uns"])
def test_a_name_in_any_script_has_an_address_of_its_own(name: str) -> None:
    slug = pattern_concept(ConceptConfig(name=name, pattern="a")).slug
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", slug)
    assert slug != pattern_concept(ConceptConfig(name=f"{name} b", pattern="a")).slug


def depth_character_by_character(text, opening, closing, ends_at_blank_line):
    depths, depth, line_ends = [], 0, 0
    for character in text:
        line_ends = line_ends + 1 if character == "\n" else line_ends * (character in " \t\r")
        if character in opening:
            depth += 1
        elif character in closing or (ends_at_blank_line and line_ends > 1):
            depth = 0 if line_ends > 1 else max(0, depth - 1)
        depths.append(depth)
    return depths


@given(st.text("(a)（）\n\n \t\r"), st.booleans())
def test_bracket_depth_is_that_of_a_plain_walk(text, ends):
    found = bracket_depth(text, "(（", ")）", ends_at_blank_line=ends)
    assert found.tolist() == depth_character_by_character(text, "(（", ")）", ends)
