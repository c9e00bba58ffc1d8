"""The alphabet as sentences see it: classes of characters, and which characters can be named."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, TextIds
from report.measures.concepts.text import VOWELS

LEAST = 20  # characters of half A on which anything nameable holds, and does not hold
NAMED = 96  # characters that can be named; the others belong to their classes


def _is_vowel(character: str) -> bool:
    return character in VOWELS


def _is_consonant(character: str) -> bool:
    return character.isalpha() and character not in VOWELS


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


CLASSES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("a letter", str.isalpha),
    ("a small letter", str.islower),
    ("a capital", str.isupper),
    ("a vowel", _is_vowel),
    ("a consonant", _is_consonant),
    ("a digit", str.isdigit),
    ("a blank", str.isspace),
    ("a punctuation mark", _is_mark),
)


@dataclass(frozen=True)
class Symbols:
    """The alphabet as sentences see it: G symbols, a named character each or all those that are
    not named and belong to the same classes.
    """

    of_id: NDArray[np.int64]  # (V + 1,) symbol of each character id; last: no character, G
    items: tuple[str, ...]  # (I,) class names, then characters
    classes: int  # how many of the items are classes
    members: Float  # (I, G) 1 where a symbol belongs to an item

    @property
    def count(self) -> int:
        """G."""
        return int(self.members.shape[1])

    @cached_property
    def belongs(self) -> NDArray[np.bool_]:
        """(I, G + 1) the same as yes and no; the last column, no character, is in nothing."""
        nothing = np.zeros((len(self.members), 1), bool)
        return np.concatenate([self.members > 0, nothing], 1)

    @cached_property
    def _any_of(self) -> dict[tuple[int, ...], NDArray[np.bool_]]:
        return {}

    def any_of(self, items: tuple[int, ...]) -> NDArray[np.bool_]:
        """(G + 1,) the symbols that belong to one of ``items``; searches ask for the same again and
        again, so it is kept. Not to be written to.
        """
        found = self._any_of.get(items)
        if found is None:
            found = self._any_of[items] = np.asarray(self.belongs[list(items)].any(0))
        return found


def symbols_of(ids: TextIds, alphabet: tuple[str, ...]) -> Symbols:
    """Characters seen often enough on half A are named, the most frequent first in doubt."""
    counts = np.bincount(ids, minlength=len(alphabet))
    order = np.argsort(-counts, kind="stable")
    named = sorted(int(index) for index in order[:NAMED] if counts[index] >= LEAST // 2)
    belongs = np.array([[holds(one) for one in alphabet] for _, holds in CLASSES], bool)
    of_id = np.full(len(alphabet) + 1, -1, np.int64)
    of_id[named] = np.arange(len(named))
    groups: dict[bytes, int] = {}
    for index in range(len(alphabet)):
        if of_id[index] < 0:
            key = belongs[:, index].tobytes()
            of_id[index] = groups.setdefault(key, len(named) + len(groups))
    size = len(named) + len(groups)
    of_id[-1] = size
    members = np.zeros((len(CLASSES), size), np.float32)
    for index in range(len(alphabet)):
        members[:, of_id[index]] = belongs[:, index]
    several = members.sum(1) > 1
    characters = np.eye(size, dtype=np.float32)[: len(named)]
    classes = [name for (name, _), kept in zip(CLASSES, several, strict=True) if kept]
    return Symbols(
        of_id=of_id,
        items=(*classes, *(alphabet[index] for index in named)),
        classes=len(classes),
        members=np.concatenate([members[several], characters]),
    )
