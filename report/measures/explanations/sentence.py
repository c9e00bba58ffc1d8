"""From clauses to the sentence that is printed and scored.

Conditions and clauses that tell too little are dropped, values are fitted on half A and rounded as
printed; only then is anything scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array
from report.measures.explanations.clauses import Found
from report.measures.explanations.explanation import Form
from report.measures.explanations.features import Facts, Vocabulary
from report.measures.explanations.search import NONE
from report.measures.explanations.values import Fit
from report.measures.explanations.words import clause_words, sentence_words

SLOPE_DIGITS = 2  # significant

Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class Term:
    """A clause with its values, as printed."""

    found: Found
    value: float
    slope: float  # 0.0 without a number
    worth: float  # share of the variance of half A that goes without it


@dataclass(frozen=True)
class Printed:
    """A sentence that can be said of any text."""

    form: Form
    terms: tuple[Term, ...]
    rest: float
    mean: float  # of the state on half A
    told: float = 0.0  # share of the variance of half A

    @property
    def silent(self) -> "Printed":
        """The mean alone."""
        return self if self.form == "constant" else Printed("rules", (), self.mean, self.mean)

    def text(self, vocabulary: Vocabulary) -> str:
        """The sentence in words."""
        clauses = [
            (words(term, vocabulary), term.value, term.slope, number(term, vocabulary))
            for term in self.terms
        ]
        return sentence_words(self.form, clauses, self.rest)

    def simulate(
        self, facts: Facts, vocabulary: Vocabulary
    ) -> tuple[Array, NDArray[np.int64], Masks]:
        """What it says of the state after each character, two decimals, within -1 and 1; the clause
        that fires (rules: first, scorecard: with the largest term; -1 none); where each holds.
        """
        size = facts.symbols.shape[1]
        holds = np.array([term.found.holds(facts, vocabulary.symbols) for term in self.terms], bool)
        holds = holds.reshape(-1, size)
        said = np.array([_said(term, facts) for term in self.terms]).reshape(-1, size)
        if self.form == "rules":
            first = _first(holds)
            values = np.concatenate([said, np.full((1, size), self.rest)])
            values = np.take_along_axis(values, first[None], 0)[0]
            fires = np.where(first < len(holds), first, -1)
        else:
            said = said * holds
            values = self.rest + said.sum(0)
            if len(holds):
                fires = np.where(holds.any(0), np.abs(said).argmax(0), -1)
            else:
                fires = np.full(size, -1)
        return np.round(np.clip(values, -1.0, 1.0), 2) + 0.0, fires, holds


def words(term: Term, vocabulary: Vocabulary) -> str:
    """The condition of a clause."""
    return clause_words(term.found, vocabulary)


def number(term: Term, vocabulary: Vocabulary) -> str:
    """The number that a clause follows; empty without one."""
    return "" if term.found.number == NONE else vocabulary.numbers[term.found.number]


def printed(
    form: Form, clauses: Sequence[Found], facts: Facts, vocabulary: Vocabulary, states: Array
) -> Printed:
    """The sentence of ``clauses`` for ``states`` (T,), both of half A."""
    if not clauses:
        mean = _rounded(states.mean())
        return Printed(form, (), mean, mean)
    fit = Fit(form, clauses, facts, vocabulary, states)
    kept, worths = fit.pruned(list(clauses))
    if form == "scorecard":
        kept = [fit.turned(found) for found in kept]
    [(values, error)] = fit.values([kept])
    terms = [
        Term(found, _rounded(value), _slope(slope), worth)
        for found, (value, slope), worth in zip(kept, values, worths, strict=False)
    ]
    if form == "scorecard":
        terms.sort(key=lambda term: -term.worth)
    told = 1.0 - error / fit.total
    return Printed(form, tuple(terms), _rounded(values[-1][0]), _rounded(states.mean()), told)


def _said(term: Term, facts: Facts) -> Array:
    if term.found.number == NONE:
        return np.full(facts.symbols.shape[1], term.value)
    line: Array = term.value + term.slope * facts.numbers[term.found.number].astype(np.float64)
    return line


def _first(holds: Masks) -> NDArray[np.int64]:
    """(T,) the first row that holds; their number where none does."""
    fires: NDArray[np.int64] = np.concatenate([holds, np.ones((1, holds.shape[1]), bool)]).argmax(0)
    return fires


def _rounded(value: float) -> float:
    return round(value, 2) + 0.0


def _slope(value: float) -> float:
    return float(f"{value:.{SLOPE_DIGITS}g}")
