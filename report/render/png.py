"""Indexed PNG pictures with the standard library (ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def indexed(
    values: NDArray[np.integer],
    colours: Sequence[tuple[int, int, int]],
    alphas: Sequence[int] = (),
    depth: int = 8,
) -> bytes:
    """The picture of ``values`` (rows, columns), each the place of a colour.

    Args:
        values: from 0 to below ``len(colours)``.
        colours: sRGB, 0 .. 255.
        alphas: of each colour, 0 .. 255; none: the picture is opaque.
        depth: bits of a value, 8 or 4 (columns are then even).
    """
    height, width = values.shape
    packed: NDArray[np.uint8] = values.astype(np.uint8)
    if depth == 4:
        packed = (packed[:, ::2] * 16 + packed[:, 1::2]).astype(np.uint8)
    rows = np.zeros((height, packed.shape[1] + 1), np.uint8)  # a row begins with filter type 0
    rows[:, 1:] = packed
    head = struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, 0)
    chunks = [
        _chunk(b"IHDR", head),
        _chunk(b"PLTE", b"".join(map(bytes, colours))),
        _chunk(b"tRNS", bytes(alphas)) if alphas else b"",
        _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
