"""The pairing of units against every pairing there is."""

from itertools import permutations

import numpy as np
import pytest

from report.compare.assignment import NEAR_TIE, assign

ALL = np.ones(5, bool)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_pairing_is_stronger(seed):
    strength = np.random.default_rng(seed).random((5, 5))
    pairs = assign(strength, ALL, ALL)
    best = max(sum(strength[i, j] for i, j in enumerate(order)) for order in permutations(range(5)))
    assert sorted(pairs) == sorted(pairs.values()) == list(range(5))
    assert sum(strength[i, j] for i, j in pairs.items()) == pytest.approx(best)


def test_units_that_say_nothing_have_no_partner():
    alive = np.array([True, False, True, True, True])
    pairs = assign(np.eye(5), alive, ALL)
    assert 1 not in pairs and len(pairs) == 4
    assert assign(np.eye(5), ~ALL, ALL) == {}


def test_the_own_index_wins_a_near_tie_at_or_above_the_bar_alone():
    strength = np.array([[0.80, 0.80 + NEAR_TIE / 2], [0.85, 0.80]])
    two = np.ones(2, bool)
    assert assign(strength, two, two) == {0: 1, 1: 0}
    assert assign(strength, two, two, own_bar=0.8) == {0: 0, 1: 1}
    assert assign(strength, two, two, own_bar=0.81) == {0: 1, 1: 0}
    strength[0, 1] = 0.80 + 2 * NEAR_TIE
    assert assign(strength, two, two, own_bar=0.8) == {0: 1, 1: 0}
