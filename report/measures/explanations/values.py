"""Values of clauses by least squares, and which clauses are worth keeping.

Of a character only what holds there matters. So characters where the same conditions hold are added
up first, once a sentence; then every list of clauses, and every shorter one that is tried, is
fitted on some hundred groups instead of ten thousand characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array
from report.measures.explanations.clauses import CLAUSE, Found, without
from report.measures.explanations.explanation import Form
from report.measures.explanations.features import Facts, Vocabulary
from report.measures.explanations.scorecard import RIDGE
from report.measures.explanations.search import NONE, Condition
from report.measures.explanations.symbols import LEAST
from report.measures.group_sums import indicator

SPARE = 0.002  # a condition worth less of the variance is dropped
MOSTLY = 0.5  # a term of several denials that holds more often is said by where it does not

Masks = NDArray[np.bool_]
Values = tuple[list[tuple[float, float]], float]
Term = tuple[Found, int]  # a clause, and what it is multiplied by: 0, or the place of its number


@dataclass(frozen=True)
class Groups:
    """Half A by which of some conditions hold: G groups of characters.

    What is summed is y, the state less its mean, times 1 and K numbers less theirs.
    """

    holds: dict[Condition, Masks]  # (G,) of every condition, not denied
    numbers: dict[int, int]  # the place of each number, from 1
    middles: Array  # (K + 1,) means of the numbers; 0 for the 1
    products: Array  # (G, K + 1, K + 1) sums of what 1 and the numbers give in pairs
    states: Array  # (G, K + 1) sums of y times each

    @cached_property
    def counts(self) -> Array:
        """(G,) characters."""
        return self.products[:, 0, 0]

    def holding(self, found: Found) -> Masks:
        """(G,) where a clause holds."""
        held = np.full(len(self.states), not found.any_of)
        join = np.logical_or if found.any_of else np.logical_and
        for condition in found.conditions:
            if condition.denied:
                join(held, ~self.holds[condition.said], out=held)
            else:
                join(held, self.holds[condition], out=held)
        return held


def groups_of(clauses: Sequence[Found], facts: Facts, vocabulary: Vocabulary, y: Array) -> Groups:
    """Half A by the conditions and numbers of ``clauses``; ``y`` (T,) has mean 0."""
    said = {one.said: None for found in clauses for one in found.conditions}
    masks = [one.holds(facts, vocabulary.symbols) for one in said]
    code = np.zeros(len(y), np.uint64)
    for place, mask in enumerate(masks):
        code |= mask.astype(np.uint64) << np.uint64(place)
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    used = sorted({one.number for one in clauses} - {NONE})
    values = np.ones((len(used) + 1, len(y)))
    values[1:] = facts.numbers[used]
    middles = np.concatenate([[0.0], values[1:].mean(1)])
    values -= middles[:, None]
    pairs = (values[:, None] * values[None]).reshape(-1, len(y))
    sums = indicator(group, len(first), np.float64) @ np.concatenate([pairs, values * y]).T
    size = len(values)
    return Groups(
        holds={one: mask[first] for one, mask in zip(said, masks, strict=True)},
        numbers={number: place for place, number in enumerate(used, start=1)},
        middles=middles,
        products=sums[:, : size * size].reshape(-1, size, size),
        states=sums[:, size * size :],
    )


class Fit:
    """Lists made of ``clauses``, fitted on ``states`` (T,) of half A."""

    def __init__(
        self,
        form: Form,
        clauses: Sequence[Found],
        facts: Facts,
        vocabulary: Vocabulary,
        states: Array,
    ) -> None:
        self.form = form
        self.mean = float(states.mean())
        y = states - self.mean
        self.squares = float(y @ y)
        self.total = max(self.squares, 1e-12)
        self.groups = groups_of(clauses, facts, vocabulary, y)
        self.held: dict[Found, Masks] = {}

    def pruned(self, clauses: list[Found]) -> tuple[list[Found], list[float]]:
        """Without clauses and conditions that tell too little, the least first; and the share of
        the variance that each clause tells beside the others.
        """
        while clauses:
            trials = _shorter(clauses)
            (_, error), *tried = self.values([clauses, *(one for _, _, one in trials)])
            worths = [(left - error) / self.total for _, left in tried]
            spare = [worth - least for worth, (_, least, _) in zip(worths, trials, strict=True)]
            if min(spare) >= 0:
                whole = [worth for worth, trial in zip(worths, trials, strict=True) if trial[0]]
                return clauses, whole
            clauses = trials[int(np.argmin(spare))][2]
        return clauses, []

    def turned(self, found: Found) -> Found:
        """The complement of a denied term, where that is easier said: the sum is the same."""
        other = found.complement
        if other is None or found.number != NONE:
            return found
        single = len(found.conditions) == 1
        counts = self.groups.counts
        often = counts[self._holding(found)].sum() >= MOSTLY * counts.sum()
        return other if single or often else found

    def values(self, lists: Sequence[list[Found]]) -> list[Values]:
        """Per list value and slope of each clause, last the rest; and the squares that are left."""
        return [self._rules(one) for one in lists] if self.form == "rules" else self._cards(lists)

    def _holding(self, found: Found) -> Masks:
        held = self.held.get(found)
        if held is None:
            held = self.held[found] = self.groups.holding(found)
        return held

    def _rules(self, clauses: list[Found]) -> Values:
        groups, size = self.groups, len(clauses)
        fires = np.full(len(groups.counts), size, np.intp)
        for place in range(size - 1, -1, -1):
            fires[self._holding(clauses[place])] = place
        counts = np.bincount(fires, weights=groups.counts, minlength=size + 1)
        sums = np.bincount(fires, weights=groups.states[:, 0], minlength=size + 1)
        means = sums / np.maximum(counts, 1.0)
        left = self.squares - float((sums * means).sum())
        found = [(self.mean + float(mean), 0.0) for mean in means]
        for place, clause in enumerate(clauses):
            if clause.number != NONE and counts[place] >= LEAST:
                found[place], told = self._line(clause.number, fires == place)
                left -= told
        return found, left

    def _line(self, number: int, own: Masks) -> tuple[tuple[float, float], float]:
        """Value and slope of the line over a number, and the squares that it tells beyond the mean,
        where a rule fires.
        """
        groups, place = self.groups, self.groups.numbers[number]
        count = groups.counts[own].sum()
        values, squares = groups.products[own, 0, place].sum(), groups.products[own, place, place]
        states, together = groups.states[own, 0].sum(), groups.states[own, place].sum()
        around = float(together - values * states / count)
        slope = around / max(float(squares.sum() - values * values / count), 1e-9)
        value = self.mean + states / count - slope * (values / count + groups.middles[place])
        return (float(value), slope), slope * around

    def _cards(self, lists: Sequence[list[Found]]) -> list[Values]:
        """Terms, a constant and, last, terms with a number, of all lists at once."""
        rows: dict[Term, int] = {}
        places = [[rows.setdefault(one, len(rows)) for one in self._terms(own)] for own in lists]
        longest = max(map(len, places))
        # what a shorter list lacks is a row of zeros
        chosen = np.array([one + [len(rows)] * (longest - len(one)) for one in places])
        products, with_states = self._sums(list(rows))
        gram = products[chosen[:, :, None], chosen[:, None, :]]
        right = with_states[chosen]
        ridge = RIDGE * self.groups.counts.sum() * np.eye(longest)
        weights = np.linalg.solve(gram + ridge, right[..., None])[..., 0]
        told = 2.0 * (weights * right).sum(1) - np.einsum("ki,kij,kj->k", weights, gram, weights)
        return [
            (self._by_clause(clauses, own.tolist()), self.squares - float(one))
            for clauses, own, one in zip(lists, weights, told, strict=True)
        ]

    def _terms(self, clauses: list[Found]) -> list[Term]:
        """Every clause as a constant, the constant, then those with a number times it."""
        plain = [one if one.number == NONE else replace(one, number=NONE) for one in clauses]
        lines = [
            (found, self.groups.numbers[one.number])
            for one, found in zip(clauses, plain, strict=True)
            if one.number != NONE
        ]
        return [*((found, 0) for found in plain), (Found(()), 0), *lines]

    def _sums(self, terms: list[Term]) -> tuple[Array, Array]:
        """(R + 1, R + 1) sums of products of terms and (R + 1,) of y with them; last zeros."""
        products = np.zeros((len(terms) + 1, len(terms) + 1))
        with_states = np.zeros(len(terms) + 1)
        held = np.array([self._holding(found) for found, _ in terms], np.float64)
        factors = np.array([factor for _, factor in terms])
        for one in np.unique(factors):
            rows = np.flatnonzero(factors == one)
            with_states[rows] = held[rows] @ self.groups.states[:, one]
            for other in np.unique(factors):
                columns = np.flatnonzero(factors == other)
                weighted = held[rows] * self.groups.products[:, one, other]
                products[np.ix_(rows, columns)] = weighted @ held[columns].T
        return products, with_states

    def _by_clause(self, clauses: list[Found], weights: list[float]) -> list[tuple[float, float]]:
        """Value and slope of each clause, last the rest."""
        slopes = iter(weights[len(clauses) + 1 :])
        found = []
        for weight, clause in zip(weights, clauses, strict=False):
            if clause.number == NONE:
                found.append((weight, 0.0))
            else:
                slope = next(slopes)
                middle = float(self.groups.middles[self.groups.numbers[clause.number]])
                found.append((weight - slope * middle, slope))
        return [*found, (self.mean + weights[len(clauses)], 0.0)]


def _shorter(clauses: list[Found]) -> list[tuple[bool, float, list[Found]]]:
    """Every list with one clause (true) or one condition less, and what that may cost."""
    found = []
    for place, clause in enumerate(clauses):
        before, after = clauses[:place], clauses[place + 1 :]
        found.append((True, CLAUSE, before + after))
        if len(clause.conditions) > 1:
            found += [
                (False, SPARE, [*before, without(clause, one), *after])
                for one in range(len(clause.conditions))
            ]
    return found
