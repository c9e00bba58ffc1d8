"""From ids to text: ``alphabet[ids[t]]`` is character t."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def decode(ids: NDArray[np.integer[Any]] | Sequence[int], alphabet: Sequence[str]) -> str:
    """The characters of ``ids`` (T,), each an index into ``alphabet`` (V,)."""
    points = np.array([ord(character) for character in alphabet], "<u4")
    return points[np.asarray(ids, np.intp)].tobytes().decode("utf-32-le", "surrogatepass")
