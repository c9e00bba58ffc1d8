"""A text in a network's alphabet: what is unknown and where it stands, ids of the rest."""

import numpy as np
import pytest

from jobs.corpus import unknown_characters as module
from jobs.corpus.unknown_characters import UnknownCharacter, encoded, unknown_characters, where

ALPHABET = ("\n", "a", "b", "é", "😀")
TEXT = "ab\nxé😀\n€axb€"


@pytest.fixture(params=[1, 4, 1_000_000])
def chunks(request, monkeypatch):
    """However the text is cut."""
    monkeypatch.setattr(module, "CHUNK", request.param)


def joined(*arguments):
    places, ids = zip(*encoded(*arguments), strict=True)
    return np.concatenate(places).tolist(), np.concatenate(ids).tolist()


@pytest.mark.usefixtures("chunks")
def test_unknown_characters_in_the_order_of_their_first_places():
    assert unknown_characters(TEXT, ALPHABET) == (
        UnknownCharacter("x", 2, 3),
        UnknownCharacter("€", 2, 7),
    )
    assert unknown_characters("ab\né😀", ALPHABET) == ()


def test_places_are_said_in_lines_and_columns():
    unknown = unknown_characters(TEXT, ALPHABET)
    assert [where(TEXT, one) for one in unknown] == [
        "U+0078 'x' 2 times, first at line 2, column 1",
        "U+20AC '\\u20ac' 2 times, first at line 3, column 1",
    ]
    (one,) = unknown_characters("a\nab\x1b", ALPHABET)
    assert where("a\nab\x1b", one) == "U+001B '\\x1b' once, at line 2, column 3"


@pytest.mark.usefixtures("chunks")
def test_skipped_or_replaced():
    places, ids = joined(TEXT, ALPHABET)
    known = [(place, sign) for place, sign in enumerate(TEXT) if sign in ALPHABET]
    assert places == [place for place, _ in known]
    assert ids == [ALPHABET.index(sign) for _, sign in known]
    places, ids = joined(TEXT, ALPHABET, "é")
    assert places == list(range(len(TEXT)))
    assert "".join(ALPHABET[one] for one in ids) == TEXT.replace("x", "é").replace("€", "é")
