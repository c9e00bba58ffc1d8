"""The index of a TensorFlow checkpoint, read as data: which variable lies where in the other file.

The file is a sorted table as LevelDB writes them (leveldb/doc/table_format.md): blocks of keys and
values, an index block that says where they are, a footer of 48 bytes. A value is a small protocol
buffer (``BundleEntryProto`` in tensorflow/core/protobuf/tensor_bundle.proto).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.model_files.file_model import RefusedError

FOOTER = 48
MOST_BYTES = 1_000_000
MOST_ENTRIES = 5_000
MOST_BLOCKS = 1_000
MOST_VALUE = 256  # bytes of one entry
MOST_AXES = 4
MOST_KEY = 1_000
DAMAGED = "its index is damaged"
TYPES = {1: "<f4", 2: "<f8", 14: "bfloat16", 19: "<f2"}  # DataType of tensorflow/core/framework
DAMAGE = (IndexError, KeyError, TypeError, ValueError, struct.error)


@dataclass(frozen=True)
class Variable:
    """Where one variable lies. Whole numbers and texts are no weights and are left out."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    size: int  # bytes


def read_index(data: bytes) -> dict[str, Variable]:
    """The variables of numbers with a point, by name.

    Raises:
        RefusedError: damaged, compressed, in more than one file, of the other byte order.
    """
    try:
        return _variables(data)
    except RefusedError:
        raise
    except DAMAGE as error:
        raise RefusedError(DAMAGED) from error


def _variables(data: bytes) -> dict[str, Variable]:
    if not FOOTER <= len(data) <= MOST_BYTES:
        raise RefusedError(f"its index has {len(data):,} bytes, at most {MOST_BYTES:,} are read")
    footer = data[-FOOTER:]
    _, _, place = _handle(footer, 0)
    start, size, _ = _handle(footer, place)
    found: dict[str, Variable] = {}
    seen = 0
    for number, (_, handle) in enumerate(_entries(_block(data, start, size))):
        if number >= MOST_BLOCKS:
            raise RefusedError(f"its index has more than {MOST_BLOCKS:,} blocks")
        block, length, _ = _handle(handle, 0)
        for key, value in _entries(_block(data, block, length)):
            seen += 1
            if seen > MOST_ENTRIES:
                raise RefusedError(f"more than {MOST_ENTRIES:,} variables")
            if not key:
                _check_header(_fields(value))
                continue
            variable = _variable(key.decode("utf-8"), _fields(value))
            if variable is not None:
                found[key.decode("utf-8")] = variable
    return found


def _block(data: bytes, start: int, size: int) -> bytes:
    if start + size + 5 > len(data) - FOOTER:  # a kind and a checksum end each block
        raise RefusedError(DAMAGED)
    if data[start + size] != 0:
        raise RefusedError("its index is compressed, which TensorFlow does not do")
    return data[start : start + size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; each key shares its beginning with the one before."""
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise RefusedError(DAMAGED)
    place, key = 0, b""
    while place < end:
        shared, place = _varint(block, place)
        rest, place = _varint(block, place)
        length, place = _varint(block, place)
        fits = shared <= len(key) and place + rest + length <= end
        if not fits or shared + rest > MOST_KEY or length > MOST_VALUE:
            raise RefusedError(DAMAGED)
        key = key[:shared] + block[place : place + rest]
        place += rest
        yield key, block[place : place + length]
        place += length


def _handle(data: bytes, place: int) -> tuple[int, int, int]:
    """Start and size of a block, and the place behind them."""
    start, place = _varint(data, place)
    size, place = _varint(data, place)
    return start, size, place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise RefusedError(DAMAGED)


def _fields(data: bytes) -> dict[int, list[int | bytes]]:
    """The fields of a protocol buffer by number: whole numbers, and bytes for everything else."""
    found: dict[int, list[int | bytes]] = {}
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        value: int | bytes
        if kind == 0:
            value, place = _varint(data, place)
        elif kind in (1, 2, 5):
            length = {1: 8, 5: 4}.get(kind, 0)
            if kind == 2:
                length, place = _varint(data, place)
            value = data[place : place + length]
            place += length
        else:
            raise RefusedError(DAMAGED)
        if place > len(data):
            raise RefusedError(DAMAGED)
        found.setdefault(number, []).append(value)
    return found


def _check_header(fields: dict[int, list[int | bytes]]) -> None:
    if fields.get(1, [1]) != [1]:
        raise RefusedError("its variables lie in more than one file; save it in one shard")
    if fields.get(2, [0]) != [0]:
        raise RefusedError("stored on a machine of the other byte order")


def _variable(name: str, fields: dict[int, list[int | bytes]]) -> Variable | None:
    dtype = TYPES.get(_whole(fields, 1))
    if dtype is None:
        return None
    if 7 in fields:
        raise RefusedError(f"{name[:80]!a} is stored in slices")
    if _whole(fields, 3) != 0:
        raise RefusedError(DAMAGED)
    shape = fields.get(2, [b""])[0]
    if not isinstance(shape, bytes):
        raise RefusedError(DAMAGED)
    axes = []
    for axis in _fields(shape).get(2, []):
        if not isinstance(axis, bytes):
            raise RefusedError(DAMAGED)
        axes.append(_whole(_fields(axis), 1))
    if len(axes) > MOST_AXES:
        raise RefusedError(f"{name[:80]!a} has {len(axes)} axes")
    return Variable(dtype, tuple(axes), _whole(fields, 4), _whole(fields, 5))


def _whole(fields: dict[int, list[int | bytes]], number: int) -> int:
    """A whole number; 0 where it is left out, as protocol buffers do."""
    value = fields.get(number, [0])[-1]
    if not isinstance(value, int) or value >= 1 << 63:
        raise RefusedError(DAMAGED)
    return value
