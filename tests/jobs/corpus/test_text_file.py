"""Decoding piece by piece: only the head where the head is asked for, and words for bad bytes."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest

import jobs.corpus.unpack
from jobs.config.schema import CorpusConfig
from jobs.corpus.corpus import Corpus
from jobs.corpus.load import load_corpus
from jobs.corpus.text_file import read_text_file
from jobs.errors import ExitCode, NeuronarioError

FILLER = "the quick brown fox jumps over the lazy dog.\n" * 40
SPANISH = "El niño comió una manzana por la mañana y después durmió un rato en el jardín.\n" * 40


def load(path: Path, **settings: object) -> Corpus:
    return load_corpus(CorpusConfig(path=path.name, **settings), path.parent)  # type: ignore[arg-type]


def refusal(path: Path, data: bytes, **settings: object) -> str:
    path.write_bytes(data)
    with pytest.raises(NeuronarioError) as caught:
        load(path, **settings)
    assert caught.value.code == ExitCode.BAD_DATA
    return str(caught.value)


def test_only_the_head_is_read(tmp_path: Path) -> None:
    path = tmp_path / "text"
    with path.open("wb") as file:
        file.write(FILLER.encode())
        file.write(b"\xff" * 3_000_000)  # would be refused, were it read
        file.truncate(10_000_000_000)  # and is more than max_bytes
    assert load(path, first_characters=1_500).characters == 1_500
    assert "more than 1,000" in refusal(
        tmp_path / "b", FILLER.encode(), first_characters=1_700, max_bytes=1_000
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "shift_jis"])
def test_characters_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(jobs.corpus.unpack, "BLOCK", 7)
    text = "ab日本語\r\nかな\n" * 200
    path = tmp_path / "text"
    path.write_bytes(text.encode(encoding))
    corpus = load(path, encoding=encoding)
    assert corpus.text(corpus.ids) == text
    assert "mixed line ends kept: 200 CRLF, 200 LF" in corpus.notes


@pytest.mark.parametrize(("distinct", "kind"), [(256, np.uint8), (257, np.uint16), (70_000, None)])
def test_bytes_for_each_character(tmp_path: Path, distinct: int, kind: type | None) -> None:
    letters = "".join(map(chr, range(0x20000, 0x20000 + distinct)))
    path = tmp_path / "text"
    path.write_text(letters[::-1] + letters * 8)
    if kind is None:
        with pytest.raises(NeuronarioError, match="70,000 distinct characters; at most 65,536"):
            load(path, max_alphabet=65_536)
        return
    corpus = load(path)
    assert corpus.ids.dtype == kind
    assert corpus.text(corpus.ids) == letters[::-1] + letters * 8


def test_a_bad_byte_in_utf8_is_a_byte_to_repair(tmp_path: Path) -> None:
    data = SPANISH.encode() + "añil \xff fin\n".encode("latin-1").replace(b"\xf1", "ñ".encode())
    said = refusal(tmp_path / "text", data + SPANISH.encode())
    assert "byte 0xff in line 41, column 6 (offset 3,446)" in said.replace(
        f"{len(SPANISH.encode()) + 6:,}", "3,446"
    )
    assert "the text around it is UTF-8: repair that byte in" in said
    assert "corpus.encoding" not in said


def test_likely_encodings_are_shown_with_a_line(tmp_path: Path) -> None:
    said = refusal(tmp_path / "text", SPANISH.encode("cp1252"))
    assert "byte 0xf1 in line 1, column 6 (offset 5)" in said
    assert "\n  cp1252: El niño comió una manzana" in said
    russian = "Мой дядя самых честных правил, когда не в шутку занемог\n" * 40
    assert "\n  koi8-r: Мой дядя" in refusal(tmp_path / "text", russian.encode("koi8-r"))


def test_no_encoding_is_proposed_because_it_takes_every_byte(tmp_path: Path) -> None:
    noise = np.random.Generator(np.random.PCG64(0)).integers(1, 256, 5_000, np.uint8).tobytes()
    said = refusal(tmp_path / "text", noise)
    assert "latin" not in said and "8859" not in said
    assert "no usual encoding fits" in said


def test_c1_controls_are_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("“quoted” – dash\n".encode("cp1252") + FILLER.encode())
    notes = load(path, encoding="latin-1").notes
    assert any(note.startswith("3 control characters of U+0080 to U+009F") for note in notes)
    assert load(path, encoding="cp1252").notes == ()


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return False

        buffer = io.BytesIO(FILLER.encode())

    monkeypatch.setattr(sys, "stdin", Terminal())
    corpus = load_corpus(CorpusConfig(path="-"), tmp_path)
    assert (corpus.name, corpus.bytes) == ("standard input", len(FILLER))
    assert corpus.text(corpus.ids) == FILLER
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(NeuronarioError, match="nothing is piped"):
        load_corpus(CorpusConfig(path="-"), tmp_path)


def test_several_files_are_joined(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + f"{name}:{FILLER}".encode())
    corpus = load_corpus(CorpusConfig(path=("b", "a")), tmp_path)
    assert corpus.text(corpus.ids) == f"b:{FILLER}a:{FILLER}"
    assert corpus.name == "b and 1 more"
    assert "byte order mark dropped (2 files)" in corpus.notes
    with pytest.raises(NeuronarioError, match=r"corpus\.max_bytes"):  # of all together
        load_corpus(CorpusConfig(path=("b", "a"), max_bytes=len(FILLER) + 100), tmp_path)


def test_a_link_is_followed_where_a_person_named_it(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(FILLER)
    (tmp_path / "link").symlink_to("text")
    assert load(tmp_path / "link").characters == len(FILLER)
    with pytest.raises(NeuronarioError, match="a symbolic link"):
        read_text_file(tmp_path / "link", "utf-8", 10_000)
