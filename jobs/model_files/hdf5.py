"""HDF5 files that nobody vouches for, read from memory.

A path in an HDF5 file can lead out of it: by a link in any component, by a data set whose bytes
are in other files, by a virtual data set. So a path is followed one hard link at a time, and only
plain data sets are read, whose bytes lie in this file (CVE-2026-1669 and its follow-ups).
"""

import io
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from jobs.model_files.file_model import Float, RefusedError, float32

MOST_OBJECTS = 20_000
MOST_DEPTH = 16
MOST_CONFIG_BYTES = 8_000_000


class Hdf5:
    """An open HDF5 file in memory."""

    def __init__(self, data: bytes) -> None:
        self._bytes = len(data)
        try:
            self._file = h5py.File(io.BytesIO(data), "r")
        except Exception as error:  # what h5py raises for damaged files is no closed set
            raise RefusedError("not a readable HDF5 file") from error

    def arrays(self, path: str) -> dict[str, Float]:
        """Every array below ``path``, by its path from there; {} where there is no such group."""
        try:
            start = self._follow(path)
            if not isinstance(start, h5py.Group):
                return {}
            found: dict[str, Float] = {}
            for seen, (name, data) in enumerate(self._below(start, "", 0)):
                if seen >= MOST_OBJECTS:
                    raise RefusedError(f"more than {MOST_OBJECTS:,} objects")
                if isinstance(data, h5py.Dataset):
                    found[name] = self._array(f"{path}/{name}", data)
            return found
        except RefusedError:
            raise
        except Exception as error:
            raise RefusedError(f"{path}: damaged") from error

    def text_attribute(self, name: str) -> str | None:
        """A text that is kept beside the root group; None where there is none."""
        try:
            if name not in self._file.attrs:
                return None
            attribute = self._file.attrs.get_id(name)
            if attribute.shape != () or attribute.get_storage_size() > MOST_CONFIG_BYTES:
                raise RefusedError(f"its attribute {name} is not one text")
            value: Any = self._file.attrs[name]
            if isinstance(value, bytes):
                value = value.decode("utf-8")
        except RefusedError:
            raise
        except Exception as error:
            raise RefusedError(f"its attribute {name} is damaged") from error
        if not isinstance(value, str) or len(value) > MOST_CONFIG_BYTES:
            raise RefusedError(f"its attribute {name} is not one text")
        return value

    def _follow(self, path: str) -> Any:
        here: Any = self._file
        for component in path.split("/"):
            if not isinstance(here, h5py.Group) or component not in here.keys():  # noqa: SIM118
                return None
            here = _child(here, component)
        return here

    def _below(self, group: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
        if depth > MOST_DEPTH:
            raise RefusedError(f"groups within groups, more than {MOST_DEPTH} deep")
        for name in group.keys():  # noqa: SIM118 (a group of h5py, no dict)
            child = _child(group, name)
            yield prefix + name, child
            if isinstance(child, h5py.Group):
                yield from self._below(child, f"{prefix}{name}/", depth + 1)

    def _array(self, name: str, data: Any) -> Float:
        """The values of a plain data set: all its bytes once, in this file, uncompressed."""
        properties = data.id.get_create_plist()
        if data.is_virtual:
            raise RefusedError(f"{name} is a virtual data set: its values are in other places")
        if properties.get_external_count():
            raise RefusedError(f"{name} is kept in another file")
        if properties.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT):
            raise RefusedError(f"{name} is stored in chunks; save the model without compression")
        if data.dtype.kind != "f":
            raise RefusedError(f"{name} holds {data.dtype}, not numbers with a point")
        size = int(np.prod([int(length) for length in data.shape], dtype=object))
        size *= data.dtype.itemsize
        if size > self._bytes or data.id.get_storage_size() != size:
            raise RefusedError(f"{name} claims {size:,} bytes that the file does not have")
        return float32(name, data[()])


def _child(group: Any, name: str) -> Any:
    """What hangs in ``group`` under ``name`` by a hard link; any other link is refused."""
    try:
        link = group.get(name, getlink=True)
    except TypeError as error:
        raise RefusedError(f"{name!a} is a link of an unknown kind") from error
    if not isinstance(link, h5py.HardLink):
        raise RefusedError(f"{name!a} is a link that can lead to another place or file")
    return group[name]
