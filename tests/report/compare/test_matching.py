import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.compare.matching import match_layer
from report.compare.untrained import Control
from tests.support.compare_runs import flipped, network, permuted, text_of, trace

CONTROL = Control(mean=0.4, bar=0.6, cka=0.3)
TEXT = text_of(1_200)
PLACES = {character: place for place, character in enumerate(sorted(set(TEXT)))}
IDS = np.array([PLACES[character] for character in TEXT], np.int32)
NETWORK = network(3, len(PLACES))
STATES = [layer.hidden for layer in trace(NETWORK, IDS).layers]


def match(old, new, own_index_first=False):
    return match_layer(1, old, new, CONTROL, own_index_first=own_index_first)


def noise(units, characters=2_000, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (characters, units)).astype(np.float32)


@settings(max_examples=10, deadline=None)
@given(
    layer=st.integers(0, 1),
    seed=st.integers(0, 2**32 - 1),
    own_index_first=st.booleans(),
)
def test_permutation_and_sign_flips_of_a_network_are_recovered(layer, seed, own_index_first):
    generator = np.random.default_rng(seed)
    size = NETWORK.sizes[layer]
    order = generator.permutation(size)
    signs = generator.choice([-1, 1], size)
    changed = permuted(NETWORK, layer, order)
    for unit in np.flatnonzero(signs < 0):
        changed = flipped(changed, layer, int(unit))
    new = trace(changed, IDS)
    np.testing.assert_allclose(new.probabilities, trace(NETWORK, IDS).probabilities, atol=1e-5)

    units = match(STATES[layer], new.layers[layer].hidden, own_index_first).units

    assert [unit.old for unit in units] == order.tolist()
    for unit in units:
        assert unit.correlation == pytest.approx(signs[unit.new], abs=1e-4)
        if signs[unit.new] < 0:
            assert unit.state == "sign flipped"
        else:
            assert unit.state == ("same" if unit.old == unit.new else "moved")
    other = 1 - layer
    assert {unit.state for unit in match(STATES[other], new.layers[other].hidden).units} == {"same"}


def test_a_unit_that_changed_a_little_is_kept_and_one_that_is_gone_is_lost_and_new():
    old = noise(3)
    new = old.copy()
    new[:, 1] += 0.3 * noise(1, seed=1)[:, 0]
    new[:, 2] = noise(1, seed=2)[:, 0]
    layer = match(old, new)
    assert [(unit.old, unit.new, unit.state) for unit in layer.units] == [
        (0, 0, "same"),
        (1, 1, "kept"),
        (None, 2, "new"),
        (2, None, "lost"),
    ]
    assert 0.9 < layer.units[1].correlation < 0.999
    assert layer.matched == pytest.approx(2 / 3)
    assert layer.counts() == {"same": 1, "kept": 1, "lost": 1, "new": 1}


def test_one_unit_that_became_two_is_split_and_two_that_became_one_are_merged():
    old = noise(2)
    new = np.stack([old[:, 0], old[:, 0] + 0.2 * noise(1, seed=3)[:, 0]], 1)
    found = {(u.old, u.new): u for u in match(old, new).units}
    assert found[0, 0].state == "same"
    assert found[None, 1].state == "split"
    assert found[None, 1].nearest == 0
    assert found[1, None].state == "lost"

    found = {(u.old, u.new): u for u in match(new, old).units}
    assert found[1, None].state == "merged"
    assert found[1, None].nearest == 0
    assert found[None, 1].state == "new"


def test_dead_units_take_no_part():
    old, new = noise(3), noise(3)
    old[:, 0] = 0.25
    new[:, :2] = 0.0
    units = match(old, new).units
    assert [(u.old, u.new, u.state) for u in units] == [
        (None, 0, "dead"),
        (None, 1, "dead"),
        (2, 2, "same"),
        (1, None, "lost"),
    ]
    assert match(old, new).matched == 1.0
    assert match(old, np.zeros_like(new)).matched is None


def test_the_correlation_is_that_of_the_second_half():
    old = noise(1)
    new = old.copy()
    new[1_000:] *= -1
    (unit,) = match(old, new).units
    assert unit.state == "sign flipped"
    assert unit.correlation == pytest.approx(-1)


def test_own_index_wins_near_ties_only_where_the_start_is_shared():
    base = noise(1)[:, 0]
    old = np.stack([base, base + 0.05 * noise(1, seed=4)[:, 0]], 1)
    new = old[:, ::-1].copy()
    assert [u.old for u in match(old, new).units] == [1, 0]
    assert [u.old for u in match(old, new, own_index_first=True).units] == [0, 1]


def test_layers_that_turn_into_each_other_have_cka_1():
    old = noise(3)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0].astype(np.float32)
    assert match(old, old @ rotation).cka == pytest.approx(1, abs=1e-6)
    assert match(old, noise(3, seed=9)).cka < 0.05
