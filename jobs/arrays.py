"""Reading .npz files that nobody vouches for: headers are judged before any data is loaded.

Only plain, uncompressed arrays of the expected names, types and shapes are accepted; object
arrays (pickle) never are.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike


@dataclass(frozen=True)
class Expected:
    """Type and shape of one array; a name in the shape stands for any length, equal throughout."""

    dtype: DTypeLike
    shape: tuple[int | str, ...]


class ArrayError(ValueError):
    """Why a file is not the .npz that was expected."""


def read_npz(file: IO[bytes], expected: Mapping[str, Expected]) -> dict[str, np.ndarray]:
    """Read exactly the ``expected`` arrays from an open .npz file.

    Raises:
        ArrayError: not an .npz, or a missing, additional or unexpected array.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check_headers(archive, expected)
            return {name: _load(archive, name) for name in expected}
    except ArrayError:
        raise
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        KeyError,
        OverflowError,
        MemoryError,
    ) as error:
        raise ArrayError(f"not a readable .npz ({error})") from error


def _check_headers(archive: zipfile.ZipFile, expected: Mapping[str, Expected]) -> None:
    found = sorted(member.filename for member in archive.infolist())
    wanted = sorted(f"{name}.npy" for name in expected)
    if found != wanted:
        different = sorted(set(found) ^ set(wanted)) or found
        raise ArrayError(f"holds other arrays than expected: {', '.join(different[:5])!a}")
    lengths: dict[str, int] = {}
    for name, want in expected.items():
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type != zipfile.ZIP_STORED:
            raise ArrayError(f"{name} is compressed")
        shape, dtype = _header(archive, member)
        fits = len(shape) == len(want.shape) and all(
            length == (lengths.setdefault(axis, length) if isinstance(axis, str) else axis)
            for length, axis in zip(shape, want.shape, strict=True)
        )
        if not fits or dtype != np.dtype(want.dtype):
            raise ArrayError(
                f"{name} is {dtype} {shape}, expected {np.dtype(want.dtype)} {want.shape}"
            )
        if member.file_size < dtype.itemsize * int(np.prod(shape, dtype=object)):
            raise ArrayError(f"{name} is shorter than its header says")


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        if version != (1, 0):
            raise ArrayError(f"{member.filename} has an unknown header")
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
    if fortran or dtype.hasobject:
        raise ArrayError(f"{member.filename} is stored in a way that runs never use")
    return shape, dtype


def _load(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as stream:
        array: np.ndarray = npy.read_array(stream, allow_pickle=False)
    array.setflags(write=False)
    return array
