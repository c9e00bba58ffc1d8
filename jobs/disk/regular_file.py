"""Opening a file that is named from outside: never block, follow a link, or read without a cap."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown


def read_regular_file(
    path: Path, max_bytes: int, unusable: ExitCode, *, limit_key: str = ""
) -> bytes:
    """All bytes of a regular file of at most ``max_bytes``.

    Directories, pipes, devices and symbolic links are refused without blocking; the size is looked
    at before anything is read; a file that changes meanwhile is refused. ``unusable`` is the exit
    code of those refusals; 66, 77 and 74 as in :func:`read_text_file`. ``limit_key`` is the
    configuration key that raises the limit, "" where none does.
    """
    handle = _open(path, unusable)
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise NeuronarioError(
                f"{shown(path)}: {_kind(before.st_mode)}, not a file; give a regular file",
                unusable,
            )
        if before.st_size > max_bytes:
            key = f" ({limit_key})" if limit_key else ""
            raise NeuronarioError(
                f"{shown(path)}: {before.st_size:,} bytes; at most {max_bytes:,} are read{key}",
                unusable,
            )
        data = _read_all(handle, before.st_size)
        after = os.fstat(handle)
        if len(data) != before.st_size or _version(before) != _version(after):
            raise NeuronarioError(
                f"{shown(path)}: changed while it was read; start again when it is complete",
                unusable,
            )
        return data
    except OSError as error:
        raise NeuronarioError(f"{shown(path)}: {error.strerror}", ExitCode.IO_ERROR) from error
    finally:
        os.close(handle)


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file for reading; a link or device is an OSError, never followed or read."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file", str(path))
    return os.fdopen(handle, "rb")


def _open(path: Path, unusable: ExitCode) -> int:
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in the path
        raise NeuronarioError(f"{shown(path)}: not a path", unusable) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            message = "a symbolic link; give the path of the file itself"
            code = unusable
        elif error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            message, code = "no such file", ExitCode.NO_INPUT
        elif error.errno in (errno.EACCES, errno.EPERM):
            message, code = "no permission to read it", ExitCode.NO_PERMISSION
        elif error.errno in (errno.ENXIO, errno.ENODEV):
            message, code = "a device or socket, not a file; give a regular file", unusable
        else:
            message, code = str(error.strerror), ExitCode.IO_ERROR
        raise NeuronarioError(f"{shown(path)}: {message}", code) from error


def _read_all(handle: int, size: int) -> bytes:
    """Up to ``size`` + 1 bytes: one more than expected shows that the file grew."""
    with os.fdopen(os.dup(handle), "rb") as file:
        return file.read(size + 1)


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a named pipe" if stat.S_ISFIFO(mode) else "a device or socket"
