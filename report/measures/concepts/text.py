"""Concepts of any text: characters, words, lines, quotation marks."""

import unicodedata

import numpy as np

from report.measures.concepts.library import (
    Bools,
    Values,
    codes,
    concept,
    following,
    previous,
    run_position,
    since,
    where,
)

VOWELS = frozenset("aeiouáéíóúüàèìòùâêîôûäëïöAEIOUÁÉÍÓÚÜÀÈÌÒÙÂÊÎÔÛÄËÏÖ")
FARTHEST = 100  # distances count to here; beyond, "far" is all a bounded unit can say


def newlines(text: str) -> Bools:
    """(T,) true on a line end: LF, or CR not followed by LF (decided from what was read)."""
    return where(text, lambda character: character in "\n\r")


def is_letter(text: str) -> Bools:
    """(T,) letters of any script."""
    return where(text, str.isalpha)


def _distance(mask: Bools) -> Values:
    return np.minimum(since(mask), FARTHEST).astype(np.float32)


@concept("letter", "on a letter", "sobre una letra")
def letter(text: str) -> Bools:
    return is_letter(text)


@concept("vowel", "on a vowel", "sobre una vocal")
def vowel(text: str) -> Bools:
    return where(text, VOWELS.__contains__)


@concept("upper case", "on a capital letter", "sobre una mayúscula")
def upper_case(text: str) -> Bools:
    return where(text, str.isupper)


@concept("lower case", "on a small letter", "sobre una minúscula")
def lower_case(text: str) -> Bools:
    return where(text, str.islower)


@concept("digit", "on a digit", "sobre una cifra")
def digit(text: str) -> Bools:
    return where(text, str.isdigit)


@concept("punctuation", "on a punctuation mark", "sobre un signo de puntuación")
def punctuation(text: str) -> Bools:
    return where(text, lambda character: unicodedata.category(character)[0] in "PS")


@concept("space", "on a space", "sobre un espacio")
def space(text: str) -> Bools:
    return where(text, lambda character: character == " ")


@concept("newline", "on a newline", "sobre un salto de línea")
def newline(text: str) -> Bools:
    return newlines(text)


@concept(
    "repeated character", "on a character equal to the one before", "sobre un carácter repetido"
)
def repeated_character(text: str) -> Bools:
    points = codes(text)
    equal: Bools = points == np.roll(points, 1)
    equal[:1] = False
    return equal


@concept("word start", "on the first letter of a word", "sobre la primera letra de una palabra")
def word_start(text: str) -> Bools:
    start: Bools = run_position(is_letter(text)) == 1
    return start


@concept("inside word", "inside a word, after its first letter", "dentro de una palabra")
def inside_word(text: str) -> Bools:
    return run_position(is_letter(text)) > 1


@concept("long word", "on the sixth or a later letter of a word", "en la sexta letra o después")
def long_word(text: str) -> Bools:
    return run_position(is_letter(text)) > 5


@concept("word position", "the farther inside a word", "cuanto más dentro de una palabra", "number")
def word_position(text: str) -> Values:
    return np.minimum(run_position(is_letter(text)), FARTHEST).astype(np.float32)


@concept(
    "capitalised word", "inside a word that began with a capital", "en una palabra con mayúscula"
)
def capitalised_word(text: str) -> Bools:
    letters = is_letter(text)
    start = np.maximum(np.arange(len(text)) - np.maximum(run_position(letters) - 1, 0), 0)
    return letters & where(text, str.isupper)[start]


@concept("number", "inside a number of two digits or more", "dentro de un número largo")
def number(text: str) -> Bools:
    digits = where(text, str.isdigit)
    return digits & (run_position(digits | where(text, ".,".__contains__)) > 1)


@concept("sentence start", "on the first letter of a sentence", "en el comienzo de una oración")
def sentence_start(text: str) -> Bools:
    starts = np.zeros(len(text), bool)
    ended = False
    for position, character in enumerate(text):
        if character in ".!?":
            ended = True
        elif not (character.isspace() or character in "\"'"):
            starts[position] = ended and character.isalpha()
            ended = False
    return starts


@concept("line start", "on the first character of a line", "en el primer carácter de una línea")
def line_start(text: str) -> Bools:
    ends = newlines(text)
    return previous(ends) & ~ends


@concept("line position", "the farther into the line", "cuanto más avanza la línea", "number")
def line_position(text: str) -> Values:
    return _distance(newlines(text))


@concept(
    "late in line", "after the sixtieth character of a line", "pasado el carácter 60 de la línea"
)
def late_in_line(text: str) -> Bools:
    return since(newlines(text)) > 60


@concept("indentation", "in the blanks that begin a line", "en la sangría de una línea")
def indentation(text: str) -> Bools:
    blank = where(text, " \t".__contains__)
    leading: Bools = blank & (since(newlines(text)) == run_position(blank))
    return leading


def indent_levels(text: str) -> Values:
    """(T,) indentation read so far on the line: one per tab, one per two blanks."""
    leading = indentation(text)
    tabs = leading & where(text, "\t".__contains__)
    size = np.cumsum(np.where(tabs, 2, leading.astype(np.int64)))
    start = np.arange(len(text)) - since(newlines(text))
    before = np.where(start >= 0, size[np.maximum(start, 0)], 0)
    return ((size - before) // 2).astype(np.float32)


@concept("indent level", "the deeper the line is indented", "cuanta más sangría", "number")
def indent_level(text: str) -> Values:
    return indent_levels(text)


@concept("indent above 1", "on a line indented by two levels or more", "con sangría de dos o más")
def indent_above_1(text: str) -> Bools:
    return indent_levels(text) > 1


@concept(
    "indent above 2", "on a line indented by three levels or more", "con sangría de tres o más"
)
def indent_above_2(text: str) -> Bools:
    return indent_levels(text) > 2


@concept(
    "indent above 3", "on a line indented by four levels or more", "con sangría de cuatro o más"
)
def indent_above_3(text: str) -> Bools:
    return indent_levels(text) > 3


@concept("quote", "inside double quotation marks", "dentro de comillas")
def quote(text: str) -> Bools:
    """Toggled by each double quotation mark or by curly ones; a blank line ends the quotation."""
    inside, ends = False, 0
    quoted = np.zeros(len(text), bool)
    for position, character in enumerate(text):
        ends = ends + 1 if character == "\n" else (ends if character in " \t\r" else 0)
        if character == '"':
            inside = not inside
        elif character in "“«":
            inside = True
        elif character in "”»" or ends > 1:
            inside = False
        quoted[position] = inside
    return quoted


@concept(
    "since quote", "the farther from the last quotation mark", "lejos de las comillas", "number"
)
def since_quote(text: str) -> Values:
    return _distance(where(text, '"“”«»'.__contains__))


@concept(
    "after comma", "between a comma and the next word", "entre una coma y la palabra siguiente"
)
def after_comma(text: str) -> Bools:
    comma = where(text, ",;".__contains__)
    return run_position(comma | where(text, str.isspace)) > since(comma)


@concept("web address", "inside a web address", "dentro de una dirección web")
def web_address(text: str) -> Bools:
    """From ``://`` or ``www.`` (known once read) to the next blank, quote or angle bracket."""
    colons, w = where(text, ":".__eq__), where(text, "w".__eq__)
    slash, dot = where(text, "/".__eq__), where(text, ".".__eq__)
    begin = (previous(previous(colons)) & previous(slash) & slash) | (
        dot & previous(w) & previous(previous(w)) & previous(previous(previous(w)))
    )
    end = where(text, lambda character: character.isspace() or character in "\"'<>")
    inside: Bools = since(begin) < since(end)
    return inside & (np.cumsum(begin) > 0)


@concept(
    "newline ahead", "just before a newline", "justo antes de un salto de línea", anticipates=True
)
def newline_ahead(text: str) -> Bools:
    return following(newlines(text))


@concept("word end ahead", "on the last letter of a word", "en la última letra", anticipates=True)
def word_end_ahead(text: str) -> Bools:
    letters = is_letter(text)
    return letters & ~following(letters) & following(np.ones(len(text), bool))


@concept("quote ahead", "just before a quotation mark", "justo antes de comillas", anticipates=True)
def quote_ahead(text: str) -> Bools:
    return following(where(text, '"“”«»'.__contains__))
