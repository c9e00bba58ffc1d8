"""Decoding a text that a user names.

What comes out is text exactly as it stands in the file: only a byte order mark is dropped, and
that is noted.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from jobs.disk.regular_file import read_regular_file
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

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


def read_text_file(
    path: Path,
    encoding: str,
    max_bytes: int,
    *,
    encoding_key: str = "corpus.encoding",
    limit_key: str = "corpus.max_bytes",
) -> TextFile:
    """Read and decode a text; the keys are what a message names to be changed.

    Raises:
        NeuronarioError: 66 missing; 77 not allowed to read; 74 I/O error; 65 not a regular file,
            too large, compressed, binary, not in ``encoding``, or changed while it was read.
    """
    data = read_regular_file(path, max_bytes, ExitCode.BAD_DATA, limit_key=limit_key)
    _refuse_signatures(data, path)
    text = _decode(data, encoding, path, encoding_key)
    notes = []
    marked = any(data.startswith(mark) for mark, name in MARKS if _same_codec(name, encoding))
    if text.startswith(BYTE_ORDER_MARK):
        text = text[1:]
        marked = True
    if marked:
        notes.append("byte order mark dropped")
    _refuse_binary(text, path, encoding_key)
    return TextFile(text, len(data), tuple(notes))


def character_notes(text: str) -> tuple[str, ...]:
    """What a reader should know of the characters: unusual line ends, NULs. All are kept."""
    return (*_line_end_notes(text), *_nul_notes(text))


def _refuse_signatures(data: bytes, path: Path) -> None:
    for signature, kind, remedy in SIGNATURES:
        if data.startswith(signature):
            raise NeuronarioError(
                f"{shown(path)}: looks like {kind}, not like a text; {remedy}", ExitCode.BAD_DATA
            )


def _decode(data: bytes, encoding: str, path: Path, key: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise NeuronarioError(
            f"{key}: {shown(encoding)} is unknown; for example utf-8, latin-1, utf-16",
            ExitCode.BAD_CONFIG,
        ) from error
    except UnicodeError as error:
        place = ""
        if isinstance(error, UnicodeDecodeError):
            found = data[error.start : error.start + 1].hex()
            place = f": byte 0x{found} at offset {error.start:,}"
        raise NeuronarioError(
            f"{shown(path)}: not valid {shown(encoding)}{place}; "
            f"{_encoding_hint(data, encoding, key)}",
            ExitCode.BAD_DATA,
        ) from error


def _encoding_hint(data: bytes, encoding: str, key: str) -> str:
    for mark, name in MARKS:
        if data.startswith(mark) and not _same_codec(name, encoding):
            return f"it begins like {name.upper()}: set {key}: {name}"
    return f"set {key} to the encoding it was written in (for example latin-1)"


def _same_codec(first: str, second: str) -> bool:
    return codecs.lookup(first).name == codecs.lookup(second).name


def _refuse_binary(text: str, path: Path, key: str) -> None:
    """A text has hardly any NUL; UTF-16 read as something else has them at every other place.

    A few are kept, as any other control character: in Latin-1 they are characters like others.
    """
    count = text.count("\0")
    if count > NUL_SHARE * len(text):
        raise NeuronarioError(
            f"{shown(path)}: looks binary: {count:,} of {len(text):,} characters are NUL, the "
            f"first at {text.index(chr(0)):,}; give a text, or set {key} "
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
