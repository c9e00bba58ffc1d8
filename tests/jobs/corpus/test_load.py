"""The text as it is read: hostile files, encodings, alphabet, the two parts."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jobs.corpus.text_file
import jobs.disk.regular_file
from jobs.config.schema import CorpusConfig, TrainingConfig
from jobs.corpus.corpus import Corpus, corpus_card, with_alphabet
from jobs.corpus.load import load_corpus
from jobs.errors import ExitCode, NeuronarioError
from tests.support.places import CORPORA

FILLER = "the quick brown fox jumps over the lazy dog.\n" * 40  # long enough for both parts


def load(path: Path, **settings: object) -> Corpus:
    return load_corpus(CorpusConfig(path=path.name, **settings), path.parent)  # type: ignore[arg-type]


def refusal(path: Path, **settings: object) -> NeuronarioError:
    with pytest.raises(NeuronarioError) as caught:
        load(path, **settings)
    assert path.name in str(caught.value)
    return caught.value


# Texts that a corpus may well contain: they are characters and nothing else.
HARMLESS = {
    "tabs": "\ta\t\tb\n",
    "control": "\x02 start \x03 end \x1b[31m red \x07",
    "scripts": "<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1)",
    "markup languages": "# *a* {{ 7*7 }} {% raw %} {++x++} --8<-- [a](javascript:b) `c`",
    "closing tags": "</pre></span></body>",
    "bidirectional": "a\u202eb\u2066c\u200bd\u2069\ufeff",
    "combining": "z" + "\u0301\u0316\u0338" * 200,
    "astral": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "bombs": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>&x;',
    "workflow commands": "::set-output name=x::y\n::add-mask::z",
    "few NULs": "a\0b",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_texts_come_back_character_for_character(tmp_path: Path, text: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes((text + FILLER).encode())
    corpus = load(path)
    assert corpus.text(corpus.ids) == text + FILLER


def test_one_long_line(tmp_path: Path) -> None:
    path = tmp_path / "line.txt"
    path.write_text("ab" * 500_000)
    corpus = load(path)
    assert corpus.characters == 1_000_000
    assert corpus.alphabet == ("a", "b")
    assert corpus.notes == ()


# Files that are refused: bytes, exit code, and what the message must say.
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", "empty"),
    "one character": (b"a", "too short: 0 of its 1 characters"),
    "too short": (b"ab" * 400, "too short: 80 of its 800 characters"),
    "mostly NULs": (b"\0" * 5_000, "looks binary: 5,000 of its first 5,000 characters are NUL"),
    "every byte": (bytes(range(256)) * 20, "byte 0x80 in line 2, column 118 (offset 128)"),
    "invalid in the middle": (
        FILLER.encode() + b"\xff" + FILLER.encode(),
        "byte 0xff in line 41, column 1 (offset 1,800)",
    ),
    "cut in a character": (FILLER.encode() + "é".encode()[:1], "offset 1,800"),
    "UTF-16": (FILLER.encode("utf-16"), "set corpus.encoding: utf-16"),
    "UTF-32": (FILLER.encode("utf-32"), "set corpus.encoding: utf-32"),
    "UTF-16 without mark": (FILLER.encode("utf-16-le"), "utf-16-le"),
    "surrogate in WTF-8": (
        FILLER.encode() + b"\xed\xa0\x80",
        "byte 0xed in line 41, column 1 (offset 1,800)",
    ),
    "gzip": (b"\x1f\x8b\x08" + FILLER.encode(), "gzip data are damaged or cut off"),
    "zip": (b"PK\x03\x04" + FILLER.encode(), "looks like a zip archive"),
    "bzip2": (b"BZh9" + FILLER.encode(), "looks like bzip2"),
    "xz": (b"\xfd7zXZ\x00" + FILLER.encode(), "xz data are damaged or cut off"),
    "zstd": (b"\x28\xb5\x2f\xfd" + FILLER.encode(), "zstd data are damaged or cut off"),
    "100,000 characters": (
        "".join(map(chr, range(0x20000, 0x20000 + 100_000))).encode(),
        "100,000 distinct characters; at most 4,096",
    ),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_unusable_files_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "corpus"
    path.write_bytes(data)
    error = refusal(path)
    assert error.code == ExitCode.BAD_DATA
    assert said in str(error)


def make_circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "said"), [(os.mkfifo, "a named pipe"), (make_circle, "leads in a circle")]
)
def test_only_regular_files_are_opened(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "corpus"
    make(path)
    results: list[NeuronarioError] = []
    # In a thread: a reader that blocks on the pipe would hang the whole test run.
    thread = threading.Thread(target=lambda: results.append(refusal(path)), daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert results[0].code == ExitCode.BAD_DATA
    assert said in str(results[0])


def test_devices_are_refused() -> None:
    with pytest.raises(NeuronarioError, match="device") as caught:
        load_corpus(CorpusConfig(path="zero"), Path("/dev"))
    assert caught.value.code == ExitCode.BAD_DATA


@pytest.mark.parametrize("name", ["missing.txt", "missing/folder.txt", "x" * 300])
def test_missing_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(NeuronarioError, match="no such file") as caught:
        load_corpus(CorpusConfig(path=name), tmp_path)
    assert caught.value.code == ExitCode.NO_INPUT


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything, so permission bits prove nothing in CI: refuse in open itself.
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(jobs.disk.regular_file.os, "open", refuse)
    assert refusal(tmp_path / "secret.txt").code == ExitCode.NO_PERMISSION


def test_a_huge_sparse_file_is_refused_before_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sparse.txt"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    monkeypatch.setattr(jobs.corpus.text_file, "blocks_of", None)  # reading would fail otherwise
    error = refusal(path)
    assert error.code == ExitCode.BAD_DATA
    assert "10,000,000,000 bytes; at most 200,000,000 are read (corpus.max_bytes)" in str(error)


def test_max_bytes_is_inclusive(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(FILLER)
    assert load(path, max_bytes=len(FILLER)).bytes == len(FILLER)
    assert refusal(path, max_bytes=len(FILLER) - 1).code == ExitCode.BAD_DATA


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite", "replace"])
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "text.txt"
    path.write_text(FILLER)
    os.utime(path, ns=(0, 0))
    read = jobs.corpus.text_file.blocks_of

    def read_and_change(file: IO[bytes], name: str) -> Iterator[bytes]:
        if change == "shrink":
            os.truncate(path, 10)
        yield from read(file, name)
        if change == "grow":
            path.open("a").write("more")
        if change == "replace":
            path.with_name("new").write_text(FILLER)
            path.with_name("new").replace(path)
        if change == "rewrite":
            path.write_text(FILLER.upper())

    monkeypatch.setattr(jobs.corpus.text_file, "blocks_of", read_and_change)
    error = refusal(path)
    assert error.code == ExitCode.BAD_DATA
    assert "changed while it was read" in str(error)


def test_unknown_encoding_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(FILLER)
    config = CorpusConfig(path=path.name).model_copy(update={"encoding": "utf-9"})
    with pytest.raises(NeuronarioError, match="utf-9") as caught:
        load_corpus(config, tmp_path)
    assert caught.value.code == ExitCode.BAD_CONFIG


def test_every_byte_is_a_text_in_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(bytes(range(256)) * 20)
    corpus = load(path, encoding="latin-1")
    assert len(corpus.alphabet) == 256
    assert "20 NUL characters kept" in corpus.notes
    assert corpus.encoding == "latin-1"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "cp1252", "utf-8-sig"])
def test_other_encodings_give_the_same_text(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(f"é{FILLER}".encode(encoding))
    corpus = load(path, encoding=encoding)
    assert corpus.text(corpus.ids) == f"é{FILLER}"
    assert corpus.sha256 == hashlib.sha256(f"é{FILLER}".encode()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_byte_order_mark_is_dropped_and_noted(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(("\ufeff" + FILLER).encode(encoding.replace("-16", "-16-le")))
    corpus = load(path, encoding=encoding)
    assert "\ufeff" not in corpus.alphabet
    assert "byte order mark dropped" in corpus.notes


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a\r\nb\r\n", "line ends kept: 2 CRLF"),
        ("a\rb\r", "line ends kept: 2 lone CR"),
        ("a\r\nb\rc\n\nd\n\r", "mixed line ends kept: 1 CRLF, 2 lone CR, 3 LF"),
        ("a\nb\n", None),
    ],
)
def test_line_ends_are_kept_and_noted(tmp_path: Path, text: str, note: str | None) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes((text + "x" * 1_000).encode())
    corpus = load(path)
    assert corpus.text(corpus.ids[: len(text)]) == text
    assert corpus.notes == (() if note is None else (note,))


def test_one_distinct_character_runs_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("a" * 2_000)
    corpus = load(path)
    assert corpus.alphabet == ("a",)
    assert any(note.startswith("warning: one distinct character") for note in corpus.notes)


def test_half_a_surrogate_pair_from_a_lenient_encoding(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(FILLER.encode() + b"+2AA-")  # UTF-7 lets U+D800 through
    error = refusal(path, encoding="utf-7")
    assert error.code == ExitCode.BAD_DATA
    assert "offset" in str(error) or "U+D800" in str(error)


def test_the_head_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(FILLER + "\r\nÜ")
    corpus = load(path, first_characters=1_500)
    assert corpus.characters == 1_500
    assert corpus.notes == ("first 1,500 characters used, the rest is left out",)
    assert corpus.sha256 == hashlib.sha256(FILLER[:1_500].encode()).hexdigest()


def test_a_text_shorter_than_one_window(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("ab" * 500)  # 900 characters are trained on
    config = CorpusConfig(path=path.name)
    window = TrainingConfig(regime="window", window=899)
    assert load_corpus(config, tmp_path, window).characters == 1_000
    with pytest.raises(NeuronarioError, match=r"training\.window 900 needs at least 901") as caught:
        load_corpus(config, tmp_path, TrainingConfig(regime="window", window=900))
    assert caught.value.code == ExitCode.BAD_DATA
    load_corpus(config, tmp_path, TrainingConfig(regime="stream", window=900))


def test_parts_alphabet_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    text = "ba" * 600 + "c" * 300
    path.write_text(text)
    corpus = load(path, held_out=0.2)
    assert corpus.alphabet == ("a", "b", "c")
    assert corpus.ids.dtype == np.uint8
    assert not corpus.ids.flags.writeable
    assert corpus.held_out_start == 1_200
    assert corpus.text(corpus.held_out_ids) == "c" * 300
    assert corpus.counts().tolist() == [600, 600, 300]
    card = corpus_card(corpus)
    assert (card.counts, card.characters, card.name) == ((600, 600, 300), 1_500, "text.txt")


def test_the_generator_as_corpus(tmp_path: Path) -> None:
    corpus = load_corpus(CorpusConfig(builtin="xml", builtin_characters=5_000), tmp_path)
    assert (corpus.name, corpus.characters) == ("builtin xml", 5_000)
    assert corpus.entropy is not None
    assert corpus.text(corpus.ids[:5]) == "<?xml"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0"), min_size=1))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    whole = text + FILLER
    path = tmp_path_factory.mktemp("any") / "text.txt"
    path.write_bytes(whole.encode())
    corpus = load(path)
    assert corpus.text(corpus.ids) == whole
    assert list(corpus.alphabet) == sorted(set(whole))


def test_no_xml_parser_and_no_tensorflow_is_imported() -> None:
    import subprocess
    import sys

    code = (
        "import sys, jobs.corpus.corpus, jobs.config.file;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('tensorflow', 'xml', 'lxml', 'pyexpat', 'report')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


# Expected: characters (the count of the folder's own description where it gives one), alphabet.
REAL = {
    "builtin_candidate_providers_20k.xml": ("utf-8", None, 76),
    "builtin_candidate_providers_64k.xml": ("utf-8", None, 82),
    "builtin_candidate_providers_full.xml": ("utf-8", None, 85),
    "cldr_ar_bidi.xml": ("utf-8", None, 230),
    "linux_kernel.c.txt": ("utf-8", None, 101),
    "nietzsche.txt": ("utf-8", None, 84),
    "quijote_latin1.txt": ("latin-1", 2_071_088, 90),
    "shakespeare_hamlet.xml": ("utf-8", None, 72),
    "shakespeare_macbeth.xml": ("utf-8", None, 70),
    "tang300_zh.txt": ("utf-8", None, 2_585),
    "tinyshakespeare.txt": ("utf-8", 1_115_394, 65),
    "unicode_emoji-test.txt": ("utf-8", None, 1_514),
    "warpeace_cr_only_head.txt": ("utf-8", None, 76),
    "warpeace_crlf_bom.txt": ("utf-8", None, 83),
    "xkb_evdev.xml": ("utf-8", 247_103, 87),
}


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="needs the texts in ../shared/corpora")
@pytest.mark.parametrize("name", REAL)
def test_real_texts(name: str) -> None:
    encoding, characters, distinct = REAL[name]
    corpus = load_corpus(CorpusConfig(path=name, encoding=encoding), CORPORA)
    text = (CORPORA / name).read_bytes().decode(encoding).removeprefix("\ufeff")
    assert corpus.text(corpus.ids) == text
    assert len(corpus.alphabet) == distinct
    assert corpus.characters == (characters or len(text))
    assert any("lone CR" in note for note in corpus.notes) == ("cr_only" in name)
    assert any("CRLF" in note for note in corpus.notes) == ("crlf" in name)


def test_a_larger_alphabet_gives_the_same_text_in_other_ids(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FILLER)
    corpus = load(tmp_path / "a.txt")
    wide = with_alphabet(corpus, tuple(sorted({*corpus.alphabet, "!", "é", "\ufffd"})))
    assert wide.text(wide.ids) == FILLER
    assert (wide.sha256, wide.held_out_start) == (corpus.sha256, corpus.held_out_start)
    counts = dict(zip(wide.alphabet, wide.counts(), strict=True))
    assert counts["!"] == 0 and counts["q"] == FILLER.count("q")
    assert not wide.ids.flags.writeable
