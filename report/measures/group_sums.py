"""Sums over groups of rows, as one sparse product."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def indicator(group: NDArray[np.int64], groups: int, precision: type[np.floating[Any]]) -> Any:
    """(groups, T) sparse matrix; ``indicator @ values`` sums the rows of ``values`` (T, K).

    Args:
        group: (T,) the group of each row, in [0, groups).
        groups: how many there are.
        precision: of the sums: ``np.float32`` or ``np.float64``.
    """
    from scipy.sparse import csr_array  # late: it takes a tenth of a second

    ones, rows = np.ones(len(group), precision), np.arange(len(group))
    return csr_array((ones, (group, rows)), shape=(groups, len(group)))
