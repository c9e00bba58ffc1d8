"""Decoding a text that a user names, piece by piece: only what is needed is read.

What comes out is text exactly as it stands in the file: only a byte order mark is dropped, and
that is noted.
"""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from jobs.corpus.guess_encoding import AROUND, MARKS, encoding_hint, same_codec
from jobs.corpus.sources import Source
from jobs.corpus.unpack import MAGIC, blocks_of, compression
from jobs.disk.regular_file import opened, refuse_larger
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

BYTE_ORDER_MARK = "\ufeff"
NUL_SHARE = 0.01  # more NUL characters than this: not a text, or a text in another encoding

# First bytes of what is given as a text by mistake.
SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", "unpack it with unzip"),
    (b"PK\x05\x06", "an empty zip archive", "give a text"),
    (b"BZh", "bzip2", "unpack it with bunzip2"),
    (b"%PDF-", "PDF", "export its text"),
)


@dataclass
class Budget:
    """What reading several files has taken; grows while they are read."""

    max_bytes: int  # after unpacking
    encoding_key: str = "corpus.encoding"  # what a message names to be changed
    limit_key: str = "corpus.max_bytes"  # "": nothing raises the limit
    read: int = 0  # bytes after unpacking
    stored: int = 0  # bytes as the sources hold them; of standard input as unpacked
    marks: int = 0  # byte order marks dropped
    packed: list[str] = field(default_factory=list)  # how each compressed file was compressed

    def add(self, count: int, name: str) -> None:
        """Count ``count`` more bytes; too many are refused."""
        self.read += count
        if self.read > self.max_bytes:
            key = f" ({self.limit_key})" if self.limit_key else ""
            raise NeuronarioError(
                f"{name}: more than {self.max_bytes:,} bytes of text; at most that many are "
                f"read{key}; give a shorter text",
                ExitCode.BAD_DATA,
            )

    def notes(self) -> tuple[str, ...]:
        """What was noticed."""
        several = f" ({self.marks} files)" if self.marks > 1 else ""
        marks = (f"byte order mark dropped{several}",) if self.marks else ()
        return (*marks, *(f"unpacked from {kind}" for kind in dict.fromkeys(self.packed)))


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
    """All of one text, as a whole; no link is followed. The keys are what a message names.

    Raises:
        NeuronarioError: as :func:`text_pieces`.
    """
    budget = Budget(max_bytes, encoding_key, limit_key)
    text = "".join(text_pieces(Source(path, follow_links=False), encoding, budget))
    return TextFile(text, budget.stored, budget.notes())


def text_pieces(
    source: Source, encoding: str, budget: Budget, *, whole: bool = True
) -> Iterator[str]:
    """The text of one source in pieces.

    Args:
        source: a file or standard input.
        encoding: of its bytes, after unpacking.
        budget: counts what is read, of all sources together.
        whole: whether the caller will take all of it; else a file may be larger than the budget,
            and may change behind what is taken.

    Raises:
        NeuronarioError: 66 missing; 77 not allowed to read; 74 I/O error; 78 unknown encoding; 65
            not a regular file, too large, compressed and damaged, binary, not in ``encoding``, or
            changed while it was read.
    """
    with _opened(source, whole) as file:
        if source.path is not None:
            size = os.fstat(file.fileno()).st_size
            budget.stored += size
            _look_at_head(source.path, file, size if whole else 0, budget)
        blocks = _counted(blocks_of(file, source.name), source, budget)
        pieces = _decoded(blocks, source.name, encoding, budget)
        yield from _text_checked(pieces, source.name, budget.encoding_key)


def _opened(source: Source, whole: bool) -> AbstractContextManager[IO[bytes]]:
    if source.path is not None:
        return opened(
            source.path, ExitCode.BAD_DATA, follow_links=source.follow_links, to_the_end=whole
        )
    if sys.stdin is None or sys.stdin.isatty():
        raise NeuronarioError(
            "standard input: nothing is piped into it; pipe a text, or name a file in corpus.path",
            ExitCode.NO_INPUT,
        )
    return nullcontext(sys.stdin.buffer)


def _look_at_head(path: Path, file: IO[bytes], size: int, budget: Budget) -> None:
    """Refuse by the first bytes what is no text, and by its size what is too large."""
    head = file.read(MAGIC)
    file.seek(0)
    for signature, kind, remedy in SIGNATURES:
        if head.startswith(signature):
            raise NeuronarioError(
                f"{shown(path)}: looks like {kind}, not like a text; {remedy}", ExitCode.BAD_DATA
            )
    if compression(head):
        budget.packed.append(compression(head))
    else:
        refuse_larger(
            path, size, budget.max_bytes - budget.read, ExitCode.BAD_DATA, budget.limit_key
        )


def _counted(blocks: Iterator[bytes], source: Source, budget: Budget) -> Iterator[bytes]:
    for block in blocks:
        budget.add(len(block), source.name)
        if source.path is None:
            budget.stored += len(block)
        yield block


def _decoded(blocks: Iterator[bytes], name: str, encoding: str, budget: Budget) -> Iterator[str]:
    """The pieces as text, the byte order mark taken off the first."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as error:
        raise NeuronarioError(
            f"{budget.encoding_key}: {shown(encoding)} is unknown; for example utf-8, latin-1, "
            "utf-16",
            ExitCode.BAD_CONFIG,
        ) from error
    place = _Place()
    tail = b""  # bytes before the present block, for a look at what stands around a wrong one
    first = True
    for block in _with_end(blocks):
        try:
            text = decoder.decode(block, final=block == b"")
        except UnicodeError as error:
            if isinstance(error, UnicodeDecodeError) and same_codec(encoding, "utf-8"):
                yield error.object[: error.start].decode()  # the caller may need no more
            raise _undecodable(error, tail, block, place, name, encoding, budget) from error
        if first and block:
            marked = any(
                block.startswith(mark) for mark, codec in MARKS if same_codec(codec, encoding)
            )
            budget.marks += marked or text.startswith(BYTE_ORDER_MARK)
            text = text.removeprefix(BYTE_ORDER_MARK)
            first = False
        place.pass_over(text, len(block))
        tail = (tail + block)[-AROUND:]
        if text:
            yield text


def _with_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield b""


@dataclass
class _Place:
    """Where in a file the decoder is."""

    line: int = 1
    column: int = 1  # in characters
    offset: int = 0  # in bytes, of the block that comes

    def pass_over(self, text: str, size: int) -> None:
        self.offset += size
        newlines = text.count("\n")
        self.line += newlines
        after = len(text) - (text.rfind("\n") + 1)
        self.column = after + 1 if newlines else self.column + after


def _undecodable(
    error: UnicodeError,
    tail: bytes,
    block: bytes,
    place: _Place,
    name: str,
    encoding: str,
    budget: Budget,
) -> NeuronarioError:
    around, at, where = tail + block, len(tail), ""
    if isinstance(error, UnicodeDecodeError):
        # the decoder's object also holds what it kept of the block before
        kept = len(error.object) - len(block)
        at = len(tail) - kept + error.start
        offset = place.offset - kept + error.start
        before = error.object[: error.start].decode(encoding, "replace")
        place.pass_over(before, 0)
        byte = error.object[error.start : error.start + 1].hex()
        where = (
            f": byte 0x{byte} in line {place.line:,}, column {place.column:,} (offset {offset:,})"
        )
    hint = encoding_hint(
        around, max(at, 0), encoding, budget.encoding_key, start_of_file=len(tail) == place.offset
    )
    return NeuronarioError(f"{name}: not valid {shown(encoding)}{where}; {hint}", ExitCode.BAD_DATA)


def _text_checked(pieces: Iterator[str], name: str, key: str) -> Iterator[str]:
    """A text has hardly any NUL; UTF-16 read as something else has them at every other place.

    A few are kept, as any other control character: in Latin-1 they are characters like others.
    """
    nuls, characters, first = 0, 0, 0
    for number, piece in enumerate(pieces):
        count = piece.count("\0")
        if count and not nuls:
            first = characters + piece.index("\0")
        nuls += count
        characters += len(piece)
        if number == 0:
            _refuse_binary(nuls, characters, first, name, key)
        yield piece
    _refuse_binary(nuls, characters, first, name, key)


def _refuse_binary(nuls: int, characters: int, first: int, name: str, key: str) -> None:
    if nuls > NUL_SHARE * characters:
        raise NeuronarioError(
            f"{name}: looks binary: {nuls:,} of its first {characters:,} characters are NUL, the "
            f"first at {first:,}; give a text, or set {key} "
            "(UTF-16 without a byte order mark: utf-16-le)",
            ExitCode.BAD_DATA,
        )
