"""What a character is called and how it is shown where it would not be seen.

Characters are code points throughout: one symbol of the network's alphabet, one span on a page.
"""

import json
import re
import unicodedata
from functools import cache

NAMES = {
    " ": "space",
    "\n": "newline",
    "\t": "tab",
    "\r": "carriage return",
    '"': "quote",
    "'": "apostrophe",
    "<": "less-than sign",
    ">": "greater-than sign",
    "&": "ampersand",
    "=": "equals sign",
    "/": "slash",
    "\\": "backslash",
    "-": "hyphen",
    "_": "underscore",
    ".": "full stop",
    ",": "comma",
    ";": "semicolon",
    ":": "colon",
    "!": "exclamation mark",
    "?": "question mark",
    "#": "number sign",
    "(": "opening parenthesis",
    ")": "closing parenthesis",
    "[": "opening bracket",
    "]": "closing bracket",
    "{": "opening brace",
    "}": "closing brace",
}
GLYPHS = {" ": "␣", "\n": "↵", "\t": "⇥"}
SHOWN_AS = {"␣": " ", "↵": "\n", "⇥": "\t"}  # blanks in the words of a sentence
QUOTED = re.compile("«(.+?)»")

# Default-ignorable characters that are not in category Cf: they take no room either.
_INVISIBLE = frozenset(
    chr(number)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for number in range(first, last + 1)
)


def code_point(character: str) -> str:
    """``U+0041``."""
    return f"U+{ord(character):04X}"


@cache
def is_invisible(character: str) -> bool:
    """Whether a reader could not see it or would see others moved by it.

    Controls, format and bidirectional characters, unusual spaces, unassigned and private ones;
    newline, tab and space have marks of their own and do not count.
    """
    if character in GLYPHS:
        return False
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
        or character in _INVISIBLE
    )


def mark(character: str) -> str:
    """What stands for an invisible character: ``␍`` for a C0 control, else ``U+202E``."""
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    return "␡" if number == 0x7F else code_point(character)


@cache
def glyph(character: str) -> str:
    """How one character is shown alone: ``␣``, ``↵``, ``U+202E``, or itself."""
    if is_invisible(character):
        return mark(character)
    if unicodedata.combining(character):
        return "◌" + character
    return GLYPHS.get(character, character)


def spoken(text: str) -> str:
    """The signs that stand in «guillemets» in ``text``, by name: the search reads no punctuation.

    ``after «</» or one of «<=»`` gives ``less-than sign, slash, equals sign``.
    """
    signs = (SHOWN_AS.get(one, one) for quoted in QUOTED.findall(text) for one in quoted)
    return ", ".join(dict.fromkeys(character_name(sign) for sign in signs if not sign.isalnum()))


@cache
def character_name(character: str) -> str:
    """The character in words that the search finds: ``quote``, ``letter a``, ``digit 7``."""
    if character in NAMES:
        return NAMES[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return f"digit {character}"
    if category == "Lu":
        return f"capital {character}"
    if category[0] == "L":
        return f"letter {character}"
    name = unicodedata.name(character, "").lower()
    return f"{name} {glyph(character)}" if name else f"character {code_point(character)}"


def script() -> str:
    """characters.js: the names and signs for the scripts of a page."""
    known = json.dumps({"names": NAMES, "glyphs": GLYPHS}, indent=2)
    return (
        "/* Written by `make palette`; change report/render/characters.py instead. */\n"
        f"window.neuronarioCharacters = {known};\n"
    )


if __name__ == "__main__":
    from jobs.disk.files import write_text
    from report.resources import resources

    write_text(resources().site_src / "assets" / "characters.js", script())
