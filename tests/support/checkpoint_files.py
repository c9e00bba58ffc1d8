"""TensorFlow checkpoints made by hand: the table of the index, the protocol buffers, the values."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
MAGIC = bytes.fromhex("57fb808b247547db")
HEADER = b"\x08\x01"  # one shard, little-endian


def varint(number):
    data = b""
    while number >= 0x80:
        data, number = data + bytes([number & 0x7F | 0x80]), number >> 7
    return data + bytes([number])


def field(number, value):
    """A field of a protocol buffer: a whole number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(dtype, shape, offset, size, shard=0, extra=b""):
    axes = b"".join(field(2, field(1, length)) for length in shape)
    values = ((1, dtype), (2, axes), (3, shard), (4, offset), (5, size))
    return b"".join(field(*pair) for pair in values) + extra


def block(entries, kind=0, restarts=1):
    """Keys in full (each shares nothing with the one before), the restarts, kind and checksum."""
    data = b""
    for key, value in entries:
        data += varint(0) + varint(len(key)) + varint(len(value)) + key + value
    return data + bytes(4) * restarts + struct.pack("<I", restarts) + bytes([kind]) + bytes(4)


def table(entries, **options):
    """A whole index: one block of entries, an empty one, one that says where the first is."""
    first = block(entries, **options)
    empty = block([])
    handle = varint(0) + varint(len(first) - 5)
    where = block([(b"z", handle)])
    footer = varint(len(first)) + varint(len(empty) - 5)
    footer += varint(len(first) + len(empty)) + varint(len(where) - 5)
    return first + empty + where + footer.ljust(40, b"\0") + MAGIC


@dataclass
class Checkpoint:
    """Arrays by name, and the entries that tell of them; tests change both."""

    entries: list
    data: bytes


def checkpoint(arrays):
    entries, data = [(b"", HEADER)], b""
    for name in sorted(arrays):
        values = arrays[name].astype("<f4").tobytes()
        place = entry(1, arrays[name].shape, len(data), len(values))
        entries.append((f"{name}{VALUE}".encode(), place))
        data += values
    return Checkpoint(entries, data)


def write_checkpoint(folder, arrays, change=None, index=None, **options):
    """Both files; returns the index. ``change`` gets the checkpoint, ``index`` its bytes."""
    made = checkpoint(arrays)
    if change:
        change(made)
    data = table(made.entries, **options)
    path = Path(folder) / "ckpt.index"
    path.write_bytes(index(data) if index else data)
    path.with_name("ckpt.data-00000-of-00001").write_bytes(made.data)
    return path


def arrays_of(keras_arrays):
    """:func:`tests.support.model_files.keras_arrays` under the names of a checkpoint."""
    named = {}
    for place, array in keras_arrays.items():
        group, _, number = place.removeprefix("layers/").replace("vars/", "").rpartition("/")
        leaves = ("kernel", "recurrent_kernel", "bias")
        if not group.endswith("cell"):
            leaves = ("embeddings",) if group == "embedding" else ("kernel", "bias")
        named[f"model/{group}/{leaves[int(number)]}"] = array
    return {**named, "model/optimizer/_variables/2": np.ones((4, 4), np.float32)}
