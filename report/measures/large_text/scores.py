"""From sums to figures: bits, moments, and how well sentences and labels hold on a large text.

Every function takes sums (..., K) with the total or with the draws of a bootstrap in front.
"""

from collections.abc import Callable

import numpy as np

from jobs.model.network import Array
from report.measures.bootstrap import interval

LEAST_BLOCKS = 20  # fewer give no interval
Statistic = Callable[[Array], Array]


def share_told(sums: Array) -> Array:
    """R2 from (n, h, h2, s, s2, hs): 1 - sum (h - s)^2 / sum (h - mean)^2."""
    n, h, squares, _, said, product = np.moveaxis(sums, -1, 0)
    variance = squares - h**2 / n
    told: Array = 1.0 - (squares - 2.0 * product + said) / np.maximum(variance, 1e-12)
    return told


def correlation(sums: Array) -> Array:
    """Pearson from (n, x, x2, y, y2, xy); 0 where either is constant."""
    n, x, xx, y, yy, xy = np.moveaxis(sums, -1, 0)
    variance = np.maximum(xx - x**2 / n, 0.0) * np.maximum(yy - y**2 / n, 0.0)
    found: Array = np.where(
        variance > 1e-12, (xy - x * y / n) / np.sqrt(np.maximum(variance, 1e-12)), 0.0
    )
    return found


def f1(sums: Array) -> Array:
    """From (answers, concept, right answers)."""
    answers, positive, right = np.moveaxis(sums, -1, 0)
    found: Array = 2.0 * right / np.maximum(answers + positive, 1.0)
    return found


def mean(sums: Array) -> Array:
    """From (sum, count)."""
    found: Array = sums[..., 0] / np.maximum(sums[..., 1], 1.0)
    return found


def with_interval(
    blocks: Array, statistic: Statistic, seed: int
) -> tuple[Array, tuple[Array, Array] | None]:
    """The statistic of the whole, and its 95 % interval over blocks (B, ..., K); None: too few."""
    value = statistic(blocks.sum(0))
    if len(blocks) < LEAST_BLOCKS:
        return value, None
    return value, interval(blocks, statistic, seed)
