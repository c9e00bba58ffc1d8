"""A picture of all states of a layer: one row a unit, one column a character.

An indexed PNG (ISO/IEC 15948) written with the standard library: one hue per sign, and an alpha
that grows with the level, so that one file fits the light and the dark scheme.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from report.render.palette import LEVELS, STEPS, ZERO

NEGATIVE = (58, 134, 222)  # sRGB
POSITIVE = (226, 124, 36)


def png(levels: NDArray[np.int8]) -> bytes:
    """The picture of ``levels`` (rows, columns), each in 0 .. 14."""
    height, width = levels.shape
    colours = b"".join(bytes(NEGATIVE if level < ZERO else POSITIVE) for level in range(LEVELS))
    alphas = bytes(round(255 * (abs(level - ZERO) / STEPS) ** 0.9) for level in range(LEVELS))
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with filter type 0
    rows[:, 1:] = levels
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", colours),
            _chunk(b"tRNS", alphas),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
