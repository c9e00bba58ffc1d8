"""Ordered rules: the first clause that holds says the state.

Rules are added one at a time where no earlier one fires. With y the state (mean 0, variance 1) and
p what is said there so far, a rule that fires on n characters, and says their mean, is worth
(sum y)^2 / n + sum((y - p)^2 - y^2).
"""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.clauses import Found, Masks, best_clauses
from report.measures.explanations.lists import Indices, Lists
from report.measures.explanations.search import NONE
from report.measures.explanations.symbols import LEAST


def rule_gain(sums: Float) -> Float:
    """What a rule is worth; ``sums`` (3, ...) of y, of 1 and of (y - p)^2 - y^2."""
    count = sums[1]
    found: Float = sums[2] + sums[0] * sums[0] / np.maximum(count, 1.0)
    return np.where(count >= LEAST, found, -np.inf)


class RuleLists(Lists):
    """One list for each of P states, all searched together."""

    def search(self, chosen: Indices, masks: Masks, said: Float) -> tuple[list[Found], Masks]:
        """The best rule to add to each list ``chosen``."""
        y = self.y[chosen]
        inside = (~masks.any(1)).astype(np.float32)
        gained = (said * said - 2.0 * y * said) * inside
        return best_clauses(
            self.half, np.stack([y * inside, inside, gained]), rule_gain, always=False
        )

    def predict(self, chosen: Indices, masks: Masks, numbers: NDArray[np.int64]) -> Float:
        """(P, T) what each list says, each rule the mean or the line where it fires first."""
        y = self.y[chosen]
        rules = masks.shape[1]
        fires = np.full(y.shape, rules, np.int8)
        free = np.ones(y.shape, bool)
        found = np.zeros_like(y)
        for place in range(rules + 1):
            own = free & masks[:, place] if place < rules else free
            own_y = y * own
            means = own_y.sum(1) / np.maximum(np.count_nonzero(own, 1), 1)
            found += own * means[:, None].astype(np.float32)
            fires[own] = place
            free &= ~own
        for one, place in zip(*np.nonzero(numbers != NONE), strict=True):
            fired = fires[one] == place
            values = self.half.numbers[numbers[one, place]][fired]
            own_y = y[one, fired]
            if len(own_y) >= LEAST:
                values = values - values.mean()
                slope = (values @ (own_y - own_y.mean())) / max(float(values @ values), 1e-6)
                found[one, fired] += slope * values
        return found
