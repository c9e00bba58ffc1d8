"""Unpacking a compressed text while it is read: never more in memory than a few blocks."""

import gzip
import lzma
import zlib
from collections.abc import Iterator
from typing import IO

import zstandard

from jobs.errors import ExitCode, NeuronarioError

BLOCK = 1 << 20  # bytes
MAGIC = 8  # bytes that tell a compression
XZ_MEMORY = 1 << 28  # bytes that an xz file may ask for: its largest usual preset takes 65 MB
ZSTD_INPUT = 1 << 10  # bytes handed over at once: each can unpack to 32 kB
SIGNATURES = ((b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))


def compression(head: bytes) -> str:
    """``gzip``, ``xz``, ``zstd`` by the first bytes; "" for anything else."""
    return next((name for magic, name in SIGNATURES if head.startswith(magic)), "")


def blocks_of(file: IO[bytes], name: str) -> Iterator[bytes]:
    """The bytes of ``file`` in blocks, unpacked where it is gzip, xz or zstd.

    Args:
        file: at its start.
        name: for messages.

    Raises:
        NeuronarioError: 65, the compressed data are damaged or cut off.
    """
    head = file.read(MAGIC)
    kind = compression(head)
    whole = _Whole(head, file)
    try:
        if kind == "gzip":
            with gzip.GzipFile(fileobj=whole) as unpacked:  # type: ignore[call-overload]
                yield from iter(lambda: unpacked.read(BLOCK), b"")
        elif kind == "xz":
            yield from _xz(whole)
        elif kind == "zstd":
            yield from _zstd(whole)
        else:
            yield from iter(lambda: whole.read(BLOCK), b"")
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise NeuronarioError(
            f"{name}: its {kind} data are damaged or cut off ({error}); copy the file again",
            ExitCode.BAD_DATA,
        ) from error


class _Whole:
    """A file whose first bytes have been read already."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head, self._file = head, file

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes (a block where none is given); b"" at the end."""
        if size < 0:
            size = BLOCK
        head, self._head = self._head[:size], self._head[size:]
        return head + self._file.read(size - len(head))


def _xz(file: _Whole) -> Iterator[bytes]:
    """Streams one after another, each with no more than ``XZ_MEMORY`` bytes of tables."""
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY)
    waiting = b""
    while True:
        if decoder.eof:
            waiting = (decoder.unused_data or file.read(BLOCK)).lstrip(b"\0")  # padding
            if not waiting:
                return
            decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY)
        elif decoder.needs_input and not waiting:
            waiting = file.read(BLOCK)
            if not waiting:
                raise EOFError("the end is missing")
        data, waiting = decoder.decompress(waiting, BLOCK), b""
        if data:
            yield data


def _zstd(file: _Whole) -> Iterator[bytes]:
    """Frames one after another; zstandard refuses windows of more than 128 MB by itself."""
    decoder = zstandard.ZstdDecompressor().decompressobj()
    waiting = b""
    begun = False
    while True:
        waiting = waiting or file.read(ZSTD_INPUT)
        if not waiting:
            break
        if decoder.eof:
            decoder = zstandard.ZstdDecompressor().decompressobj()
        data = decoder.decompress(waiting[:ZSTD_INPUT])
        waiting = (
            decoder.unused_data + waiting[ZSTD_INPUT:] if decoder.eof else waiting[ZSTD_INPUT:]
        )
        begun = True
        if data:
            yield data
    if begun and not decoder.eof:
        raise EOFError("the end is missing")
