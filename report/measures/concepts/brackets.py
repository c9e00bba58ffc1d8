"""Concepts of nesting in any text: how many brackets are open, and which one closes next."""

from functools import lru_cache

import numpy as np

from report.measures.concepts.library import Bools, Values, concept

OPENING = {")": "(", "]": "[", "}": "{"}
FORGOTTEN_AT_BLANK_LINE = "(["  # braces of program text hold blank lines


@lru_cache(maxsize=8)
def open_brackets(text: str) -> tuple[str, ...]:
    """(T,) the opening brackets still open after each character, outermost first.

    A closing bracket closes the nearest one that it fits and everything forgotten inside it; one
    that fits none is passed over. A blank line ends round and square brackets.
    """
    stacks = []
    stack, line_ends = "", 0
    for character in text:
        line_ends = line_ends + 1 if character == "\n" else line_ends * (character in " \t\r")
        if character in OPENING.values():
            stack += character
        elif character in OPENING:
            fitting = stack.rfind(OPENING[character])
            stack = stack[:fitting] if fitting >= 0 else stack
        elif line_ends > 1:
            stack = stack.translate(dict.fromkeys(map(ord, FORGOTTEN_AT_BLANK_LINE)))
        stacks.append(stack)
    return tuple(stacks)


@lru_cache(2)
def _depth(text: str) -> Values:
    depths = np.fromiter(map(len, open_brackets(text)), np.float32, len(text))
    depths.setflags(write=False)
    return depths


def _innermost(text: str, mark: str) -> Bools:
    return np.array([stack.endswith(mark) for stack in open_brackets(text)], bool)


@concept(
    "bracket depth",
    "the more brackets of any kind are open",
    "cuantos más corchetes abiertos",
    "number",
    family="code",
)
def bracket_depth(text: str) -> Values:
    return _depth(text)


@concept(
    "bracket depth from 2", "inside two brackets or more", "dentro de dos corchetes", family="code"
)
def bracket_depth_2(text: str) -> Bools:
    return _depth(text) >= 2


@concept(
    "bracket depth from 3",
    "inside three brackets or more",
    "dentro de tres corchetes",
    family="code",
)
def bracket_depth_3(text: str) -> Bools:
    return _depth(text) >= 3


@concept(
    "bracket depth from 4",
    "inside four brackets or more",
    "dentro de cuatro corchetes",
    family="code",
)
def bracket_depth_4(text: str) -> Bools:
    return _depth(text) >= 4


@concept(
    "innermost bracket round",
    "where the innermost open bracket is round",
    "donde el último abierto es un paréntesis",
    family="code",
)
def innermost_round(text: str) -> Bools:
    return _innermost(text, "(")


@concept(
    "innermost bracket square",
    "where the innermost open bracket is square",
    "donde el último abierto es un corchete",
    family="code",
)
def innermost_square(text: str) -> Bools:
    return _innermost(text, "[")


@concept(
    "innermost bracket brace",
    "where the innermost open bracket is a brace",
    "donde la última abierta es una llave",
    family="code",
)
def innermost_brace(text: str) -> Bools:
    return _innermost(text, "{")
