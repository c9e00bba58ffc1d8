"""Opening a file that is named from outside: never block, and read nothing without a cap.

Links are refused, except where the caller says that a person named the file.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
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
    code of those refusals; 66, 77 and 74 as in :func:`opened`.
    ``limit_key`` is the configuration key that raises the limit, "" where none does.
    """
    with opened(path, unusable) as file:
        size = os.fstat(file.fileno()).st_size
        refuse_larger(path, size, max_bytes, unusable, limit_key)
        data = _read_all(file, size)
        if len(data) != size:
            raise _changed(path, unusable)
        return data


@contextmanager
def opened(
    path: Path, unusable: ExitCode, *, follow_links: bool = False, to_the_end: bool = True
) -> Iterator[IO[bytes]]:
    """A regular file for the body of a ``with``; one that changes meanwhile is refused at its end.

    Args:
        path: the file.
        unusable: exit code for what is no regular file, and for one that changed.
        follow_links: whether ``path`` may be a link: where a person named it.
        to_the_end: whether all of it is read; a change behind what was read is none.

    Raises:
        NeuronarioError: 66 missing; 77 not allowed to read; 74 I/O error; ``unusable`` else.
    """
    handle = _open(path, unusable, follow_links)
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        os.close(handle)
        raise NeuronarioError(
            f"{shown(path)}: {_kind(before.st_mode)}, not a file; give a regular file", unusable
        )
    with os.fdopen(handle, "rb") as file:
        try:
            yield file
            if to_the_end and _version(before) != _version(os.fstat(handle)):
                raise _changed(path, unusable)
        except OSError as error:
            raise NeuronarioError(f"{shown(path)}: {error.strerror}", ExitCode.IO_ERROR) from error


def refuse_larger(
    path: Path, size: int, max_bytes: int, unusable: ExitCode, limit_key: str
) -> None:
    """Refuse a file of more than ``max_bytes``, which the key ``limit_key`` raises ("": none)."""
    if size > max_bytes:
        key = f" ({limit_key})" if limit_key else ""
        raise NeuronarioError(
            f"{shown(path)}: {size:,} bytes; at most {max_bytes:,} are read{key}", unusable
        )


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file for reading; a link or device is an OSError, never followed or read."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "not a regular file", str(path))
    return os.fdopen(handle, "rb")


def _open(path: Path, unusable: ExitCode, follow_links: bool) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags if follow_links else flags | os.O_NOFOLLOW)
    except ValueError as error:  # a NUL in the path
        raise NeuronarioError(f"{shown(path)}: not a path", unusable) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            message = "a symbolic link; give the path of the file itself"
            if follow_links:
                message = "a symbolic link that leads in a circle; mend it"
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


def _read_all(file: IO[bytes], size: int) -> bytes:
    """Up to ``size`` + 1 bytes: one more than expected shows that the file grew."""
    return file.read(size + 1)


def _changed(path: Path, unusable: ExitCode) -> NeuronarioError:
    return NeuronarioError(
        f"{shown(path)}: changed while it was read; start again when it is complete", unusable
    )


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a named pipe" if stat.S_ISFIFO(mode) else "a device or socket"
