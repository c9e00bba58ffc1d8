"""From characters to HTML that carries them exactly.

This is the only module that declares text safe for a page: templates print through ``escape``
(``report/render/templates.py``), and the coloured text is made of its output.

What HTML can carry, and how:

- letters, digits, space and a little punctuation are written as they are;
- everything else is a numeric reference. This also silences Markdown, and keeps bidirectional and
  zero-width characters out of the source of a page, where they could mislead a reader of a diff;
- a reference to U+0080-U+009F would be read as Windows-1252 (HTML standard, 13.2.5.80): these are
  written raw;
- U+0000 cannot be carried at all: it is shown as U+2400 (SYMBOL FOR NULL). This is the only
  substitution; its span has the class ``sub``, so that it stays distinct from a real U+2400.
  ``shown_text`` says what a browser's ``textContent`` of the coloured text will be.

Marks for newline, tab, space and invisible characters are painted by CSS around the real
character, never put into the text.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from report.render.characters import is_invisible, mark

NUL_PICTURE = "␀"
_PLAIN = frozenset(" .,:;()/%+=-−·–…␣↵⇥")


def escape(text: str) -> Markup:
    """``text`` for an HTML element, a quoted attribute, or a Markdown line: one line, no markup."""
    return _safe("".join(map(_reference, text)))


def _safe(html: str) -> Markup:
    """The one place that says so: of references, or of parts that were safe before."""
    return Markup(html)


@cache
def _reference(character: str) -> str:
    number = ord(character)
    if character == "\0":
        return NUL_PICTURE
    if character in _PLAIN or 0x80 <= number <= 0x9F:
        return character
    if character.isalnum() and not is_invisible(character):
        return character
    return f"&#{number};"


def shown_text(text: str) -> str:
    """What ``textContent`` of the coloured text gives: ``text``, but for U+0000 (see above)."""
    return text.replace("\0", NUL_PICTURE)


class Cell(NamedTuple):
    """One character of a coloured text, escaped; the template adds the class of its colour."""

    html: Markup  # the character; a newline is a real one, so that pages diff by lines
    kind: (
        Markup  # CSS classes: n newline, t tab, w space, f invisible, b ends a line, sub substitute
    )
    mark: Markup  # what CSS shows in place of an invisible character (``U+202E``), else empty


def cells(text: str) -> tuple[Cell, ...]:
    """One cell per character."""
    return tuple(_cell(*pair) for pair in pairwise(text + "\0"))


def in_one_line(text: str) -> tuple[Cell, ...]:
    """The same, but a newline keeps its mark and breaks no line."""
    return tuple(
        cell._replace(html=escape(" ")) if "n" in cell.kind.split() else cell
        for cell in cells(text)
    )


@cache
def level_class(prefix: str, level: int) -> Markup:
    """CSS class of a level: ``p0`` ... ``p14`` of a state, ``s0`` ... ``s8`` of a surprise."""
    return escape(f"{prefix}{level}")


LEVEL_SLOT = "@level@"  # in a strip: the class goes here; no escaped text contains an @


def paint(
    strip: Sequence[Markup], levels: Iterable[int], prefix: str, under: Iterable[int] | None = None
) -> Markup:
    """A strip, cut at its ``LEVEL_SLOT``s, with the class of each character's level put in.

    ``under`` are the levels of the bars below the characters, ``NO_BAR`` where there is none.
    """
    head, *rest = strip
    if under is None:
        classes: Iterable[Markup] = (level_class(prefix, level) for level in levels)
    else:
        both = zip(levels, under, strict=True)
        classes = (two_level_class(prefix, level, below) for level, below in both)
    pairs = zip(classes, rest, strict=True)
    return _safe("".join([head, *(part for pair in pairs for part in pair)]))


NO_BAR = -1


@cache
def two_level_class(prefix: str, level: int, under: int) -> Markup:
    """Classes of a character with a bar below it: ``p13 u8``."""
    return escape(f"{prefix}{level}" if under == NO_BAR else f"{prefix}{level} u{under}")


@cache
def _cell(character: str, following: str) -> Cell:
    if character == "\n":
        return Cell(_safe("\n"), escape("n"), escape(""))
    if character in " \t":
        return Cell(escape(character), escape("w" if character == " " else "t"), escape(""))
    if not is_invisible(character):
        return Cell(escape(character), escape(""), escape(""))
    # lone carriage returns and Unicode's own separators end a line as well
    breaks = character in "\x0b\x0c\x85\u2028\u2029" or (character == "\r" and following != "\n")
    kind = "f" + (" b" if breaks else "") + (" sub" if character == "\0" else "")
    return Cell(escape(character), escape(kind), escape(mark(character)))
