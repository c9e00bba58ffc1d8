"""Arrays too long for memory, written row by row: a folder of .npy files, or one .safetensors file.

Both know at once how many rows come, so every row has its place in a file from the start.
"""

import io
import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from jobs.disk.files import sync_folder, write_error, write_json

SAFETENSORS_TYPES = {"float32": "F32", "int32": "I32", "int64": "I64"}
DESCRIPTION = "trace.json"  # beside the .npy files


@dataclass(frozen=True)
class ArraySpec:
    """Type and shape of an array that is to be written; little-endian, C order."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Size of its values."""
        return self.dtype.itemsize * math.prod(self.shape)


class ArrayWriter(Protocol):
    """Named arrays under way to disk; nothing is in its place before :meth:`finish`."""

    def append(self, name: str, rows: np.ndarray) -> None:
        """Write the next rows of an array, (N, *shape[1:]).

        Raises:
            NeuronarioError: 73, 74 or 77 where they cannot be written.
        """

    def written(self, name: str) -> np.ndarray:
        """A whole array read back from disk: a read-only memory map."""

    def finish(self) -> None:
        """Every row was written: make the files durable."""

    def close(self) -> None:
        """Let go of the files; nothing more is written."""


class _Place:
    """Where one array stands in an open file, and how much of it is there."""

    def __init__(self, path: Path, handle: int, offset: int, spec: ArraySpec) -> None:
        self.path, self.handle, self.offset, self.spec = path, handle, offset, spec
        self.rows = 0

    def append(self, name: str, rows: np.ndarray) -> None:
        shape = self.spec.shape
        if rows.shape[1:] != shape[1:] or self.rows + rows.shape[0] > shape[0]:
            raise ValueError(f"{name}: {rows.shape} rows after {self.rows}, array {shape}")
        if rows.size == 0:  # NumPy has no bytes to show of it
            return
        data = np.ascontiguousarray(rows, self.spec.dtype)
        each = self.spec.dtype.itemsize * math.prod(shape[1:])
        write_at(self.path, self.handle, data.data.cast("B"), self.offset + self.rows * each)
        self.rows += rows.shape[0]

    def written(self) -> np.ndarray:
        shape = self.spec.shape
        return np.memmap(self.path, self.spec.dtype, "r", offset=self.offset, shape=shape)

    def check(self, name: str) -> None:
        if self.rows != self.spec.shape[0]:
            raise ValueError(f"{name}: {self.rows} rows of {self.spec.shape[0]} written")


class _Places:
    """What both kinds of files share: names, and the rows behind them."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._handles: list[int] = []

    def append(self, name: str, rows: np.ndarray) -> None:
        self._places[name].append(name, rows)

    def written(self, name: str) -> np.ndarray:
        return self._places[name].written()

    def finish(self) -> None:
        for name, place in self._places.items():
            place.check(name)
        for handle, path in {place.handle: place.path for place in self._places.values()}.items():
            try:
                os.fsync(handle)
            except OSError as error:
                raise write_error(path, error) from error
        self.close()
        for folder in {place.path.parent for place in self._places.values()}:
            sync_folder(folder)

    def close(self) -> None:
        while self._handles:
            with suppress(OSError):
                os.close(self._handles.pop())

    def _open(self, path: Path) -> int:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise write_error(path, error) from error
        self._handles.append(handle)
        return handle


class NpyFolder(_Places):
    """One ``NAME.npy`` for each array in an existing folder, and what they mean in trace.json."""

    def __init__(
        self, folder: Path, specs: Mapping[str, ArraySpec], description: Mapping[str, Any]
    ) -> None:
        super().__init__()
        write_json(folder / DESCRIPTION, description)
        for name, spec in specs.items():
            path = folder / f"{name}.npy"
            handle = self._open(path)
            head = npy_head(spec)
            write_at(path, handle, memoryview(head), 0)
            self._places[name] = _Place(path, handle, len(head), spec)


class SafetensorsFile(_Places):
    """All arrays in one file: the length of a JSON head (8 bytes), the head, the values.

    The layout is that of github.com/huggingface/safetensors. What the arrays mean is in the head
    as well, under ``__metadata__``, whose values are texts: ``description`` is JSON.
    """

    def __init__(
        self, path: Path, specs: Mapping[str, ArraySpec], description: Mapping[str, Any]
    ) -> None:
        super().__init__()
        handle = self._open(path)
        head: dict[str, Any] = {"__metadata__": {"description": json.dumps(description)}}
        # the widest values first, so that every array stands at a multiple of its item's size
        ordered = sorted(specs, key=lambda name: (-specs[name].dtype.itemsize, name))
        end = 0
        for name in ordered:
            spec = specs[name]
            head[name] = {
                "dtype": SAFETENSORS_TYPES[spec.dtype.name],
                "shape": list(spec.shape),
                "data_offsets": [end, end + spec.bytes],
            }
            end += spec.bytes
        text = json.dumps(head).encode("ascii")
        text += b" " * (-len(text) % 8)
        write_at(path, handle, memoryview(len(text).to_bytes(8, "little") + text), 0)
        for name in ordered:
            offset = 8 + len(text) + head[name]["data_offsets"][0]
            self._places[name] = _Place(path, handle, offset, specs[name])


def npy_head(spec: ArraySpec) -> bytes:
    """The head of an .npy file, format 1.0."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head,
        {
            "shape": spec.shape,
            "fortran_order": False,
            "descr": np.lib.format.dtype_to_descr(spec.dtype),
        },
    )
    return head.getvalue()


def write_at(path: Path, handle: int, data: memoryview, offset: int) -> None:
    """Write all of ``data`` (bytes) from ``offset`` on; the system may take it in pieces.

    Raises:
        NeuronarioError: 73, 74 or 77.
    """
    try:
        while data:
            count = os.pwrite(handle, data, offset)
            data, offset = data[count:], offset + count
    except OSError as error:
        raise write_error(path, error) from error
