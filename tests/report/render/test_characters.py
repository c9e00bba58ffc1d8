import pytest

from report.render.characters import character_name, glyph, is_invisible, script
from report.resources import resources


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ('"', "quote"),
        ("\n", "newline"),
        ("a", "letter a"),
        ("É", "capital É"),
        ("7", "digit 7"),
        ("€", "euro sign €"),
        ("\x07", "character U+0007"),
        ("\ue000", "character U+E000"),
    ],
)
def test_names_are_words(character, name):
    assert character_name(character) == name


@pytest.mark.parametrize(
    ("character", "shown"),
    [(" ", "␣"), ("\n", "↵"), ("\t", "⇥"), ("\u0301", "◌\u0301"), ("x", "x"), ("\u202e", "U+202E")],
)
def test_glyphs_can_be_seen(character, shown):
    assert glyph(character) == shown


@pytest.mark.parametrize(
    "character", list("\u202a\u202e\u2066\u200b\u200d\ufeff\u00ad\u061c\u180e\x00")
)
def test_trojan_source_characters_are_invisible(character):
    assert is_invisible(character)


def test_the_scripts_names_are_these():
    written = (resources().site_src / "assets" / "characters.js").read_text(encoding="utf-8")
    assert written == script(), "run `make palette`"
