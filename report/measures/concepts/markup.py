"""Concepts of mark-up: tags, attributes, nesting. One scanner that forgives every error."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from report.measures.concepts.library import Bools, Values, concept, following, since, where
from report.measures.concepts.text import FARTHEST

# Where a reader is after a character. Plain integers: an enumeration makes the scan four times
# slower.
TEXT = 0
OPENED = 1  # just after "<"
NAME = 2  # in the name of an opening tag
CLOSING = 3  # in a closing tag, from its slash on
BETWEEN = 4  # in a tag, between attributes
ATTRIBUTE = 5  # in an attribute's name
EQUALS = 6  # after the equals sign, before the quotation mark
VALUE = 7  # in an attribute's value, opening mark included
DECLARATION = 8  # <! ... > and <? ... >
EMPTY = 9  # after the slash of <name ... />
COMMENT = 10
CDATA = 11

NOT_OPENING = (EMPTY, CLOSING, DECLARATION, OPENED)  # states whose ">" opens no element


@dataclass(frozen=True)
class MarkUp:
    """What one pass over a text finds; both arrays are read-only."""

    state: NDArray[np.uint8]  # (T,) state after each character
    depth: NDArray[np.int32]  # (T,) elements open after each character, never negative


@lru_cache(maxsize=8)
def scan_markup(text: str) -> MarkUp:
    """Read ``text`` as mark-up.

    Malformed input never fails: ``<`` always begins a new tag except in a comment or CDATA
    section, and a closing tag too many leaves depth 0.
    """
    states = np.zeros(len(text), np.uint8)
    depths = np.zeros(len(text), np.int32)
    state, depth, mark = TEXT, 0, ""
    for position, character in enumerate(text):
        if state == TEXT:
            if character == "<":
                state = OPENED
        elif state >= COMMENT:
            ending = "-->" if state == COMMENT else "]]>"
            if character == ">" and text[position - 2 : position + 1] == ending:
                state = TEXT
        elif character == "<":
            state = OPENED
        elif state == VALUE:
            state = BETWEEN if character == mark else VALUE
        elif character == ">":
            depth += state not in NOT_OPENING
            depth -= state == CLOSING and depth > 0
            state = TEXT
        elif state == DECLARATION:
            state = _declaration(text[max(0, position - 8) : position + 1])
        elif state != CLOSING:
            mark = character
            state = _opened(character) if state == OPENED else _inside_tag(state, character)
        states[position] = state
        depths[position] = depth
    states.setflags(write=False)
    depths.setflags(write=False)
    return MarkUp(states, depths)


def _declaration(read: str) -> int:
    if read.endswith("<!--"):
        return COMMENT
    return CDATA if read.endswith("<![CDATA[") else DECLARATION


def _opened(character: str) -> int:
    if character == "/":
        return CLOSING
    if character in "!?":
        return DECLARATION
    # "a < b": a blank after the bracket is no tag
    return TEXT if character.isspace() else NAME


def _inside_tag(state: int, character: str) -> int:
    if character.isspace():
        return EQUALS if state == EQUALS else BETWEEN
    if character in "\"'":
        return VALUE
    special = {"/": EMPTY, "=": EQUALS}
    return special.get(character, NAME if state == NAME else ATTRIBUTE)


def _in_states(text: str, *states: int) -> Bools:
    inside: Bools = np.isin(scan_markup(text).state, states)
    return inside


@concept("inside tag", "inside a tag, between < and >", "dentro de una etiqueta", family="xml")
def inside_tag(text: str) -> Bools:
    state = scan_markup(text).state
    inside: Bools = (state > TEXT) & (state < COMMENT)
    return inside


@concept("tag name", "in the name of an opening tag", "en el nombre de una etiqueta", family="xml")
def tag_name(text: str) -> Bools:
    return _in_states(text, NAME)


@concept("closing tag", "inside a closing tag", "dentro de una etiqueta de cierre", family="xml")
def closing_tag(text: str) -> Bools:
    return _in_states(text, CLOSING)


@concept(
    "attribute name", "in the name of an attribute", "en el nombre de un atributo", family="xml"
)
def attribute_name(text: str) -> Bools:
    return _in_states(text, ATTRIBUTE)


@concept("attribute value", "inside an attribute value", "en el valor de un atributo", family="xml")
def attribute_value(text: str) -> Bools:
    return _in_states(text, VALUE)


@concept("element text", "in text between tags", "en el texto entre etiquetas", family="xml")
def element_text(text: str) -> Bools:
    """Between tags, once something other than white space was read there, inside an element."""
    markup = scan_markup(text)
    outside = markup.state == TEXT
    solid = outside & ~where(text, lambda c: c.isspace() or c == ">")
    began: Bools = since(solid) < since(~outside | where(text, ">".__eq__))
    own_text: Bools = outside & (markup.depth > 0) & began
    return own_text


@concept("comment", "inside a comment", "dentro de un comentario", family="xml")
def comment(text: str) -> Bools:
    """Mark-up comments and CDATA sections."""
    return _in_states(text, COMMENT, CDATA)


@concept("entity", "inside an entity such as &amp;", "dentro de una entidad", family="xml")
def entity(text: str) -> Bools:
    """From ``&`` until ``;``, a blank, or ten characters."""
    started = since(where(text, "&".__eq__))
    ended = since(where(text, lambda c: c in ";<>\"'" or c.isspace()))
    seen = np.maximum.accumulate(where(text, "&".__eq__)) if text else np.zeros(0, bool)
    return seen & (started < ended) & (started <= 10)


@concept(
    "tag depth", "the deeper the elements are nested", "cuanto más anidado", "number", family="xml"
)
def tag_depth(text: str) -> Values:
    return scan_markup(text).depth.astype(np.float32)


@concept("tag depth from 2", "inside two elements or more", "dentro de dos elementos", family="xml")
def tag_depth_2(text: str) -> Bools:
    return scan_markup(text).depth >= 2


@concept(
    "tag depth from 3", "inside three elements or more", "dentro de tres elementos", family="xml"
)
def tag_depth_3(text: str) -> Bools:
    return scan_markup(text).depth >= 3


@concept(
    "tag depth from 4", "inside four elements or more", "dentro de cuatro elementos", family="xml"
)
def tag_depth_4(text: str) -> Bools:
    return scan_markup(text).depth >= 4


@concept(
    "tag depth from 5", "inside five elements or more", "dentro de cinco elementos", family="xml"
)
def tag_depth_5(text: str) -> Bools:
    return scan_markup(text).depth >= 5


@concept(
    "since tag",
    "the farther from the last <",
    "cuanto más lejos del último <",
    "number",
    family="xml",
)
def since_tag(text: str) -> Values:
    return np.minimum(since(where(text, "<".__eq__)), FARTHEST).astype(np.float32)


@concept("after tag", "in the blanks after a tag", "en los blancos tras una etiqueta", family="xml")
def after_tag(text: str) -> Bools:
    blank = where(text, str.isspace)
    before = np.maximum(np.arange(len(text)) - since(~blank), 0)  # the last that is not blank
    ended: Bools = where(text, ">".__eq__)[before]
    return blank & ended & _in_states(text, TEXT)


@concept("tag end ahead", "just before a >", "justo antes de >", anticipates=True, family="xml")
def tag_end_ahead(text: str) -> Bools:
    return following(where(text, ">".__eq__))


@concept("tag ahead", "just before a <", "justo antes de <", anticipates=True, family="xml")
def tag_ahead(text: str) -> Bools:
    return following(where(text, "<".__eq__))
