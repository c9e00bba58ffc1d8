"""Held-out blocks stay held out, however the text around them changes."""

import random
from pathlib import Path

import numpy as np
import pytest

from jobs.config.schema import CorpusConfig
from jobs.corpus.corpus import Corpus
from jobs.corpus.load import load_corpus

WORDS = ["amber", "birch", "cloud", "delta", "ember", "fjord", "grove", "haven", "inlet"]


def lines(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [
        " ".join(generator.choices(WORDS, k=generator.randint(3, 7))) + f" {number}\n"
        for number in generator.sample(range(10**6), count)
    ]


FIRST = lines(6_000, 1)


def load(folder: Path, text: str, **settings: object) -> Corpus:
    (folder / "text").write_text(text, encoding="utf-8")
    config = CorpusConfig(path="text", hold_out="blocks", **settings)  # type: ignore[arg-type]
    return load_corpus(config, folder)


def parts(corpus: Corpus) -> tuple[set[str], set[str]]:
    """The lines of the training part and of the held-out part."""
    training, held_out = (
        set(corpus.text(ids).splitlines()) for ids in (corpus.training_ids, corpus.held_out_ids)
    )
    return training, held_out


def test_every_character_is_in_one_part_and_the_share_is_about_right(tmp_path: Path) -> None:
    text = "".join(FIRST)
    corpus = load(tmp_path, text, held_out=0.2)
    assert sorted(corpus.text(corpus.ids).splitlines()) == sorted(text.splitlines())
    assert corpus.held_out_ids.size / corpus.characters == pytest.approx(0.2, abs=0.08)
    training, held_out = parts(corpus)
    assert not training & held_out
    text_lines = text.splitlines()
    order = [text_lines.index(line) for line in corpus.text(corpus.held_out_ids).splitlines()]
    assert order == sorted(order)


@pytest.mark.parametrize("change", ["appended", "put before", "inserted", "a new character"])
def test_no_block_changes_its_side(tmp_path: Path, change: str) -> None:
    before = load(tmp_path, "".join(FIRST))
    more = lines(700, 2)
    if change == "a new character":
        more = [line.replace("fjord", "fjørd") for line in more]
    texts = {
        "put before": more + FIRST,
        "inserted": FIRST[:3_000] + more + FIRST[3_000:],
    }
    after = load(tmp_path, "".join(texts.get(change, FIRST + more)))
    (old_training, old_held_out), (training, held_out) = parts(before), parts(after)
    moved = len(old_training & held_out) + len(old_held_out & training)
    assert moved <= 60  # at most the block that the change falls into
    assert len(old_held_out & held_out) > 0.8 * len(old_held_out)


def test_a_larger_share_keeps_what_is_held_out(tmp_path: Path) -> None:
    text = "".join(FIRST)
    small, large = (parts(load(tmp_path, text, held_out=share))[1] for share in (0.1, 0.3))
    assert small < large


def test_a_text_without_line_ends_has_blocks_too(tmp_path: Path) -> None:
    text = "".join(FIRST).replace("\n", " ")
    corpus = load(tmp_path, text)
    assert 0.02 < corpus.held_out_ids.size / corpus.characters < 0.25
    assert np.array_equal(np.sort(corpus.ids), np.sort(load(tmp_path, text, held_out=0.2).ids))
