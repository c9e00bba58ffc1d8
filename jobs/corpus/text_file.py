"""Opening a file that a user names: never block, never follow a link, never read without a cap.

Used for the corpus and for configuration files. What comes out is text exactly as it stands in
the file: only a byte order mark is dropped, and that is noted.
"""

import codecs
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import ExitCode, NeuronarioError

BYTE_ORDER_MARK = "\ufeff"
NUL_SHARE = 0.01  # more NUL characters than this: not a text, or a text in another encoding

# First bytes of what is given as a text by mistake.
SIGNATURES = (
    (b"\x1f\x8b", "gzip", "unpack it with gunzip"),
    (b"PK\x03\x04", "a zip archive", "unpack it with unzip"),
    (b"PK\x05\x06", "an empty zip archive", "give a text"),
    (b"BZh", "bzip2", "unpack it with bunzip2"),
    (b"\xfd7zXZ\x00", "xz", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unpack it with unzstd"),
    (b"%PDF-", "PDF", "export its text"),
)
# UTF-32 first: its little-endian mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextFile:
    """A decoded file."""

    text: str  # line ends as in the file
    bytes: int
    notes: tuple[str, ...]


def shown(value: object) -> str:
    """``value`` for a message: no control or bidirectional characters, not endless."""
    text = str(value)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= 200 else text[:197] + "..."


def read_text_file(path: Path, encoding: str, max_bytes: int) -> TextFile:
    """Read and decode a corpus.

    Raises:
        NeuronarioError: 66 missing; 77 not allowed to read; 74 I/O error; 65 not a regular file,
            too large, compressed, binary, not in ``encoding``, or changed while it was read.
    """
    data = read_regular_file(path, max_bytes, ExitCode.BAD_DATA)
    _refuse_signatures(data, path)
    text = _decode(data, encoding, path)
    notes = []
    marked = any(data.startswith(mark) for mark, name in MARKS if _same_codec(name, encoding))
    if text.startswith(BYTE_ORDER_MARK):
        text = text[1:]
        marked = True
    if marked:
        notes.append("byte order mark dropped")
    _refuse_binary(text, path)
    return TextFile(text, len(data), tuple(notes))


def character_notes(text: str) -> tuple[str, ...]:
    """What a reader should know of the characters: unusual line ends, NULs. All are kept."""
    return (*_line_end_notes(text), *_nul_notes(text))


def read_regular_file(path: Path, max_bytes: int, unusable: ExitCode) -> bytes:
    """All bytes of a regular file of at most ``max_bytes``.

    Directories, pipes, devices and symbolic links are refused without blocking; the size is looked
    at before anything is read; a file that changes meanwhile is refused. ``unusable`` is the exit
    code of those refusals; 66, 77 and 74 as in :func:`read_text_file`.
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
            key = " (corpus.max_bytes)" if unusable == ExitCode.BAD_DATA else ""
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


def _refuse_signatures(data: bytes, path: Path) -> None:
    for signature, kind, remedy in SIGNATURES:
        if data.startswith(signature):
            raise NeuronarioError(
                f"{shown(path)}: looks like {kind}, not like a text; {remedy}", ExitCode.BAD_DATA
            )


def _decode(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise NeuronarioError(
            f"corpus.encoding: {shown(encoding)} is unknown; for example utf-8, latin-1, utf-16",
            ExitCode.BAD_CONFIG,
        ) from error
    except UnicodeError as error:
        place = ""
        if isinstance(error, UnicodeDecodeError):
            found = data[error.start : error.start + 1].hex()
            place = f": byte 0x{found} at offset {error.start:,}"
        raise NeuronarioError(
            f"{shown(path)}: not valid {shown(encoding)}{place}; {_encoding_hint(data, encoding)}",
            ExitCode.BAD_DATA,
        ) from error


def _encoding_hint(data: bytes, encoding: str) -> str:
    for mark, name in MARKS:
        if data.startswith(mark) and not _same_codec(name, encoding):
            return f"it begins like {name.upper()}: set corpus.encoding: {name}"
    return "set corpus.encoding to the encoding it was written in (for example latin-1)"


def _same_codec(first: str, second: str) -> bool:
    return codecs.lookup(first).name == codecs.lookup(second).name


def _refuse_binary(text: str, path: Path) -> None:
    """A text has hardly any NUL; UTF-16 read as something else has them at every other place.

    A few are kept, as any other control character: in Latin-1 they are characters like others.
    """
    count = text.count("\0")
    if count > NUL_SHARE * len(text):
        raise NeuronarioError(
            f"{shown(path)}: looks binary: {count:,} of {len(text):,} characters are NUL, the "
            f"first at {text.index(chr(0)):,}; give a text, or set corpus.encoding "
            "(UTF-16 without a byte order mark: utf-16-le)",
            ExitCode.BAD_DATA,
        )


def _nul_notes(text: str) -> tuple[str, ...]:
    count = text.count("\0")
    return (f"{count:,} NUL characters kept",) if count else ()


def _line_end_notes(text: str) -> tuple[str, ...]:
    """Line ends are kept as they are; anything but LF alone is worth knowing."""
    both = text.count("\r\n")
    counts = {
        "CRLF": both,
        "lone CR": text.count("\r") - both,
        "LF": text.count("\n") - both,
    }
    present = [f"{count:,} {name}" for name, count in counts.items() if count]
    if len(present) > 1:
        return (f"mixed line ends kept: {', '.join(present)}",)
    if counts["LF"] or not present:
        return ()
    return (f"line ends kept: {present[0]}",)
