"""Large texts in the alphabet of a network."""

import gzip
import hashlib

import numpy as np
import pytest

from jobs.config.schema import CorpusConfig
from jobs.corpus.known_text import read_known_text
from jobs.corpus.load import load_corpus
from jobs.errors import ExitCode, NeuronarioError

ALPHABET = ("\n", "a", "b", "é")


def read(folder, *names, replacement="", documents=None, alphabet=ALPHABET, most=10**9):
    corpus = CorpusConfig.model_validate({"path": "x", "documents": documents})
    return read_known_text(
        tuple(str(folder / name) for name in names),
        alphabet,
        corpus,
        encoding="utf-8",
        replacement=replacement,
        max_bytes=most,
    )


def characters(text, alphabet=ALPHABET):
    return "".join(alphabet[one] for one in text.ids.tolist())


def test_several_files_are_one_text_as_a_corpus_is(tmp_path):
    (tmp_path / "one.txt").write_text("ab\né" * 300, encoding="utf-8")
    (tmp_path / "two.txt.gz").write_bytes(gzip.compress(("ba" * 300).encode()))
    found = read(tmp_path, "one.txt", "two.txt.gz")
    assert characters(found) == "ab\né" * 300 + "ba" * 300
    assert found.ids.dtype == np.uint8 and not found.ids.flags.writeable
    assert found.starts is None and found.unknown == ()
    names = [str(tmp_path / name) for name in ("one.txt", "two.txt.gz")]
    corpus = load_corpus(CorpusConfig.model_validate({"path": names}), tmp_path)
    assert (found.sha256, found.name) == (corpus.sha256, corpus.name)  # so it is recognised


def test_unknown_characters_are_counted_and_placed(tmp_path):
    (tmp_path / "one.txt").write_text("ab\nax\nxa", encoding="utf-8")
    (tmp_path / "two.txt").write_text("€b\nx", encoding="utf-8")
    found = read(tmp_path, "one.txt", "two.txt")
    assert [(one.character, one.count, one.line, one.column) for one in found.unknown] == [
        ("x", 3, 2, 2),
        ("€", 1, 1, 1),
    ]
    assert found.unknown[1].file.endswith("two.txt")
    assert "U+0078 'x' 3 times, first at " in str(found.unknown[0])
    assert "one.txt, line 2, column 2" in str(found.unknown[0])
    assert characters(found) == "ab\na\nab\n" and found.characters == 12
    assert characters(read(tmp_path, "one.txt", replacement="é")) == "ab\naé\néa"


def test_a_place_in_a_later_piece_of_a_file_is_right(tmp_path):
    line = "a" * 999 + "\n"
    (tmp_path / "long.txt").write_text(line * 3_000 + "aax", encoding="utf-8")
    (unknown,) = read(tmp_path, "long.txt").unknown
    assert (unknown.line, unknown.column) == (3_001, 3)


def test_documents_begin_as_the_run_s_own_do(tmp_path):
    (tmp_path / "one.txt").write_text("ab--ba----a", encoding="utf-8")
    (tmp_path / "two.txt").write_text("b", encoding="utf-8")
    (tmp_path / "none.txt").write_text("")
    names = ("one.txt", "none.txt", "two.txt")
    separated = read(tmp_path, *names, documents={"separator": "--"})
    assert characters(separated) == "abbaab"
    assert separated.starts.tolist() == [0, 2, 4, 5]
    files = read(tmp_path, *names, documents="file", alphabet=(*ALPHABET, "-"))
    assert files.starts.tolist() == [0, 11]


def test_large_alphabets_take_two_bytes(tmp_path):
    alphabet = tuple(chr(0x4E00 + number) for number in range(400))
    (tmp_path / "text.txt").write_text("".join(alphabet), encoding="utf-8")
    found = read(tmp_path, "text.txt", alphabet=alphabet)
    assert found.ids.dtype == np.uint16
    assert characters(found, alphabet) == "".join(alphabet)
    assert found.sha256 == hashlib.sha256("".join(alphabet).encode()).hexdigest()


def test_too_large_a_text_is_one_line(tmp_path):
    (tmp_path / "text.txt").write_text("ab" * 100)
    with pytest.raises(NeuronarioError, match="at most 100 are read") as caught:
        read(tmp_path, "text.txt", most=100)
    assert caught.value.code == ExitCode.BAD_DATA
