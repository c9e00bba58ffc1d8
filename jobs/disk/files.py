"""The one place that writes files: every file appears whole or not at all.

Order of the steps (temporary file in the same folder, write, fsync, rename, fsync of the folder)
as in restic's local backend.
"""

import errno
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from jobs.errors import ExitCode, NeuronarioError


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace ``path`` by ``data`` atomically; creates missing parent folders.

    ``durable``: it also survives a power loss (fsync). Only what can be made again, such as the
    thousands of pages of a docs folder, does without.

    Raises:
        NeuronarioError: 74 on an I/O error (disk full included), 77 without permission, 73 where
            the file cannot be created.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
        temporary = None
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, line ends as they are."""
    write_bytes(path, text.encode("utf-8"))


def json_text(value: Any) -> str:
    """Stable JSON: sorted keys, LF, ASCII escapes (so that a diff is safe to print), no NaN."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as stable JSON."""
    write_text(path, json_text(value))


def npy_bytes(array: np.ndarray) -> bytes:
    """The content of an .npy file: same array, same bytes."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as an uncompressed .npz: same arrays, same bytes (sorted names, fixed dates)."""
    buffer = io.BytesIO()
    ordered: dict[str, Any] = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    np.savez(buffer, **ordered)
    write_bytes(path, buffer.getvalue())


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power loss."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_error(path: Path, error: OSError) -> NeuronarioError:
    """Turn an ``OSError`` met while writing ``path`` into the user's error with its exit code."""
    code = {
        errno.EACCES: ExitCode.NO_PERMISSION,
        errno.EPERM: ExitCode.NO_PERMISSION,
        errno.EROFS: ExitCode.CANNOT_CREATE,
        errno.ENOENT: ExitCode.CANNOT_CREATE,
        errno.ENOTDIR: ExitCode.CANNOT_CREATE,
        errno.EISDIR: ExitCode.CANNOT_CREATE,
    }.get(error.errno or 0, ExitCode.IO_ERROR)
    return NeuronarioError(f"{error.strerror or error} while writing {path}", code)


def move_folder(source: Path, target: Path) -> None:
    """Make a complete folder appear as ``target``, which must not exist or be empty: one rename.

    Raises:
        NeuronarioError: as :func:`write_bytes`.
    """
    try:
        for folder in sorted(path for path in source.rglob("*") if path.is_dir()):
            sync_folder(folder)
        sync_folder(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise write_error(target, error) from error


def link_or_copy(source: Path, target: Path) -> None:
    """Make ``target`` the same file as ``source``, or a copy where there are no hard links."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise write_error(target, error) from error
        write_bytes(target, source.read_bytes())


def remove_folder(folder: Path) -> None:
    """Delete a folder of ours with everything in it; links in it are not followed."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise write_error(folder, error) from error


def remove_file(path: Path) -> None:
    """Delete a file of ours; one that is gone already is no error."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
