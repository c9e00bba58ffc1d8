"""What weights have read is known again: moved, shuffled and sorted text, and no false alarm."""

import random
from dataclasses import replace

import numpy as np
import pytest

import jobs.corpus.seen
from jobs.corpus.seen import Seen, joined, seen_of, share_read_before

WORDS = [
    "ab",
    "bridge",
    "cold",
    "dune",
    "echo",
    "fern",
    "grass",
    "hill",
    "iron",
    "june",
    "kite",
    "lamp",
    "moss",
    "nest",
    "oak",
    "pine",
]


def lines(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [
        " ".join(generator.choices(WORDS, k=generator.randint(4, 9))) + f" {number:x}\n"
        for number in generator.sample(range(10**9), count)
    ]


ALPHABET = tuple(sorted(set("".join(lines(2_000, 0)))))


def ids_of(text: str, alphabet: tuple[str, ...] = ALPHABET) -> np.ndarray:
    places = {character: place for place, character in enumerate(alphabet)}
    return np.array([places[character] for character in text], np.uint8)


def split(text: str, share: float = 0.1) -> tuple[Seen, np.ndarray]:
    """The record of the training part, and the held-out ids."""
    ids = ids_of(text)
    cut = len(ids) - round(share * len(ids))
    return seen_of(ids[:cut], ALPHABET), ids[cut:]


FIRST = lines(2_000, 1)
EARLIER, _ = split("".join(FIRST))


def share(text: str, held_out: float = 0.1) -> float:
    training, held = split(text, held_out)
    return share_read_before(held, ALPHABET, EARLIER, training)


def test_a_text_that_grows_at_its_end_is_new() -> None:
    assert share("".join(FIRST + lines(400, 2))) == 0.0
    assert share("".join(FIRST)) == 0.0


def test_a_fresh_network_has_read_nothing_before() -> None:
    training, held = split("".join(FIRST))
    assert share_read_before(held, ALPHABET, None, training) == 0.0


def test_a_larger_held_out_share_takes_what_was_trained_on() -> None:
    assert share("".join(FIRST), 0.3) == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize("order", ["shuffled", "sorted"])
def test_lines_in_another_order_are_known_again(order: str) -> None:
    mixed = sorted(FIRST) if order == "sorted" else random.Random(3).sample(FIRST, len(FIRST))
    assert share("".join(mixed)) == pytest.approx(0.9, abs=0.05)


def test_one_long_line_that_is_shifted_is_known_again() -> None:
    text = "".join(FIRST).replace("\n", " ")
    earlier = seen_of(ids_of(text), ALPHABET)
    moved = ids_of("oak " + text[5_000:] + text[:5_000])
    cut = len(moved) - 4_000
    training = seen_of(moved[:cut], ALPHABET)
    assert share_read_before(moved[cut:], ALPHABET, earlier, training) > 0.9


def test_what_the_training_part_repeats_is_no_fault() -> None:
    refrain = " ".join(WORDS) + " 1\n"
    text = "".join(line + refrain for line in FIRST)
    earlier, _ = split(text)
    training, held = split(text + "".join(line + refrain for line in lines(300, 5)))
    assert share_read_before(held, ALPHABET, earlier, training) == 0.0


def test_another_alphabet_changes_no_fingerprint() -> None:
    text = "".join(FIRST)
    wider = tuple(sorted({*ALPHABET, "!", "ñ"}))
    one, other = seen_of(ids_of(text), ALPHABET), seen_of(ids_of(text, wider), wider)
    assert np.array_equal(one.stretches.hashes, other.stretches.hashes)
    assert np.array_equal(one.lines.hashes, other.lines.hashes)


def test_a_record_stays_small_and_still_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.corpus.seen, "MOST", 500)
    monkeypatch.setattr(jobs.corpus.seen, "AT_ONCE", 10_000)  # several pieces
    earlier, _ = split("".join(FIRST))
    assert earlier.stretches.hashes.size == earlier.lines.hashes.size == 500
    both = joined(earlier, seen_of(ids_of("".join(lines(500, 7))), ALPHABET))
    assert both.lines.hashes.size == 500
    training, held = split("".join(random.Random(3).sample(FIRST, len(FIRST))))
    assert share_read_before(held, ALPHABET, both, training) == pytest.approx(0.9, abs=0.1)


def test_a_union_knows_either() -> None:
    other = lines(500, 9)
    both = joined(EARLIER, seen_of(ids_of("".join(other)), ALPHABET))
    nothing = seen_of(ids_of("".join(lines(500, 11))), ALPHABET)
    for text in (FIRST[:300], other):
        held = ids_of("".join(text))
        assert share_read_before(held, ALPHABET, both, nothing) > 0.95
    fewer = replace(both, lines=nothing.lines, stretches=nothing.stretches)
    assert share_read_before(ids_of("".join(other)), ALPHABET, fewer, nothing) == 0.0
