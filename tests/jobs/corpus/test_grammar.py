"""Grammars know their entropy: checked by listing every text and by the choices of many draws."""

from itertools import product
from math import log2
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.grammar import (
    Choice,
    Repeat,
    Rule,
    Sequence,
    Text,
    choice,
    evenly,
    frequent_first,
    sequence,
)
from tests.support.derivations import text_probability


def every_text(rule: Rule) -> dict[str, float]:
    """All texts of a rule without Repeat, with their probabilities, by brute force."""
    texts: dict[str, float] = {}
    if isinstance(rule, Text):
        return {rule.text: 1.0}
    if isinstance(rule, Choice):
        total = sum(weight for weight, _ in rule.options)
        for weight, option in rule.options:
            for text, probability in every_text(option).items():
                texts[text] = texts.get(text, 0.0) + probability * weight / total
        return texts
    assert isinstance(rule, Sequence)
    for combination in product(*(every_text(part).items() for part in rule.parts)):
        text = "".join(piece for piece, _ in combination)
        probability = 1.0
        for _, factor in combination:
            probability *= factor
        texts[text] = texts.get(text, 0.0) + probability
    return texts


TINY = sequence(
    "<",
    choice((3, "a"), (1, sequence("b", evenly(["x", "yy", "zzz"])))),
    ">",
    frequent_first("q r"),
)


def test_entropy_and_length_equal_brute_force() -> None:
    texts = every_text(TINY)
    assert len(texts) == 8
    assert sum(texts.values()) == pytest.approx(1.0)
    entropy = -sum(probability * log2(probability) for probability in texts.values())
    assert TINY.entropy == pytest.approx(entropy)
    assert TINY.length == pytest.approx(sum(p * len(text) for text, p in texts.items()))


def test_probability_of_every_text() -> None:
    for text, probability in every_text(TINY).items():
        assert text_probability(TINY, text) == pytest.approx(probability)
    assert text_probability(TINY, "<a>") == 0.0
    assert text_probability(TINY, "<a>qq") == 0.0


def test_repeat_equals_its_geometric_series() -> None:
    rule = Repeat(evenly("ab"), least=2, again=0.3)
    counts = {2 + n: 0.7 * 0.3**n for n in range(60)}
    assert rule.length == pytest.approx(sum(n * p for n, p in counts.items()))
    # n letters are one of 2^n texts
    entropy = sum(p * (n - log2(p)) for n, p in counts.items())
    assert rule.entropy == pytest.approx(entropy)
    assert text_probability(rule, "abb") == pytest.approx(counts[3] / 8)
    assert text_probability(rule, "a") == 0.0


def test_ambiguity_shows() -> None:
    """The check that the embedded grammar must pass does fail on an ambiguous one."""
    ambiguous = sequence(evenly(["a", "ab"]), evenly(["bc", "c"]))  # "abc" has two derivations
    assert text_probability(ambiguous, "abc") == pytest.approx(0.5)
    texts = every_text(ambiguous)
    entropy = -sum(probability * log2(probability) for probability in texts.values())
    assert ambiguous.entropy == pytest.approx(2.0)
    assert entropy == pytest.approx(1.5)


@given(st.integers(0, 10**6))
def test_bits_of_a_draw_are_its_probability(seed: int) -> None:
    rule = sequence(TINY, Repeat(sequence(",", TINY), least=1, again=0.5))
    pieces: list[str] = []
    bits = rule.draw(Random(seed).random, pieces)
    assert 2.0**-bits == pytest.approx(text_probability(rule, "".join(pieces)))


def test_choices_follow_the_weights() -> None:
    random = Random(3).random
    rule = choice((1, "a"), (2, "b"), (5, "c"))
    pieces: list[str] = []
    for _ in range(8_000):
        rule.draw(random, pieces)
    # 4 standard deviations of a binomial are at most 179
    assert pieces.count("a") == pytest.approx(1_000, abs=179)
    assert pieces.count("c") == pytest.approx(5_000, abs=179)
