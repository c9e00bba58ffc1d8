"""Universality on networks that are known to be the same, turned, or unrelated."""

import numpy as np
import pytest

from report.measures.universality.layers import (
    ROTATIONS,
    alike,
    find,
    halves,
    predicted,
    rotations,
)

UNITS, CHARACTERS = 12, 4_000


def states(seed=0, units=UNITS):
    """Sparse states that follow each other slowly: a basis of its own, as trained units have."""
    random = np.random.default_rng(seed)
    steps = random.standard_normal((CHARACTERS, units)) ** 3
    for at in range(1, CHARACTERS):
        steps[at] += 0.7 * steps[at - 1]
    return np.tanh(0.3 * steps).astype(np.float32)


def found(own, other):
    result = find(halves(own), halves(other), rotations(other.shape[1]))
    return result, result.found(np.zeros(own.shape[1]))


def test_a_permuted_and_flipped_layer_is_found_unit_by_unit():
    own = states()
    order = np.random.default_rng(1).permutation(UNITS)
    signs = np.where(np.arange(UNITS) % 2, -1.0, 1.0).astype(np.float32)
    result, beyond_chance = found(own, (own * signs)[:, order])
    assert beyond_chance.all()
    assert not result.found(np.ones(UNITS)).any()  # untrained networks are as good
    assert result.found_by_chance(np.zeros(UNITS)).mean() < 0.06
    assert (order[result.partner] == np.arange(UNITS)).all()
    assert result.r == pytest.approx(1.0, abs=1e-6)
    assert (result.rotated < 0.9).all()


def test_a_rotated_layer_is_no_better_than_its_rotations():
    own = states()
    turned = np.float32(rotations(UNITS, ROTATIONS + 1)[-1])  # none of those of the null
    result, beyond_chance = found(own, own @ turned)
    assert beyond_chance.sum() <= 1
    assert abs(np.mean(result.r - result.rotated)) < 0.1
    # the subspace is the same, and the other two measures say so
    assert predicted(halves(own), halves(own @ turned)) == pytest.approx(1.0, abs=0.01)
    assert alike(halves(own), halves(own @ turned)) == pytest.approx(1.0, abs=1e-3)


def test_an_unrelated_layer_has_nothing_to_find():
    own, other = states(0), states(1)
    result, beyond_chance = found(own, other)
    assert not beyond_chance.any()
    assert (result.r < 0.2).all()
    assert (predicted(halves(own), halves(other)) < 0.05).all()
    assert alike(halves(own), halves(other)) < 0.1


def test_the_partner_is_not_chosen_where_it_is_scored():
    """Two units that are alike on half A alone: the correlation of half B is told."""
    own, other = states(0), states(1)
    other[: CHARACTERS // 2, 3] = own[: CHARACTERS // 2, 5]
    result, _ = found(own, other)
    assert result.partner[5] == 3
    assert result.r[5] < 0.2


def test_a_silent_unit_is_never_found():
    own = states()
    own[:, 4] = 0.001 * own[:, 4]
    result, beyond_chance = found(own, own)
    assert not beyond_chance[4] and result.r[4] == 0.0
    assert beyond_chance[np.arange(UNITS) != 4].all()
    assert predicted(halves(own), halves(own))[4] == 0.0


def test_rotations_are_rotations_and_always_the_same():
    for one, again in zip(rotations(5), rotations(5), strict=True):
        assert np.array_equal(one, again)
        assert one @ one.T == pytest.approx(np.eye(5), abs=1e-12)
    assert not np.allclose(rotations(5)[0], rotations(5)[1])


def test_a_constant_layer_predicts_nothing():
    own = states()
    flat = np.zeros_like(own)
    assert (predicted(halves(own), halves(flat)) == 0.0).all()
    assert alike(halves(own), halves(flat)) == 0.0
    assert (find(halves(own), halves(flat), rotations(UNITS)).r == 0.0).all()
