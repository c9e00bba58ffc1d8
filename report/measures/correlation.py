"""How alike the units of two layers are, over the same characters."""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array, Float

CONSTANT = 1e-6  # standard deviation of a state; below that a unit says nothing


def constant_units(states: Float) -> NDArray[np.bool_]:
    """(H,) true where a column of ``states`` (T, H) does not vary."""
    constant: NDArray[np.bool_] = states.std(0, dtype=np.float64) < CONSTANT
    return constant


def correlations(old: Float, new: Float) -> Array:
    """Pearson's r of every column of ``old`` (T, H) with every column of ``new`` (T, K): (H, K).

    0 where one of the two is constant.
    """
    table: Array = _standardised(old).T @ _standardised(new)
    return np.clip(table, -1.0, 1.0)


def linear_cka(old: Float, new: Float) -> float:
    """Linear centred kernel alignment of (T, H) and (T, K), in [0, 1] (Kornblith et al. 2019).

    1 where the two layers carry the same information up to a rotation and a scale, whatever their
    axes; NaN where all units of one are constant.
    """
    a, b = _centred(old), _centred(new)
    scale = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    if scale == 0.0:
        return float("nan")
    return float(np.linalg.norm(a.T @ b) ** 2 / scale)


def _centred(states: Float) -> Array:
    wide = states.astype(np.float64)
    centred: Array = wide - wide.mean(0)
    return centred


def _standardised(states: Float) -> Array:
    centred = _centred(states)
    norms = np.linalg.norm(centred, axis=0)
    varies = norms > CONSTANT * np.sqrt(len(centred))
    scaled: Array = centred * np.where(varies, 1.0 / np.where(varies, norms, 1.0), 0.0)
    return scaled
