"""From clauses to the sentence that is printed and scored.

Conditions and clauses that tell too little are dropped, values are fitted on half A and rounded as
printed; only then is anything scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array
from report.measures.explanations.clauses import CLAUSE, Found, without
from report.measures.explanations.explanation import Form
from report.measures.explanations.features import Facts, Vocabulary
from report.measures.explanations.search import NONE, Condition
from report.measures.explanations.symbols import LEAST
from report.measures.explanations.words import clause_words, sentence_words

SPARE = 0.002  # a condition worth less of the variance is dropped
SLOPE_DIGITS = 2  # significant
MOSTLY = 0.5  # a term of several denials that holds more often is said by where it does not

Masks = NDArray[np.bool_]
Values = tuple[list[tuple[float, float]], float]


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
    fit = Fit(form, facts, vocabulary, states)
    kept = fit.pruned(list(clauses))
    if form == "scorecard":
        kept = [fit.turned(found) for found in kept]
    fewer = [kept[:one] + kept[one + 1 :] for one in range(len(kept))]
    (values, error), *others = fit.values([kept, *fewer])
    worths = [left - error for _, left in others]
    terms = [
        Term(found, _rounded(value), _slope(slope), worth / fit.total)
        for found, (value, slope), worth in zip(kept, values, worths, strict=False)
    ]
    if form == "scorecard":
        terms.sort(key=lambda term: -term.worth)
    told = 1.0 - error / fit.total
    return Printed(form, tuple(terms), _rounded(values[-1][0]), _rounded(states.mean()), told)


class Fit:
    """Values of clauses by least squares.

    Lists that differ in one condition share the rest: where a condition holds is found once, and
    many lists are fitted together.
    """

    def __init__(self, form: Form, facts: Facts, vocabulary: Vocabulary, states: Array) -> None:
        self.form, self.facts, self.vocabulary, self.states = form, facts, vocabulary, states
        self.centred = states - states.mean()
        self.squares = float(self.centred @ self.centred)
        self.total = max(self.squares, 1e-12)
        self.conditions: dict[Condition, Masks] = {}
        self.clauses: dict[Found, Masks] = {}

    def pruned(self, clauses: list[Found]) -> list[Found]:
        """Without clauses and conditions that tell too little, the least first."""
        while clauses:
            trials = _shorter(clauses)
            (_, error), *tried = self.values([clauses, *(one for _, one in trials)])
            costs = [
                left - error - least * self.total
                for (_, left), (least, _) in zip(tried, trials, strict=True)
            ]
            if min(costs) >= 0:
                return clauses
            clauses = trials[int(np.argmin(costs))][1]
        return clauses

    def turned(self, found: Found) -> Found:
        """The complement of a denied term, where that is easier said: the sum is the same."""
        other = found.complement
        if other is None or found.number != NONE:
            return found
        single = len(found.conditions) == 1
        return other if single or self._holding(found).mean() >= MOSTLY else found

    def values(self, lists: Sequence[list[Found]]) -> list[Values]:
        """Per list value and slope of each clause, last the rest; and the squares that are left."""
        return [self._rules(one) for one in lists] if self.form == "rules" else self._cards(lists)

    def _holding(self, found: Found) -> Masks:
        holds = self.clauses.get(found)
        if holds is None:
            masks = [self._condition(one) for one in found.conditions]
            join = np.logical_or if found.any_of else np.logical_and
            holds = np.full(len(self.states), not found.any_of)
            for mask in masks:
                join(holds, mask, out=holds)
            self.clauses[found] = holds
        return holds

    def _condition(self, condition: Condition) -> Masks:
        holds = self.conditions.get(condition)
        if holds is None:
            holds = condition.holds(self.facts, self.vocabulary.symbols)
            self.conditions[condition] = holds
        return holds

    def _numbers(self, found: Found) -> Array:
        values: Array = self.facts.numbers[found.number].astype(np.float64)
        return values

    def _rules(self, clauses: list[Found]) -> Values:
        size = len(clauses)
        fires = np.full(len(self.states), size, np.intp)
        for place in range(size - 1, -1, -1):
            fires[self._holding(clauses[place])] = place
        counts = np.bincount(fires, minlength=size + 1)
        sums = np.bincount(fires, weights=self.states, minlength=size + 1)
        around = np.bincount(fires, weights=self.centred, minlength=size + 1)
        left = self.squares - float((around**2 / np.maximum(counts, 1)).sum())
        found = [(float(mean), 0.0) for mean in sums / np.maximum(counts, 1)]
        for place, clause in enumerate(clauses):
            if clause.number != NONE and counts[place] >= LEAST:
                own = fires == place
                found[place], told = _line(self.states[own], self._numbers(clause)[own])
                left -= told
        return found, left

    def _cards(self, lists: Sequence[list[Found]]) -> list[Values]:
        """Terms, a constant and, last, terms with a number, of all lists at once."""
        rows: dict[Found | None, int] = {None: 0}
        places = [
            [
                rows.setdefault(name, len(rows))
                for name in (
                    *(_constant(one) for one in clauses),
                    None,
                    *(one for one in clauses if one.number != NONE),
                )
            ]
            for clauses in lists
        ]
        longest = max(map(len, places))
        chosen = np.array([one + [len(rows)] * (longest - len(one)) for one in places])
        # what a shorter list lacks is a row of zeros
        design = np.zeros((len(rows) + 1, len(self.states)))
        for name, row in rows.items():
            design[row] = self._term(name)
        products, with_states = design @ design.T, design @ self.states
        gram = products[chosen[:, :, None], chosen[:, None, :]]
        right = with_states[chosen]
        ridge = 1e-6 * len(self.states) * np.eye(longest)
        weights = np.linalg.solve(gram + ridge, right[..., None])[..., 0]
        told = 2.0 * (weights * right).sum(1) - np.einsum("ki,kij,kj->k", weights, gram, weights)
        squares = float(self.states @ self.states)
        return [
            (_by_clause(clauses, own.tolist()), squares - float(one))
            for clauses, own, one in zip(lists, weights, told, strict=True)
        ]

    def _term(self, found: Found | None) -> Array:
        """What a weight is multiplied by: 1, or the number, where a clause holds; 1 everywhere."""
        if found is None:
            return np.ones(len(self.states))
        holds = self._holding(found).astype(np.float64)
        return holds if found.number == NONE else holds * self._numbers(found)


def _by_clause(clauses: list[Found], weights: list[float]) -> list[tuple[float, float]]:
    """Value and slope of each clause, last the rest."""
    slopes = iter(weights[len(clauses) + 1 :])
    found = [
        (weight, 0.0 if clause.number == NONE else next(slopes))
        for weight, clause in zip(weights, clauses, strict=False)
    ]
    return [*found, (weights[len(clauses)], 0.0)]


def _constant(found: Found) -> Found:
    """The clause without its number."""
    return found if found.number == NONE else replace(found, number=NONE)


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


def _line(states: Array, values: Array) -> tuple[tuple[float, float], float]:
    """Value and slope of the line, and the squares that it tells beyond the mean."""
    mean = float(states.mean())
    around = values - values.mean()
    together = float(around @ (states - mean))
    slope = together / max(float(around @ around), 1e-9)
    return (mean - slope * float(values.mean()), slope), slope * together


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
