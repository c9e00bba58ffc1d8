"""Fingerprints of stretches against their definition, in whole numbers of any size."""

import numpy as np

from jobs.corpus.fingerprint import BASE, LENGTH, WORD, spread, stretch_hashes


def finalised(value: int) -> int:
    value = (value + BASE) % WORD
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % WORD
    value = (value ^ value >> 27) * 0x94D049BB133111EB % WORD
    return value ^ value >> 31


def test_each_stretch_has_the_polynomial_hash_of_its_characters():
    points = np.array([ord(character) for character in "plain é 😀 text\n" * 6], np.uint32)
    hashes = stretch_hashes(points)
    assert hashes.shape == (points.size - LENGTH + 1,)
    for place in (0, 7, hashes.size - 1):
        stretch = points[place : place + LENGTH].tolist()
        powers = range(LENGTH - 1, -1, -1)
        total = sum(
            finalised(point) * BASE**power for point, power in zip(stretch, powers, strict=True)
        )
        assert int(hashes[place]) == finalised(total % WORD)


def test_a_stretch_has_the_same_fingerprint_wherever_it_stands():
    points = np.arange(100, dtype=np.uint32)
    shifted = np.concatenate([np.full(13, 5, np.uint32), points])
    assert np.array_equal(stretch_hashes(points), stretch_hashes(shifted)[13:])
    assert len(set(stretch_hashes(points).tolist())) == 100 - LENGTH + 1


def test_a_short_text_has_no_stretch():
    assert stretch_hashes(np.zeros(LENGTH - 1, np.uint32)).size == 0
    assert spread(np.zeros(0, np.uint64)).size == 0
