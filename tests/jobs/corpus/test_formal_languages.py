"""The texts whose truth is known: well formed, entropy by hand and by the choices of many draws."""

import hashlib
import re
from math import log2, sqrt
from random import Random

import pytest

from jobs.corpus.formal_languages import (
    COLUMN,
    DYCK_DEPTH,
    LONGEST_HALF,
    anbn_word,
    counter_line,
    dyck_line,
)
from jobs.corpus.grammar import Repeat, Rule
from jobs.corpus.synthetic import CORPUS_SEED, entropy_bits_per_character, generate
from tests.support.derivations import text_probability

RULES = {"anbn": anbn_word, "dyck": dyck_line, "counter-lines": counter_line}


def draws(rule: Rule, count: int, seed: int) -> list[tuple[str, float]]:
    random = Random(seed).random
    drawn = []
    for _ in range(count):
        pieces: list[str] = []
        bits = rule.draw(random, pieces)
        drawn.append(("".join(pieces), bits))
    return drawn


@pytest.mark.parametrize("name", RULES)
def test_choices_of_a_long_text_meet_the_computed_entropy(name: str) -> None:
    rule = RULES[name]()
    drawn = draws(rule, 20_000, seed=5)
    rate = entropy_bits_per_character(rule)
    # The mean of bits - rate * length is 0; its standard error follows from the draws themselves.
    differences = [bits - rate * len(text) for text, bits in drawn]
    mean = sum(differences) / len(differences)
    error = sqrt(sum((one - mean) ** 2 for one in differences)) / len(differences)
    assert abs(mean) < 4 * error + 1e-9
    assert error / rule.length < 0.002  # the check is sharp: 0.002 bits per character


@pytest.mark.parametrize("name", RULES)
def test_every_draw_has_one_derivation_only(name: str) -> None:
    """Otherwise the entropy of the choices would be more than that of the text."""
    rule = RULES[name]()
    for text, bits in draws(rule, 150, seed=6):
        if bits < 1_000:  # beyond, the probability underflows
            assert -log2(text_probability(rule, text)) == pytest.approx(bits)


def test_entropies_by_hand() -> None:
    """Twelve words of 2n + 1 characters; nine digits, eight lengths of names of two-bit letters."""
    assert entropy_bits_per_character(anbn_word()) == pytest.approx(log2(12) / 14)
    names, bars = 3 + 2 * 4.5, log2(9)
    assert entropy_bits_per_character(counter_line()) == pytest.approx((names + bars) / 20)


def test_entropy_of_the_innermost_brackets_by_hand() -> None:
    """At depth 1: pairs of one bit each, after each a coin of 0.6 whether another follows."""
    brackets = dyck_line().parts[0]
    for _ in range(DYCK_DEPTH - 1):
        assert isinstance(brackets, Repeat)
        pair = brackets.item.options[0][1]  # type: ignore[attr-defined]
        brackets = pair.parts[1]
    coin = -0.6 * log2(0.6) - 0.4 * log2(0.4)
    pairs = 0.6 / 0.4
    assert brackets.entropy == pytest.approx(pairs + coin / 0.4)
    assert brackets.length == pytest.approx(2 * pairs)


def test_anbn_is_what_it_says() -> None:
    words = generate("anbn", 50_000, 1).text.split(" ")[:-1]
    lengths = [len(word) // 2 for word in words]
    assert all(word == "a" * n + "b" * n for word, n in zip(words, lengths, strict=True))
    assert set(lengths) == set(range(1, LONGEST_HALF + 1))


def test_dyck_is_balanced_and_bounded() -> None:
    deepest = 0
    for line in generate("dyck", 50_000, 1).text.split("\n")[:-1]:
        stack: list[str] = []
        for character in line:
            if character in "([":
                stack.append(character)
                deepest = max(deepest, len(stack))
            else:
                assert stack.pop() + character in ("()", "[]")
        assert not stack and line
    assert deepest == DYCK_DEPTH


def test_counter_lines_count() -> None:
    for line in generate("counter-lines", 50_000, 1).text.split("\n")[:-1]:
        found = re.fullmatch(r"([a-d]{1,8}\.+)([1-9]) (#+)", line)
        assert found is not None, line
        assert (len(found[1]), len(found[3])) == (COLUMN, int(found[2]))


DIGESTS = {
    "anbn": "c8914a5bb9b18aaa5f5b2e386197c8582e41ca3937757ee281b5057b633c264c",
    "dyck": "95915c363ca332d78646d129cab075338d74a39739c789b0ffbff45878b002de",
    "counter-lines": "0190c9399718e4117e0a29e63547f200176a483667302ebf3585fba8be6cd251",
}


@pytest.mark.parametrize("name", RULES)
def test_the_text_never_changes(name: str) -> None:
    text = generate(name, 100_000, CORPUS_SEED).text
    assert len(text) == 100_000
    assert hashlib.sha256(text.encode()).hexdigest() == DIGESTS[name]
    assert generate(name, 2_000, CORPUS_SEED).text == text[:2_000]
    assert generate(name, 2_000, 2).text != text[:2_000]
