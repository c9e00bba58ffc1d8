"""Places with the same last two characters, compared with each other.

Most of a unit's course is told by its bigram alone: the last two characters. Where it is the same,
it tells nothing: what a unit tells there, it remembers. So states and concepts are taken as
deviations from their mean over the places with the same bigram.
"""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.group_sums import indicator

Bigrams = NDArray[np.int64]  # (T,) a number for the (previous, current) character of each place


def bigram_ids(ids: NDArray[np.int32], before: int) -> Bigrams:
    """(T,) a number for each (previous, current) character.

    Args:
        ids: (T,) a text.
        before: the character before ``ids[0]``; -1 where there is none.
    """
    previous = np.concatenate([[before], ids[:-1]]).astype(np.int64)
    return (previous + 1) * (int(ids.max(initial=0)) + 1) + ids


class Groups:
    """The places of a text by their bigram."""

    def __init__(self, bigrams: Bigrams) -> None:
        """``bigrams`` (T,) from :func:`bigram_ids`."""
        known, inverse, self._counts = np.unique(bigrams, return_inverse=True, return_counts=True)
        self._group = inverse.reshape(-1)
        self._member = indicator(self._group, len(known), np.float32)

    def means(self, values: Float) -> Float:
        """(T, K) mean of each column of ``values`` over the places with the same bigram."""
        means: Float = self._of_groups(values)[self._group]
        return means

    def squared_means(self, values: Float) -> NDArray[np.float64]:
        """(K,) mean over all places of the square of :meth:`means`."""
        weights = self._counts / self._counts.sum()
        squares: NDArray[np.float64] = weights @ self._of_groups(values).astype(np.float64) ** 2
        return squares

    def _of_groups(self, values: Float) -> Float:
        """(groups, K)"""
        means: Float = (self._member @ values) / self._counts[:, None].astype(np.float32)
        return means


def deviations(values: Float, bigrams: Bigrams) -> Float:
    """(T, K) columns of ``values`` minus their mean over the places with the same bigram.

    A bigram that occurs once deviates from nothing and counts as 0.
    """
    deviation: Float = values - Groups(bigrams).means(values)
    return deviation
