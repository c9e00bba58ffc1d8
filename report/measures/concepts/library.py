"""The concept library: what a unit's activation is compared with.

A concept is a pure function of a text that gives one value per character: true or false, or a
number. Value ``t`` says what holds *after reading* character ``t`` and depends on nothing later,
so that a network can know it; concepts that look ahead are marked ``anticipates``. Texts may be
malformed (a network wrote them): a scanner never fails, it recovers.

To add a concept, write one function with ``@concept(...)`` in ``text.py``, ``markup.py``
or ``source_code.py`` beside this one, and one test in
tests/report/measures/concepts/test_library.py.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = Literal["yes/no", "number"]
Bools = NDArray[np.bool_]
Values = NDArray[np.float32]
Scanner = Callable[[str], NDArray[np.bool_] | NDArray[np.float32]]
S = TypeVar("S", bound=Scanner)

LIBRARY_MODULES = ("text", "runs", "markup", "source_code", "brackets")


@dataclass(frozen=True)
class Concept:
    """One concept: ``scan(text)`` gives ``len(text)`` values, bool or float32."""

    name: str  # the label, in words that people search for
    english: str  # completes "the unit is high ..."
    spanish: str
    kind: Kind
    scan: Scanner
    anticipates: bool = False  # true where the value depends on later characters
    family: str = "text"  # text, xml, code, pygments, user

    @property
    def slug(self) -> str:
        """File name of the label's page: ASCII; a name in another script is told by its digest."""
        if re.fullmatch(r"[a-z][a-z0-9 -]*", self.name):
            return "-".join(self.name.split())
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:10]
        latin = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", self.name.lower()))
        return f"{latin.strip('-')}-{digest}".lstrip("-")

    def sentence(self, language: str) -> str:
        """The sentence in ``language`` (en or es)."""
        return self.spanish if language == "es" else self.english


@dataclass(frozen=True)
class ConceptTable:
    """All concepts on one text of T characters."""

    concepts: tuple[Concept, ...]  # (C,)
    values: Values  # (T, C); yes/no concepts are 0 and 1

    @property
    def binary(self) -> Bools:
        """(C,) true for yes/no concepts."""
        return np.array([concept.kind == "yes/no" for concept in self.concepts], bool)

    def column(self, name: str) -> Values:
        """(T,) values of the concept called ``name``; KeyError where there is none."""
        names = [concept.name for concept in self.concepts]
        if name not in names:
            raise KeyError(name)
        column: Values = self.values[:, names.index(name)]
        return column


_registry: dict[str, Concept] = {}


def concept(
    name: str,
    english: str,
    spanish: str,
    kind: Kind = "yes/no",
    *,
    anticipates: bool = False,
    family: str = "text",
) -> Callable[[S], S]:
    """Register the decorated scanner under ``name``; a second one of that name is a ValueError."""

    def register(scan: S) -> S:
        if name in _registry:
            raise ValueError(f"two concepts are called {name!r}")
        _registry[name] = Concept(name, english, spanish, kind, scan, anticipates, family)
        return scan

    return register


def library() -> tuple[Concept, ...]:
    """Every concept that comes with Neuronario, in a fixed order: of equally good ones a unit gets
    the first, whichever module was imported first.
    """
    modules = [import_module(f"report.measures.concepts.{name}") for name in LIBRARY_MODULES]
    order = {module.__name__: place for place, module in enumerate(modules)}
    return tuple(sorted(_registry.values(), key=lambda one: order[one.scan.__module__]))


def evaluate(concepts: Sequence[Concept], text: str, lead: str = "") -> ConceptTable:
    """Values of ``concepts`` on ``text``.

    Args:
        concepts: what to evaluate.
        text: T characters.
        lead: what stands before ``text`` in its source; read first, so that nesting and line
            positions are right from the first character on, and cut off the result.
    """
    values = np.zeros((len(text), len(concepts)), np.float32)
    for column, one in enumerate(concepts):
        values[:, column] = one.scan(lead + text)[len(lead) :]
    values.setflags(write=False)
    return ConceptTable(tuple(concepts), values)


def codes(text: str) -> NDArray[np.uint32]:
    """(T,) code points."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def where(text: str, holds: Callable[[str], bool]) -> Bools:
    """(T,) true where ``holds(character)``; called once per distinct character."""
    distinct, inverse = _distinct(text)
    table = np.array([holds(chr(code)) for code in distinct], bool)
    held: Bools = table[inverse]
    return held


@lru_cache(maxsize=4)
def _distinct(text: str) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    distinct, inverse = np.unique(codes(text), return_inverse=True)
    return distinct, inverse.reshape(-1)


def previous(mask: Bools) -> Bools:
    """(T,) the value one character earlier; false at the start."""
    shifted: Bools = np.concatenate([np.zeros(min(1, mask.size), bool), mask[:-1]])
    return shifted


def following(mask: Bools) -> Bools:
    """(T,) the value one character later; false at the end."""
    shifted: Bools = np.concatenate([mask[1:], np.zeros(min(1, mask.size), bool)])
    return shifted


def since(mask: Bools) -> NDArray[np.int64]:
    """(T,) characters since the last true value: 0 on it; counted from the start before any."""
    position = np.arange(mask.size)
    last = np.maximum.accumulate(np.where(mask, position, -1)) if mask.size else position
    return position - last


def run_position(mask: Bools) -> NDArray[np.int64]:
    """(T,) 1, 2, 3 ... along each run of true values; 0 elsewhere."""
    return np.where(mask, since(~mask), 0)
