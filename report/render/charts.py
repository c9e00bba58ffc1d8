"""Shapes of the inline drawings: numbers become SVG path data and axis ticks, nothing else."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

TRACE_HEIGHT = 60  # SVG units from state +1 (top) to -1 (bottom)


def step_areas(states: ArrayLike, start: int) -> tuple[str, str]:
    """Paths of the areas above and below the zero line, one unit of width per state.

    ``start`` is the x of the first state.
    """
    middle = TRACE_HEIGHT // 2
    heights = middle - np.rint(np.clip(np.asarray(states), -1, 1) * (middle - 1)).astype(int)
    above = _steps(np.minimum(heights, middle), start, middle)
    below = _steps(np.maximum(heights, middle), start, middle)
    return above, below


def _steps(heights: NDArray[np.int_], start: int, middle: int) -> str:
    """One closed path; runs of equal height are one stroke."""
    changes = np.flatnonzero(np.diff(heights)) + 1
    edges = [0, *changes.tolist(), len(heights)]
    tops = heights[edges[:-1]].tolist()
    strokes = [f"M{start},{middle}"]
    for (first, last), top in zip(pairwise(edges), tops, strict=True):
        strokes.append(f"V{top}h{last - first}")
    return "".join(strokes) + f"V{middle}Z"


def line(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Path through the points, one decimal."""
    points = [f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True)]
    return "M" + "L".join(points)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values in [low, high], about ``about`` of them: steps of 1, 2 or 5 times a power."""
    if not high > low:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]
