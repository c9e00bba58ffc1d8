"""Clauses that make sentences, searched for many units together: what rules and scorecards share.

Clauses are added while each is worth ``CLAUSE`` of the variance, beyond ``USUAL`` clauses
``FURTHER``. (Looking for each anew, given the others, takes as long again and told a median unit
.005 more.)
"""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.clauses import (
    CLAUSE,
    CLAUSES,
    FURTHER,
    USUAL,
    Found,
    Half,
    Masks,
)
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
        self.said = self.predict(everything, self.masks[:, :0], self.numbers[:, :0])  # (P, T)
        self.error = _squares(y - self.said)  # (P,)

    @abstractmethod
    def search(self, chosen: Indices, masks: Masks, said: Float) -> tuple[list[Found], Masks]:
        """The best clause to add to each list ``chosen``, whose clauses hold at ``masks`` (P, n, T)
        and say ``said`` (P, T).
        """

    @abstractmethod
    def predict(self, chosen: Indices, masks: Masks, numbers: Indices) -> Float:
        """(P, T) what the lists ``chosen`` say with such clauses, their values fitted."""

    def grow(self, chosen: Indices, places: range) -> None:
        """Add clauses at ``places`` to those of the lists ``chosen`` that have all before, while
        each is worth it.
        """
        chosen = np.array([one for one in chosen if len(self.clauses[one]) == places.start], int)
        for place in places:
            if len(chosen) == 0:
                return
            worth = CLAUSE if place < USUAL else FURTHER
            chosen = chosen[self._try(chosen, place, worth * self.half.size)]

    def _try(self, chosen: Indices, place: int, least: float) -> NDArray[np.bool_]:
        """Add the best clause, the one at ``place``, where it lowers the error by ``least``; where
        it did.
        """
        masks, numbers = self.masks[chosen, : place + 1], self.numbers[chosen, : place + 1]
        found, masks[:, place] = self.search(chosen, masks[:, :place], self.said[chosen])
        numbers[:, place] = [one.number for one in found]
        said = self.predict(chosen, masks, numbers)
        error = _squares(self.y[chosen] - said)
        better: NDArray[np.bool_] = self.error[chosen] - error >= least
        for one in np.flatnonzero(better):
            self.clauses[chosen[one]].append(found[one])
        kept = chosen[better]
        self.masks[kept, place], self.numbers[kept, place] = masks[better, -1], numbers[better, -1]
        self.said[kept], self.error[kept] = said[better], error[better]
        return better


def _squares(left: Float) -> NDArray[np.float64]:
    """(P,) sums of the squares of ``left`` (P, T)."""
    squares: NDArray[np.float64] = np.einsum("pt,pt->p", left, left).astype(np.float64)
    return squares
