"""Pictures read back by the standard's own words."""

import struct
import zlib

import numpy as np
import pytest

from report.render.png import indexed

COLOURS = [(0, 0, 0), (255, 0, 10), (1, 2, 3)]


def chunks(data: bytes) -> dict[bytes, bytes]:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, parts = 8, {}
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        (sum_of_it,) = struct.unpack_from(">I", data, place + 8 + size)
        assert sum_of_it == zlib.crc32(kind + body)
        parts[kind] = body
        place += 12 + size
    return parts


@pytest.mark.parametrize("depth", [4, 8])
def test_every_value_comes_back(depth):
    values = np.random.default_rng(0).integers(0, 3, (5, 8))
    parts = chunks(indexed(values, COLOURS, (0, 128, 255), depth))
    assert list(parts) == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", parts[b"IHDR"]) == (8, 5, depth, 3, 0, 0, 0)
    assert parts[b"PLTE"] == bytes([0, 0, 0, 255, 0, 10, 1, 2, 3])
    assert parts[b"tRNS"] == bytes([0, 128, 255])
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(5, -1)
    assert not rows[:, 0].any()  # no filter
    packed = rows[:, 1:]
    read = packed if depth == 8 else np.stack([packed >> 4, packed & 15], -1).reshape(5, 8)
    assert np.array_equal(read, values)


def test_an_opaque_picture_has_no_table_of_alphas():
    assert b"tRNS" not in chunks(indexed(np.zeros((1, 2), int), COLOURS))
