import numpy as np
import pytest

from jobs.model.network import initial_network
from report.compare import untrained
from report.compare.untrained import reading, untrained_control
from report.measures.ablation.numpy_reading import hidden_states
from tests.support.compare_runs import text_of

TEXT = text_of(1_800)
PLACES = {character: place for place, character in enumerate(sorted(set(TEXT)))}
IDS = np.array([PLACES[character] for character in TEXT], np.int32)
NONE = np.zeros(0, np.int32)
ALL = np.ones(len(IDS), bool)


def test_untrained_networks_resemble_each_other_far_above_zero():
    controls = untrained_control(len(PLACES), (16, 16), reading(IDS, NONE, ALL, 0))
    assert len(controls) == 2
    for control in controls:
        assert 0.2 < control.mean < control.bar < 1
        assert 0 < control.cka < 1


def test_the_control_is_the_same_every_time():
    read = reading(IDS, NONE, ALL, 20)
    first = untrained_control(len(PLACES), (6,), read)
    untrained_control.cache_clear()
    assert untrained_control(len(PLACES), (6,), read) == first


def test_only_characters_that_count_are_used():
    used = ALL.copy()
    used[600:] = False
    whole = untrained_control(len(PLACES), (6,), reading(IDS, NONE, ALL, 0))
    part = untrained_control(len(PLACES), (6,), reading(IDS, NONE, used, 0))
    assert whole != part


@pytest.mark.parametrize("seed", untrained.SEEDS)
def test_parts_side_by_side_give_the_states_of_one_pass(seed):
    network = initial_network(len(PLACES), (12, 12), seed)
    streams = len(IDS) // untrained.PART
    assert streams > 1
    for side_by_side, one_pass in zip(
        hidden_states(network, IDS, NONE, 0, streams),
        hidden_states(network, IDS, NONE, 0, 1),
        strict=True,
    ):
        np.testing.assert_allclose(side_by_side, one_pass, atol=1e-6)
