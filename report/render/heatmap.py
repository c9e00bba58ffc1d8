"""A picture of all states of a layer: one row a unit, one column a character.

One hue per sign, and an alpha that grows with the level, so that one file fits the light and the
dark scheme.
"""

import numpy as np
from numpy.typing import NDArray

from report.render.palette import LEVELS, STEPS, ZERO
from report.render.png import indexed

NEGATIVE = (58, 134, 222)  # sRGB
POSITIVE = (226, 124, 36)


def png(levels: NDArray[np.int8]) -> bytes:
    """The picture of ``levels`` (rows, columns), each in 0 .. 14."""
    colours = [NEGATIVE if level < ZERO else POSITIVE for level in range(LEVELS)]
    alphas = [round(255 * (abs(level - ZERO) / STEPS) ** 0.9) for level in range(LEVELS)]
    return indexed(levels, colours, alphas)
