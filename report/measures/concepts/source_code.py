"""Concepts of program text: brackets, string literals, comments, preprocessor lines."""

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from report.measures.concepts.library import Bools, Values, concept, run_position, where

CODE, STRING, CHARACTER, BLOCK_COMMENT, LINE_COMMENT = range(5)


@lru_cache(maxsize=8)
def scan_code(text: str) -> NDArray[np.uint8]:
    """(T,) state after each character, read as C.

    Literals end with the line, a backslash hides the next character, nothing else opens inside a
    comment.
    """
    states = np.zeros(len(text), np.uint8)
    state, hidden, before = CODE, False, ""
    for position, character in enumerate(text):
        read = character  # what the next character may pair with
        if hidden:
            hidden = False
        elif state in (STRING, CHARACTER):
            hidden = character == "\\"
            if character in ("\n", '"' if state == STRING else "'"):
                state = CODE
        elif state == BLOCK_COMMENT:
            if before == "*" and character == "/":
                state, read = CODE, ""  # "*/*" does not open again
        elif state == LINE_COMMENT:
            state = CODE if character == "\n" else state
        elif character in "*/\"'":
            state = _opened(before, character)
            read = "" if state == BLOCK_COMMENT else character  # "/*/" does not close at once
        states[position] = state
        before = read
    states.setflags(write=False)
    return states


def _opened(before: str, character: str) -> int:
    if before == "/" and character in "*/":
        return BLOCK_COMMENT if character == "*" else LINE_COMMENT
    if character == '"':
        return STRING
    # the apostrophe of "don't" is no literal; one after a letter never is in C either
    if character == "'" and not before.isalnum():
        return CHARACTER
    return CODE


def bracket_depth(text: str, opening: str, closing: str, *, ends_at_blank_line: bool) -> Values:
    """(T,) brackets open after each character; never negative."""
    blank_line = "|\n[ \t\r]*\n" if ends_at_blank_line else ""
    depth, places, depths = 0, [0], [0]
    for event in re.finditer(f"[{re.escape(opening + closing)}]{blank_line}", text):
        found = event[0]
        if found in opening:
            depth += 1
        else:
            depth = max(0, depth - 1) if found in closing else 0
        places.append(event.end() - 1)
        depths.append(depth)
    return np.repeat(np.array(depths, np.float32), np.diff([*places, len(text)]))


@concept("parentheses", "inside parentheses", "entre paréntesis", family="code")
def parentheses(text: str) -> Bools:
    return bracket_depth(text, "(（", ")）", ends_at_blank_line=True) > 0


@concept(
    "nested parentheses", "inside two pairs of parentheses", "entre dos paréntesis", family="code"
)
def nested_parentheses(text: str) -> Bools:
    return bracket_depth(text, "(", ")", ends_at_blank_line=True) > 1


@concept("square brackets", "inside square brackets", "entre corchetes", family="code")
def square_brackets(text: str) -> Bools:
    return bracket_depth(text, "[", "]", ends_at_blank_line=True) > 0


@concept("braces", "inside braces", "entre llaves", family="code")
def braces(text: str) -> Bools:
    return bracket_depth(text, "{", "}", ends_at_blank_line=False) > 0


@concept(
    "brace depth", "the deeper the braces are nested", "cuantas más llaves", "number", family="code"
)
def brace_depth(text: str) -> Values:
    return bracket_depth(text, "{", "}", ends_at_blank_line=False)


@concept(
    "string literal", "inside a string of program text", "en un literal de texto", family="code"
)
def string_literal(text: str) -> Bools:
    literal: Bools = scan_code(text) == STRING
    return literal


@concept(
    "code comment", "inside a comment of program text", "en un comentario de código", family="code"
)
def code_comment(text: str) -> Bools:
    comment: Bools = scan_code(text) >= BLOCK_COMMENT
    return comment


@concept(
    "preprocessor line", "on a line that begins with #", "en una línea con # inicial", family="code"
)
def preprocessor_line(text: str) -> Bools:
    """From the ``#`` that begins a line to the line's end, a backslash continues the line."""
    on_line = np.zeros(len(text), bool)
    inside, before = False, "\n"
    for position, character in enumerate(text):
        if character == "#" and before == "\n":
            inside = True
        elif character == "\n" and before != "\\":
            inside = False
        on_line[position] = inside
        before = character
    return on_line


@concept(
    "identifier", "inside a name of letters, digits and _", "en un identificador", family="code"
)
def identifier(text: str) -> Bools:
    return run_position(where(text, lambda c: c.isalnum() or c == "_")) > 1


@concept(
    "underscore name", "in a name after its first underscore", "tras un guion bajo", family="code"
)
def underscore_name(text: str) -> Bools:
    name = where(text, lambda c: c.isalnum() or c == "_")
    underscores = np.cumsum(where(text, "_".__eq__))
    start = np.maximum(np.arange(len(text)) - np.maximum(run_position(name) - 1, 0), 0)
    at_start = where(text, "_".__eq__)[start].astype(np.int64) if text else underscores
    return name & (underscores > underscores[start] - at_start)
