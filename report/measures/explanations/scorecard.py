"""Scorecards: the clauses that hold add up.

Clauses are added one at a time, each the one that tells most of what is left; all weights are
fitted together by least squares. With r what is left of the state, of mean 0 over N characters, a
clause that holds on n of them with sum s is worth s^2 / n + s^2 / (N - n).
"""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.clauses import Found, Masks, best_clauses
from report.measures.explanations.lists import Indices, Lists
from report.measures.explanations.search import NONE
from report.measures.explanations.symbols import LEAST

RIDGE = 1e-6  # of the number of characters: clauses that never hold get no weight


class Scorecards(Lists):
    """One scorecard for each of P states, all searched together."""

    def search(self, chosen: Indices, masks: Masks, said: Float) -> tuple[list[Found], Masks]:
        """The best clause for what those before leave."""
        left = self.y[chosen] - said
        size = float(self.half.size)

        def gain(sums: Float) -> Float:
            inside, count = sums[0], sums[1]
            rest = size - count
            found: Float = (
                inside * inside * (1.0 / np.maximum(count, 1.0) + 1.0 / np.maximum(rest, 1.0))
            )
            return np.where((count >= LEAST) & (rest >= LEAST), found, -np.inf)

        return best_clauses(self.half, np.stack([left, np.ones_like(left)]), gain, always=True)

    def predict(self, chosen: Indices, masks: Masks, numbers: NDArray[np.int64]) -> Float:
        """(P, T) the sum of the terms, weights fitted together."""
        y = self.y[chosen]
        terms = masks.astype(np.float32)
        with_line = np.nonzero(numbers != NONE)
        if len(with_line[0]):
            lines = np.zeros_like(terms)
            for one, place in zip(*with_line, strict=True):
                values = self.half.numbers[numbers[one, place]]
                lines[one, place] = np.where(masks[one, place], values, 0.0)
            terms = np.concatenate([terms, lines], 1)
        terms -= terms.mean(-1, keepdims=True)
        gram = (terms @ terms.transpose(0, 2, 1)).astype(np.float64)
        gram += RIDGE * self.half.size * np.eye(terms.shape[1])
        right = (terms @ y[..., None]).astype(np.float64)
        weights = np.linalg.solve(gram, right).astype(np.float32)
        found: Float = (weights.transpose(0, 2, 1) @ terms)[:, 0]
        return found
