"""Texts of several documents: where they begin, and that none is cut by the hold-out."""

import numpy as np
import pytest

from jobs.config.schema import CorpusConfig
from jobs.corpus.corpus import corpus_card
from jobs.corpus.documents import GAP, separated, with_gaps
from jobs.corpus.load import load_corpus
from jobs.errors import ExitCode
from tests.support.store_at import code_of


def texts(corpus):
    """The documents as they are read, training first."""
    ends = np.append(corpus.starts[1:], corpus.characters)
    return [corpus.text(corpus.ids[a:b]) for a, b in zip(corpus.starts.tolist(), ends, strict=True)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "texts").mkdir()
    for name, text in {"a": "one " * 200, "b": "two " * 100, "c": "", "d": "three " * 40}.items():
        (tmp_path / "texts" / name).write_text(text)
    return tmp_path


def by_file(folder, **keys):
    return load_corpus(CorpusConfig(path="texts", documents="file", **keys), folder)


def by_separator(folder, text, separator, **keys):
    (folder / "t.txt").write_text(text)
    config = CorpusConfig(path="t.txt", documents={"separator": separator}, **keys)
    return load_corpus(config, folder)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize("separator", ["\n", "--", "aab", "%%\n"])
def test_pieces_are_cut_as_the_whole_text(separator, size):
    text = f"{separator}aaab{separator}{separator}ab-\n%%" * 5 + separator[:-1] + "aabaab---"
    pieces = (text[start : start + size] for start in range(0, len(text), size))
    documents = [""]
    for piece in separated(pieces, separator):
        if piece is None:
            documents.append("")
        else:
            documents[-1] += piece
    assert documents == text.split(separator)


def test_each_file_with_text_is_a_document_and_the_last_are_held_out(folder):
    corpus = by_file(folder)
    assert texts(corpus) == ["one " * 200, "two " * 100, "three " * 40]
    assert corpus.held_out_start == 1_200 and corpus.held_out_starts.tolist() == [0]
    assert "3 documents, 1 held out" in corpus.notes
    more = by_file(folder, held_out=0.3)  # the last alone has 0.17
    assert more.held_out_start == 800 and more.held_out_starts.tolist() == [0, 400]
    assert more.training_starts.tolist() == [0]


def test_a_separator_is_in_no_document_and_a_files_end_ends_one(folder):
    text = "\f".join(["first " * 40, "", "second " * 40, "third " * 40])
    corpus = by_separator(folder, text, "\f")
    assert texts(corpus) == ["first " * 40, "second " * 40, "third " * 40]
    assert "\f" not in corpus.alphabet
    both = CorpusConfig(path=("texts/a", "texts/d"), documents={"separator": "@"})
    assert len(load_corpus(both, folder).starts) == 2


def test_blocks_hold_a_document_out_whatever_comes_and_goes(folder):
    documents = [f"document {number} " * 12 for number in range(60)]
    corpus = by_separator(folder, "|".join(documents), "|", hold_out="blocks", held_out=0.3)
    read = texts(corpus)
    held = set(read[-corpus.held_out_starts.size :])
    assert 5 < len(held) < 30 and sorted(read) == sorted(documents)
    again = by_separator(
        folder, "|".join(["new text " * 20, *documents[::-1][5:]]), "|", hold_out="blocks",
        held_out=0.3,
    )  # fmt: skip
    held_again = set(texts(again)[-again.held_out_starts.size :])
    assert held_again - {"new text " * 20} == held - set(documents[-5:])


def test_boundaries_are_part_of_what_a_text_is(folder):
    text = "ab" * 400
    cards = [
        corpus_card(by_separator(folder, text[:at] + "|" + text[at:], "|")) for at in (200, 600)
    ]
    assert cards[0].sha256 == cards[1].sha256
    assert cards[0].documents_sha256 != cards[1].documents_sha256
    assert (cards[0].documents, cards[0].held_out_documents) == (2, 1)


def test_a_context_ends_at_its_document(folder):
    corpus = by_file(folder)
    assert corpus.text(corpus.context(803, 10)) == "two"
    assert corpus.context(corpus.held_out_start, 100).size == 0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"path": "texts/a", "documents": "file"}, "one document only"),
        ({"path": "texts/a", "documents": {"separator": "@"}}, "look at the separator"),
    ],
)
def test_two_documents_are_needed(folder, keys, words):
    code, message = code_of(lambda: load_corpus(CorpusConfig(**keys), folder))
    assert code == ExitCode.BAD_DATA and words in message


def test_a_gap_stands_before_each_document():
    ids = np.array([5, 6, 7, 8], np.uint8)
    assert with_gaps(ids, np.array([0, 3])).tolist() == [GAP, 5, 6, 7, GAP, 8]
