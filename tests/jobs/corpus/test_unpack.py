"""Compressed texts: the same text comes out, damage is said, bombs stop at the limit."""

import bz2
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from jobs.config.schema import CorpusConfig
from jobs.corpus.load import load_corpus
from jobs.corpus.unpack import BLOCK, blocks_of
from jobs.errors import ExitCode, NeuronarioError

TEXT = "".join(f"line {number} of the text, añil\n" for number in range(60_000))  # several blocks
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("kind", PACK)
def test_the_text_comes_out(tmp_path: Path, kind: str) -> None:
    data = TEXT.encode()
    assert len(data) > BLOCK
    path = tmp_path / f"text.{kind}"
    path.write_bytes(PACK[kind](data[:1_000_000]) + PACK[kind](data[1_000_000:]))  # two streams
    corpus = load_corpus(CorpusConfig(path=path.name), tmp_path)
    assert corpus.text(corpus.ids) == TEXT
    assert any(note.startswith("unpacked from") for note in corpus.notes)
    assert corpus.bytes == path.stat().st_size


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damage_is_said(tmp_path: Path, kind: str, damage: str) -> None:
    packed = bytearray(PACK[kind](TEXT.encode()))
    if damage == "cut":
        del packed[-10:]
    else:
        packed[len(packed) // 2] ^= 0x55
    if kind == "zst" and damage == "changed":  # frames without a checksum: cut the block's header
        packed[5:12] = b"\xff" * 7
    path = tmp_path / "text"
    path.write_bytes(bytes(packed))
    with pytest.raises(NeuronarioError, match="damaged or cut off") as caught:
        load_corpus(CorpusConfig(path="text"), tmp_path)
    assert caught.value.code == ExitCode.BAD_DATA


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_stops_at_the_limit(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(PACK[kind](b"a" * 300_000_000))
    tracemalloc.start()
    with pytest.raises(NeuronarioError, match=r"corpus\.max_bytes") as caught:
        load_corpus(CorpusConfig(path="bomb", max_bytes=5_000_000), tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == ExitCode.BAD_DATA
    assert peak < 120_000_000


def test_an_xz_file_that_asks_for_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    packed = lzma.compress(b"a" * 1_000, lzma.FORMAT_XZ, filters=filters)
    with pytest.raises(NeuronarioError, match="damaged or cut off"):
        list(blocks_of(io.BytesIO(packed), "text"))


def test_other_compressions_are_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(bz2.compress(TEXT.encode()))
    with pytest.raises(NeuronarioError, match="looks like bzip2"):
        load_corpus(CorpusConfig(path="text"), tmp_path)
