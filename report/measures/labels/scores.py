"""Scores of one unit against one concept, with their intervals."""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array, Float
from report.measures.bootstrap import block_sums, interval
from report.measures.labels.fit import Confusion

Interval = tuple[float, float]


def auc(score: Float, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: chance that a positive scores above a negative, ties half."""
    count = int(positive.sum())
    rest = len(positive) - count
    if count == 0 or rest == 0:
        return 0.5
    ranks = mid_ranks(score)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * rest))


def spearman(left: Float, right: Float) -> float:
    """Rank correlation; 0 where either is constant."""
    if left.std() < 1e-6 or right.std() < 1e-6:
        return 0.0
    return float(np.corrcoef(mid_ranks(left), mid_ranks(right))[0, 1])


def mid_ranks(values: Float) -> NDArray[np.float64]:
    """(T,) rank of each of ``values`` (T,) from 1; equal ones share the mean of theirs.

    What ``scipy.stats.rankdata`` gives; importing that takes a second, a thirtieth of a report.
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: NDArray[np.float64] = np.cumsum(counts) - (counts - 1) / 2
    return middle[inverse]


def f1_interval(predicted: NDArray[np.bool_], truth: NDArray[np.bool_], seed: int) -> Interval:
    """95 % block-bootstrap interval of F1, both of (T,)."""
    counted = np.stack([predicted, predicted & truth, truth, np.ones_like(truth)], axis=-1)

    def statistic(totals: Array) -> Array:
        return Confusion(totals[:, 0], totals[:, 1], totals[:, 2], totals[:, 3]).f1()

    low, high = interval(block_sums(counted.astype(np.float64)), statistic, seed)
    return float(low), float(high)


def pearson_interval(left: Float, right: Float, seed: int) -> Interval:
    """95 % block-bootstrap interval of the Pearson correlation of two (T,)."""
    x = left.astype(np.float64) - float(left.mean())
    y = right.astype(np.float64) - float(right.mean())
    summed = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)

    def statistic(totals: Array) -> Array:
        size, sx, sy, sxy, sxx, syy = totals.T
        variance = (sxx - sx**2 / size) * (syy - sy**2 / size)
        result: Array = (sxy - sx * sy / size) / np.sqrt(np.maximum(variance, 1e-12))
        return result

    low, high = interval(block_sums(summed), statistic, seed)
    return float(low), float(high)
