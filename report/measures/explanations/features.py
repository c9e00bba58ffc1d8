"""What sentences are made of, on one text: characters by place, yes/no facts, numbers.

Everything at character t depends on the characters up to t alone; concepts that look ahead are left
out. What is chosen (characters, thresholds, strings) is chosen on half A, on what is fitted on
(report/measures/explanations/held_out.py).

Four places say which character stands there: the current one, and one, two and three before it; a
fifth "place" is the next character that the n-gram expects. Of each place a sentence can name a set
(report/measures/explanations/search.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import TextIds
from report.measures.concepts.library import Bools, ConceptTable, Values
from report.measures.explanations.numbers import numbers_of
from report.measures.explanations.symbols import LEAST, Symbols, symbols_of

BACK = 4  # the current character and three before it
EXPECTED = BACK  # the place of the expected character
PLACES = BACK + 1
QUANTILES = (0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9)
LONGEST_STRING = 4
LEAST_STRING = 40  # times on half A
MORE = 1.05  # a string is left out where its end is hardly more frequent
STRINGS = 200
# what places, thresholds and numbers say in finer steps
LEFT_OUT = (
    *("letter", "vowel", "upper case", "lower case", "digit", "punctuation", "space", "newline"),
    *("late in line", "long word", "repeated character"),
    *(f"{what} depth from {depth}" for what in ("tag", "bracket") for depth in range(2, 6)),
    *(f"indent above {level}" for level in range(1, 4)),
)


Rows = slice | NDArray[np.int64]  # some characters of a text


@dataclass(frozen=True)
class Flag:
    """A yes/no fact in words, said and denied."""

    words: str
    denied: str


@dataclass(frozen=True)
class Text:
    """One text, as the vocabulary needs it."""

    ids: TextIds  # (T,)
    context: TextIds  # (S,), read before
    expected: NDArray[np.int64]  # (T,) the next character that the n-gram expects
    table: ConceptTable


@dataclass(frozen=True)
class Facts:
    """A text of T characters in terms of a vocabulary."""

    symbols: NDArray[np.int64]  # (PLACES, T) symbol at each place; G: before the beginning
    flags: NDArray[np.bool_]  # (F, T)
    numbers: Values  # (K, T)

    def at(self, rows: Rows) -> "Facts":
        """Those of some characters."""
        return Facts(self.symbols[:, rows], self.flags[:, rows], self.numbers[:, rows])


@dataclass(frozen=True)
class Vocabulary:
    """All that can be named, chosen on half A of a text."""

    symbols: Symbols
    alphabet: tuple[str, ...]
    concepts: tuple[int, ...]  # columns of the concept table: yes/no
    numbers: tuple[str, ...]  # (K,) words
    thresholds: tuple[tuple[int, float], ...]  # number, bound: "more than"
    strings: tuple[tuple[int, ...], ...]  # ids
    flags: tuple[Flag, ...]  # (F,) concepts, thresholds, strings

    def facts(self, text: Text) -> Facts:
        """What holds at each character of ``text``."""
        ids = np.concatenate([text.context, text.ids]).astype(np.int64)
        size = len(text.ids)
        padded = np.concatenate([np.full(BACK, -1, np.int64), ids])
        places = [padded[len(padded) - size - back : len(padded) - back] for back in range(BACK)]
        numbers = dict(numbers_of(text.table))
        values = np.array([numbers[name] for name in self.numbers], np.float32).reshape(-1, size)
        flags = [
            *(text.table.values[:, column] > 0 for column in self.concepts),
            *(values[number] > bound for number, bound in self.thresholds),
            *(_read(padded, string)[-size:] for string in self.strings),
        ]
        return Facts(
            symbols=self.symbols.of_id[np.array([*places, text.expected])],
            flags=np.array(flags, bool).reshape(-1, size),
            numbers=values,
        )


def vocabulary(text: Text, alphabet: tuple[str, ...], rows: Rows) -> Vocabulary:
    """What can be named, by the characters of ``text`` that are fitted on."""
    table = text.table
    concepts = [
        column
        for column, concept in enumerate(table.concepts)
        if concept.kind == "yes/no"
        and not concept.anticipates
        and concept.name not in LEFT_OUT
        and _varied(table.values[rows, column] > 0)
    ]
    numbers = [
        (words, value) for words, value in numbers_of(text.table) if value[rows].std() > 1e-6
    ]
    thresholds = [
        (number, float(bound))
        for number, (_, value) in enumerate(numbers)
        for bound in _bounds(value[rows])
    ]
    strings = _strings(text.ids[rows])
    names = [table.concepts[column].english for column in concepts]
    words = [numbers[number][0] for number, _ in thresholds]
    flags = [
        *(Flag(name, f"not {name}") for name in names),
        *(
            Flag(f"{word} above {bound:g}", f"{word} at most {bound:g}")
            for word, (_, bound) in zip(words, thresholds, strict=True)
        ),
        *(
            Flag(f"just read «{shown}»", f"not just read «{shown}»")
            for shown in ("".join(visible(alphabet[index]) for index in one) for one in strings)
        ),
    ]
    return Vocabulary(
        symbols=symbols_of(text.ids[rows], alphabet),
        alphabet=alphabet,
        concepts=tuple(concepts),
        numbers=tuple(words for words, _ in numbers),
        thresholds=tuple(thresholds),
        strings=tuple(strings),
        flags=tuple(flags),
    )


def visible(character: str) -> str:
    """A character inside a string; blanks by their usual signs."""
    return {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"}.get(character, character)


def _varied(holds: Bools) -> bool:
    return bool(LEAST <= holds.sum() <= len(holds) - LEAST)


def _bounds(values: Values) -> list[float]:
    """Quantiles that leave enough on both sides."""
    bounds = np.unique(np.quantile(values, QUANTILES, method="lower"))
    return [float(bound) for bound in bounds if _varied(values > bound)]


def _strings(ids: TextIds) -> list[tuple[int, ...]]:
    """Strings of two to ``LONGEST_STRING`` characters that are frequent, most frequent first."""
    seen: list[tuple[int, tuple[int, ...]]] = []
    shorter: dict[tuple[int, ...], int] = {}
    for length in range(2, LONGEST_STRING + 1):
        windows = np.lib.stride_tricks.sliding_window_view(ids, length)
        found, counts = np.unique(windows, axis=0, return_counts=True)
        frequent = counts >= LEAST_STRING
        own = {
            tuple(row): int(count)
            for row, count in zip(found[frequent].tolist(), counts[frequent], strict=True)
        }
        seen += [
            (-count, string)
            for string, count in own.items()
            if length == 2 or shorter.get(string[1:], 0) > MORE * count
        ]
        shorter = own
    return [string for _, string in sorted(seen)[:STRINGS]]


def _read(ids: NDArray[np.int64], string: Sequence[int]) -> Bools:
    """(T,) true where ``string`` ends."""
    found = np.ones(len(ids), bool)
    for back, index in enumerate(reversed(string)):
        found[back:] &= ids[: len(ids) - back] == index
        found[:back] = False
    return found
