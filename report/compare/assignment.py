"""The best pairing of units, one to one."""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array

NEAR_TIE = 0.05  # the unit's own index wins over others that correlate at most so much better


def assign(
    strength: Array,
    old_alive: NDArray[np.bool_],
    new_alive: NDArray[np.bool_],
    own_bar: float | None = None,
) -> dict[int, int]:
    """The pairing of living units with the greatest sum of ``strength`` (H, K): old -> new.

    With ``own_bar``, units whose own index is (nearly) their best partner on both sides, at or
    above that bar, are paired with it first and take no part in the assignment.
    """
    from scipy.optimize import linear_sum_assignment  # late: it takes a third of a second

    pairs: dict[int, int] = {}
    if own_bar is not None:
        for index in range(min(strength.shape)):
            own = strength[index, index]
            best = max(strength[index].max(), strength[:, index].max())
            if own >= own_bar and own >= best - NEAR_TIE:
                pairs[index] = index
    fixed = list(pairs)
    rows = np.setdiff1d(np.flatnonzero(old_alive), fixed)
    columns = np.setdiff1d(np.flatnonzero(new_alive), fixed)
    if rows.size and columns.size:
        chosen = linear_sum_assignment(-strength[np.ix_(rows, columns)])
        pairs |= {int(rows[i]): int(columns[j]) for i, j in zip(*chosen, strict=True)}
    return pairs
