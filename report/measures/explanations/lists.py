"""Clauses that make sentences, searched for many units together: what rules and scorecards share.

Clauses are added while each is worth ``CLAUSE`` of the variance; then each is looked for anew,
given the others, and exchanged where that lowers the error.
"""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.clauses import CLAUSE, CLAUSES, ROUNDS, Found, Half, Masks
from report.measures.explanations.search import NONE

Indices = NDArray[np.int64]


class Lists(ABC):
    """One list of clauses for each of P states ``y`` (P, T) with mean 0 and variance 1."""

    def __init__(self, half: Half, y: Float) -> None:
        self.half = half
        self.y = y
        self.clauses: list[list[Found]] = [[] for _ in y]
        self.masks: Masks = np.zeros((len(y), CLAUSES, half.size), bool)
        self.numbers = np.full((len(y), CLAUSES), NONE)
        everything = np.arange(len(y))
        self.said = self.predict(everything, self.masks, self.numbers)  # (P, T)
        self.error = _squares(y - self.said)  # (P,)

    @abstractmethod
    def search(
        self, chosen: Indices, masks: Masks, said: Float, place: int
    ) -> tuple[list[Found], Masks]:
        """The best clause at ``place`` of each list ``chosen``; the others say ``said`` (P, T)."""

    @abstractmethod
    def predict(self, chosen: Indices, masks: Masks, numbers: Indices) -> Float:
        """(P, T) what the lists ``chosen`` say with such clauses, their values fitted."""

    def grow(self) -> None:
        """Add clauses while they are worth it."""
        chosen = np.arange(len(self.y))
        for place in range(CLAUSES):
            better = self._try(chosen, place, CLAUSE * self.half.size)
            chosen = chosen[better]
            if len(chosen) == 0:
                return

    def improve(self, chosen: Indices) -> None:
        """Look for every clause of the lists ``chosen`` anew, given the others."""
        for _ in range(ROUNDS):
            changed = np.zeros(len(self.y), bool)
            for place in range(CLAUSES):
                open_ = np.array([one for one in chosen if place < len(self.clauses[one])], int)
                if len(open_):
                    better = self._try(open_, place, 1e-6 * self.half.size)
                    changed[open_[better]] = True
            chosen = np.flatnonzero(changed)

    def _try(self, chosen: Indices, place: int, least: float) -> NDArray[np.bool_]:
        """Put the best clause at ``place`` where it lowers the error by ``least``; where it did."""
        masks, numbers = self.masks[chosen], self.numbers[chosen]
        said = self.said[chosen]
        if masks[:, place].any():
            masks[:, place], numbers[:, place] = False, NONE
            said = self.predict(chosen, masks, numbers)
        found, masks[:, place] = self.search(chosen, masks, said, place)
        numbers[:, place] = [one.number for one in found]
        said = self.predict(chosen, masks, numbers)
        error = _squares(self.y[chosen] - said)
        better: NDArray[np.bool_] = self.error[chosen] - error >= least
        for one in np.flatnonzero(better):
            self.clauses[chosen[one]][place : place + 1] = [found[one]]
        kept = chosen[better]
        self.masks[kept], self.numbers[kept] = masks[better], numbers[better]
        self.said[kept], self.error[kept] = said[better], error[better]
        return better


def _squares(left: Float) -> NDArray[np.float64]:
    """(P,) sums of the squares of ``left`` (P, T)."""
    squares: NDArray[np.float64] = np.einsum("pt,pt->p", left, left).astype(np.float64)
    return squares
