"""How much of a unit's state simple tables say: the ladder, and what kinds are told by.

Tables back off: m_k(c) = (sum of h after context c of k characters + 2 m_(k-1)) / (count + 2), all
of half A. Scores are R2 on half B.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array, Float, TextIds
from report.measures.explanations.explanation import Ladder
from report.measures.explanations.symbols import LEAST
from report.measures.group_sums import indicator
from report.measures.parallel import side_by_side

ORDERS = (1, 2, 3, 6)
SHRINKAGE = 2.0
RIDGE = 3.0
VALUES = np.linspace(0.0, 1.0, 21)  # quantiles that bound the values of a number in a table
TOGETHER = 25  # units

Groups = NDArray[np.int64]


@dataclass(frozen=True)
class Read:
    """What tables are made from; of the N characters one half is half A, the other half B."""

    recent: Groups  # (N, 6) ids of the character and of the five before it; -1: none
    expected: Groups  # (N,) by the n-gram
    network_expected: Groups  # (N,) by the network
    concepts: Float  # (N, C)
    numbers: Float  # (N, K)
    flags: Float  # (N, F) yes/no concepts

    @property
    def half(self) -> int:
        """Characters of half A, and of half B."""
        return len(self.recent) // 2


@dataclass(frozen=True)
class Alone:
    """R2 on half B of what half A chose."""

    number: float  # the best number: by a table of its values, or by a straight line, everywhere or
    # where one concept holds
    concept: float  # the best yes/no concept


def r_squared(states: Array, said: Array) -> Array:
    """(U,) share of the variance of ``states`` (T, U); 0 where they do not vary."""
    total = ((states - states.mean(0)) ** 2).sum(0)
    left = ((states - said) ** 2).sum(0)
    return np.where(total > 0, 1.0 - left / np.maximum(total, 1e-12), 0.0)


class Tables:
    """Contexts and designs, made once for all units of all layers."""

    def __init__(self, read: Read) -> None:
        self.read = read
        half = read.half
        self.a, self.b = slice(0, half), slice(half, 2 * half)
        self.orders = _contexts(read)
        self.expected = _renumbered(read.expected, half)
        self.network = _renumbered(read.network_expected, half)
        self.concepts = _Ridge(read.concepts, half)
        one_hot = np.eye(int(read.expected.max()) + 1, dtype=np.float32)[read.expected]
        both = np.concatenate([read.concepts, one_hot], 1)
        self.rest = _Ridge(both, half)

    def ladders(self, states: Float) -> list[tuple[Ladder, Alone]]:
        """One pair per column of ``states`` (N, U)."""
        starts = range(0, states.shape[1], TOGETHER)
        groups = [states[:, start : start + TOGETHER] for start in starts]
        return [one for group in side_by_side(self._of_units, groups) for one in group]

    def _of_units(self, states: Float) -> list[tuple[Ladder, Alone]]:
        h = states.astype(np.float64)
        b = h[self.b]
        table = h[self.a].mean(0) * np.ones_like(h)
        without = table[self.a]  # on half A: the table made without the character itself
        last = []
        for order, group in enumerate(self.orders, start=1):
            table, without = _table(group, h, table, without, self.read.half)
            if order in ORDERS:
                last.append(r_squared(b, table[self.b]))
        start = h[self.a].mean(0) * np.ones_like(h)
        expected = _table(self.expected, h, start, start[self.a], self.read.half)[0]
        network = _table(self.network, h, start, start[self.a], self.read.half)[0]
        concepts = self.concepts.predict(h[self.a])
        rest = self.rest.predict(h[self.a] - without)
        number, concept = self._alone(h)
        columns = [
            *last,
            r_squared(b, concepts),
            r_squared(b, expected[self.b]),
            r_squared(b, network[self.b]),
            r_squared(b, table[self.b] + rest),
            number,
            concept,
        ]
        return [_record([float(value) for value in row]) for row in np.array(columns).T]

    def _alone(self, h: Array) -> tuple[Array, Array]:
        """Best number and best concept, (U,) each.

        Under a concept that holds on n characters a state follows a number z by its mean there and
        a slope: that is worth (sum y)^2 (1 / n + 1 / (N - n)) + cov(y, z)^2 / var(z) there.
        """
        half = self.read.half
        y = h - h[self.a].mean(0)
        always = np.ones((2 * half, 1))
        flags = np.concatenate([self.read.flags.astype(np.float64), always], 1)
        a = flags[self.a]
        count = a.sum(0)
        inside = a.T @ y[self.a]  # (F + 1, U)
        mean = inside / np.maximum(count, 1.0)[:, None]
        step = inside * mean * (half / np.maximum(half - count, 1.0))[:, None]
        step[-1] = 0.0
        best = step.argmax(0)
        # where the concept does not hold, the rest of a sum that is 0
        outside = -inside / np.maximum(half - count, 1.0)[:, None]
        units = np.arange(h.shape[1])
        held = flags[self.b][:, best]
        said = held * mean[best, units] + (1.0 - held) * outside[best, units]
        concept = r_squared(y[self.b], said)
        worth, number = np.zeros(h.shape[1]), np.zeros(h.shape[1])
        for values in self.read.numbers.T.astype(np.float64):
            z = values[self.a]
            middle = a.T @ z / np.maximum(count, 1.0)
            variance = a.T @ z**2 - count * middle**2
            covariance = a.T @ (y[self.a] * z[:, None]) - inside * middle[:, None]
            slope = np.where((variance > LEAST)[:, None], covariance, 0.0)
            slope /= np.maximum(variance, 1.0)[:, None]
            gained = step + slope * covariance
            chosen = gained.argmax(0)
            held = flags[self.b][:, chosen]
            line = mean[chosen, units] + slope[chosen, units] * (
                values[self.b][:, None] - middle[chosen]
            )
            rest = np.where(chosen == len(count) - 1, 0.0, outside[chosen, units])
            own = r_squared(y[self.b], held * line + (1.0 - held) * rest)
            better = gained[chosen, units] > worth
            worth = np.where(better, gained[chosen, units], worth)
            number = np.where(better, own, number)
            gained_by_table, own = self._by_value(y, values)
            better = gained_by_table > worth
            worth = np.where(better, gained_by_table, worth)
            number = np.where(better, own, number)
        return number, concept

    def _by_value(self, y: Array, values: Array) -> tuple[Array, Array]:
        """What a table of a number's values is worth on half A, and its R2 on half B, (U,) each."""
        half = self.read.half
        bounds = np.unique(np.quantile(values[self.a], VALUES, method="lower"))
        group = np.searchsorted(bounds, values)
        size = len(bounds) + 1
        count = np.bincount(group[:half], minlength=size).astype(np.float64)[:, None]
        total = indicator(group[:half], size, np.float64) @ y[self.a]
        means = total / (count + SHRINKAGE)
        worth: Array = (total * means).sum(0)
        return worth, r_squared(y[self.b], means[group[self.b]])


def _record(row: list[float]) -> tuple[Ladder, Alone]:
    size = len(ORDERS)
    concepts, expected, network, together, number, concept = row[size:]
    ladder = Ladder(tuple(row[:size]), concepts, expected, network, together)
    return ladder, Alone(number, concept)


def _table(
    group: Groups, h: Array, shorter: Array, without: Array, half: int
) -> tuple[Array, Array]:
    """(N, U) the table by ``group``, -1 unseen; (half, U) the same without the character."""
    own = group[:half]
    count = np.bincount(own, minlength=int(own.max()) + 1).astype(np.float64)
    total = indicator(own, len(count), np.float64) @ h[:half]
    seen = group >= 0
    counts = np.where(seen, count[group], 0.0)[:, None]
    totals = np.where(seen[:, None], total[group], 0.0)
    full = (totals + SHRINKAGE * shorter) / (counts + SHRINKAGE)
    others = (totals[:half] - h[:half] + SHRINKAGE * without) / (counts[:half] - 1 + SHRINKAGE)
    return full, others


def _contexts(read: Read) -> list[Groups]:
    """For 1 to 6 characters (N,) the context that ends with each character."""
    recent = read.recent + 1
    found = [np.zeros(len(recent), np.int64)]
    radix = int(recent.max()) + 1
    for symbols in recent.T:
        # -1: a shorter context was unseen already
        longer = np.where(found[-1] >= 0, found[-1] * radix + symbols, -1)
        found.append(_renumbered(longer, read.half))
    return found[1:]


def _renumbered(group: Groups, half: int) -> Groups:
    """Groups of half A from 0, those never seen there -1."""
    names = np.unique(group[:half])
    places = np.minimum(np.searchsorted(names, group), len(names) - 1)
    found: Groups = np.where(names[places] == group, places, -1)
    return found


def recent_characters(ids: TextIds, context: TextIds) -> Groups:
    """(T, 6) ids of each character of a text and of the five before it; -1 before the context."""
    longest = ORDERS[-1]
    text = np.concatenate([np.full(longest - 1, -1), context, ids]).astype(np.int64)
    rows = np.lib.stride_tricks.sliding_window_view(text, longest)
    recent: Groups = rows[len(context) :, ::-1]
    return recent


class _Ridge:
    """Linear least squares on half A with a small ridge, said of half B."""

    def __init__(self, design: Float, half: int) -> None:
        values = design.astype(np.float64)
        deviation = values[:half].std(0)
        kept = deviation > 1e-6
        values = (values[:, kept] - values[:half, kept].mean(0)) / deviation[kept]
        self.a, self.b = values[:half], values[half : 2 * half]
        gram = self.a.T @ self.a + RIDGE * np.eye(self.a.shape[1])
        self.solve = np.linalg.solve(gram, self.a.T)

    def predict(self, h: Array) -> Array:
        """(half, U) of half B, from ``h`` (half, U) of half A."""
        mean = h.mean(0)
        said: Array = self.b @ (self.solve @ (h - mean)) + mean
        return said
