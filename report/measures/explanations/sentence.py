"""From clauses to the sentence that is printed and scored.

Conditions and clauses that tell too little are dropped, values are fitted on half A and rounded as
printed; only then is anything scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array
from report.measures.explanations.clauses import CLAUSE, Found, without
from report.measures.explanations.explanation import Form
from report.measures.explanations.features import Facts, Vocabulary
from report.measures.explanations.search import NONE
from report.measures.explanations.symbols import LEAST
from report.measures.explanations.words import clause_words, sentence_words

SPARE = 0.002  # a condition worth less of the variance is dropped
SLOPE_DIGITS = 2  # significant
MOSTLY = 0.5  # a term of several denials that holds more often is said by where it does not

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
    fit = _Fit(form, facts, vocabulary, states)
    kept = fit.pruned(list(clauses))
    if form == "scorecard":
        kept = [fit.turned(found) for found in kept]
    values, error = fit.values(kept)
    worths = [(fit.values(kept[:one] + kept[one + 1 :])[1] - error) for one in range(len(kept))]
    terms = [
        Term(found, _rounded(value), _slope(slope), worth / fit.total)
        for found, (value, slope), worth in zip(kept, values, worths, strict=False)
    ]
    if form == "scorecard":
        terms.sort(key=lambda term: -term.worth)
    return Printed(form, tuple(terms), _rounded(values[-1][0]))


class _Fit:
    """Values of clauses by least squares."""

    def __init__(self, form: Form, facts: Facts, vocabulary: Vocabulary, states: Array) -> None:
        self.form, self.facts, self.vocabulary, self.states = form, facts, vocabulary, states
        self.total = max(float(((states - states.mean()) ** 2).sum()), 1e-12)
        self.known: dict[Found, NDArray[np.bool_]] = {}

    def pruned(self, clauses: list[Found]) -> list[Found]:
        """Without clauses and conditions that tell too little, the least first."""
        while clauses:
            error = self.values(clauses)[1]
            trials = [
                (self.values(one)[1] - error - least * self.total, number, one)
                for number, (least, one) in enumerate(_shorter(clauses))
            ]
            cost, _, best = min(trials, key=lambda trial: trial[:2])
            if cost >= 0:
                return clauses
            clauses = best
        return clauses

    def turned(self, found: Found) -> Found:
        """The complement of a denied term, where that is easier said: the sum is the same."""
        other = found.complement
        if other is None or found.number != NONE:
            return found
        single = len(found.conditions) == 1
        return other if single or self._holding(found).mean() >= MOSTLY else found

    def values(self, clauses: list[Found]) -> tuple[list[tuple[float, float]], float]:
        """Value and slope of each clause, last the rest; and the squares that are left."""
        holds = [self._holding(found) for found in clauses]
        lines = [
            None if found.number == NONE else self.facts.numbers[found.number].astype(np.float64)
            for found in clauses
        ]
        if self.form == "rules":
            return self._rules(holds, lines)
        return self._scorecard(holds, lines)

    def _holding(self, found: Found) -> NDArray[np.bool_]:
        if found not in self.known:
            self.known[found] = found.holds(self.facts, self.vocabulary.symbols)
        return self.known[found]

    def _rules(
        self, holds: list[NDArray[np.bool_]], lines: list[Array | None]
    ) -> tuple[list[tuple[float, float]], float]:
        free = np.ones(len(self.states), bool)
        found, error = [], 0.0
        for mask, line in zip([*holds, free.copy()], [*lines, None], strict=True):
            own = self.states[free & mask]
            values = None if line is None else line[free & mask]
            fitted, left = _line(own, values)
            found.append(fitted)
            error += left
            free &= ~mask
        return found, error

    def _scorecard(
        self, holds: list[NDArray[np.bool_]], lines: list[Array | None]
    ) -> tuple[list[tuple[float, float]], float]:
        constant = np.ones(len(self.states))
        own = [mask.astype(np.float64) for mask in holds]
        sloped = [line * mask for mask, line in zip(holds, lines, strict=True) if line is not None]
        design = np.array([*own, constant, *sloped])
        gram = design @ design.T
        gram[np.diag_indices(len(gram))] += 1e-6 * len(self.states)
        weights = np.linalg.solve(gram, design @ self.states)
        left = self.states - weights @ design
        slopes = iter(weights[len(own) + 1 :])
        found = [
            (float(weight), 0.0 if line is None else float(next(slopes)))
            for weight, line in zip(weights, lines, strict=False)
        ]
        return [*found, (float(weights[len(own)]), 0.0)], float(left @ left)


def _shorter(clauses: list[Found]) -> list[tuple[float, list[Found]]]:
    """Every list with one clause or one condition less, and what that may cost."""
    found = []
    for place, clause in enumerate(clauses):
        before, after = clauses[:place], clauses[place + 1 :]
        found.append((CLAUSE, before + after))
        if len(clause.conditions) > 1:
            found += [
                (SPARE, [*before, without(clause, one), *after])
                for one in range(len(clause.conditions))
            ]
    return found


def _line(states: Array, values: Array | None) -> tuple[tuple[float, float], float]:
    """Value, slope and squares that are left."""
    if len(states) == 0:
        return (0.0, 0.0), 0.0
    mean = float(states.mean())
    centred = states - mean
    left = float(centred @ centred)
    if values is None or len(states) < LEAST:
        return (mean, 0.0), left
    around = values - values.mean()
    slope = float(around @ centred) / max(float(around @ around), 1e-9)
    return (mean - slope * float(values.mean()), slope), left - slope * float(around @ centred)


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
