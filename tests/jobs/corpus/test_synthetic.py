"""The embedded corpus: the same text everywhere, sound XML, entropy as computed."""

import hashlib
import xml.etree.ElementTree as ElementTree  # in the test only: the job never parses XML
from math import log2, sqrt
from random import Random

import pytest

from jobs.corpus.synthetic import (
    CORPUS_SEED,
    HEADING,
    entropy_bits_per_character,
    generate_xml,
    record,
)
from tests.support.derivations import text_probability


def records(count: int, seed: int) -> list[tuple[str, float]]:
    random = Random(seed).random
    drawn = []
    for _ in range(count):
        pieces: list[str] = []
        bits = record().draw(random, pieces)
        drawn.append(("".join(pieces), bits))
    return drawn


def test_the_text_never_changes() -> None:
    text = generate_xml(250_000, CORPUS_SEED).text
    assert len(text) == 250_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest == "1973a729450085dddb9ce28d97880e43ccdee89a0e779ad5753ce955d8c74bd9"


def test_longer_texts_begin_like_shorter_ones() -> None:
    assert generate_xml(9_000, 4).text[:5_000] == generate_xml(5_000, 4).text
    assert generate_xml(5_000, 5).text != generate_xml(5_000, 4).text


def test_every_record_has_one_derivation_only() -> None:
    """Otherwise the entropy of the choices would be more than that of the text."""
    for text, bits in records(250, seed=11):
        if bits < 1_000:  # beyond, the probability underflows
            assert -log2(text_probability(record(), text)) == pytest.approx(bits)


def test_records_end_unmistakably() -> None:
    """So that a text of records is cut in one way, and the entropy rate is H / E[length]."""
    for text, _ in records(250, seed=12):
        assert text.count("\n\t</entry>\n") == 1
        assert text.endswith("\n\t</entry>\n")


def test_choices_of_a_long_text_meet_the_computed_entropy() -> None:
    drawn = records(5_000, seed=13)
    rate = entropy_bits_per_character(record())
    # The mean of bits - rate * length is 0; its standard error follows from the draws themselves.
    differences = [bits - rate * len(text) for text, bits in drawn]
    mean = sum(differences) / len(differences)
    variance = sum((difference - mean) ** 2 for difference in differences) / len(differences)
    error = sqrt(variance / len(differences))
    assert abs(mean) < 4 * error
    assert error / record().length < 0.002  # the check is sharp: 0.002 bits per character
    assert 0.4 < rate < 0.6


def test_mean_length_of_records() -> None:
    lengths = [len(text) for text, _ in records(5_000, seed=14)]
    mean = sum(lengths) / len(lengths)
    error = sqrt(sum((length - mean) ** 2 for length in lengths)) / len(lengths)
    assert abs(mean - record().length) < 4 * error


def test_it_is_xml_with_one_tab_per_level() -> None:
    text = HEADING + "".join(text for text, _ in records(200, seed=15)) + "</diary>\n"
    ElementTree.fromstring(text.encode())
    depth = 0
    for line in text.splitlines()[1:]:
        tabs = len(line) - len(line.lstrip("\t"))
        closes = line.lstrip().startswith("</")
        depth -= closes
        assert tabs == depth, line
        opens = line.lstrip().startswith("<") and not closes
        depth += opens and not ("</" in line or "/>" in line or "-->" in line)
    assert depth == 0


def test_there_is_something_to_learn() -> None:
    """What neurons may follow is really there, in the training part and in the held-out part."""
    text = generate_xml(250_000, CORPUS_SEED).text
    for part in (text[:225_000], text[225_000:]):
        for mark in ("<!-- ", "&amp; ", "&quot;", '="', "='", "/>", 'lang="es"', "</house>"):
            assert part.count(mark) > 5, mark
        assert "\n\t\t\t\t\t\t" in part  # depth
