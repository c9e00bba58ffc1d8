"""Reading .npz files that nobody vouches for: headers are judged before any data is loaded.

Only plain, uncompressed arrays of the expected names, types and shapes are accepted; object
arrays (pickle) never are.
"""

import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import DTypeLike

# an .npy file of version 1.0 as NumPy writes it: little-endian numbers, C order, up to 8 axes
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)"
    rb"\{'descr': '(?P<dtype><[fi][248])', 'fortran_order': False, "
    rb"'shape': \((?P<shape>(?:[0-9]{1,18},?(?: [0-9]{1,18},?){0,7})?)\), \} *\n",
    re.DOTALL,
)
HEADER_BYTES = 512  # more than any header that the pattern allows


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
            return {name: _load(archive, name, want.dtype) for name, want in expected.items()}
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
        if member.file_size > HEADER_BYTES + dtype.itemsize * math.prod(shape):
            raise ArrayError(f"{name} is longer than its header says")


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type, if the array begins exactly as this project's arrays do.

    NumPy's own reader evaluates the header as Python source; here it must match a pattern.
    """
    with archive.open(member) as stream:
        start = stream.read(HEADER_BYTES)
    match = HEADER.match(start)
    if match is None or match.end() != 10 + int.from_bytes(match["length"], "little"):
        raise ArrayError(f"{member.filename} is stored in a way that runs never use")
    shape = tuple(int(length) for length in match["shape"].split(b",") if length.strip())
    return shape, np.dtype(match["dtype"].decode("ascii"))


def _load(archive: zipfile.ZipFile, name: str, dtype: DTypeLike) -> np.ndarray:
    data = archive.read(f"{name}.npy")  # its checksum is verified on the way
    shape, _ = _header(archive, archive.getinfo(f"{name}.npy"))
    offset = 10 + int.from_bytes(data[8:10], "little")
    return np.frombuffer(data, dtype, offset=offset).reshape(shape)  # read-only, no copy
