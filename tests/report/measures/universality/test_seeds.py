"""Golden: networks that are each other's permutations and flips; and unrelated ones."""

from dataclasses import replace

import numpy as np
import pytest

from report.measures.universality.record import (
    Setting,
    SweepFound,
    from_bytes,
    to_bytes,
    up_to_date,
)
from report.measures.universality.seeds import measure_seeds
from tests.support.compare_runs import flipped, network, permuted, text_of, view

TEXT = text_of(4_608)


def run(net, seed):
    return view(net, text=TEXT, seed=seed)


@pytest.fixture(scope="module")
def twins():
    first = network(0)
    order = np.random.default_rng(3).permutation(8)
    second = flipped(permuted(first, 0, order), 0, 2)
    second = permuted(second, 1, np.array([5, 0, 3, 1, 4, 2]))
    return measure_seeds([run(first, 0), run(second, 1)])


def test_every_unit_of_a_symmetric_network_is_found_in_the_other(twins):
    for units in twins.units:
        assert [unit.found for unit in units if unit.live] == [1] * sum(u.live for u in units)
        assert all(unit.r == pytest.approx(1.0, abs=1e-4) for unit in units if unit.live)
    for layer in twins.layers:
        assert (layer.found, layer.found_in_all, layer.sure_in_all) == (1.0, 1.0, 1.0)
        assert layer.cka == pytest.approx(1.0, abs=1e-4)
        assert layer.predicted > 0.99
        assert layer.cka_untrained < 0.99 and layer.rotated < 0.95


def test_unrelated_seeds_are_told_with_their_nulls():
    seeds = measure_seeds([run(network(seed), seed) for seed in (0, 1, 2)])
    assert seeds.seeds == (0, 1, 2)
    for layer in seeds.layers:
        assert layer.found_in_all < 0.2
        assert layer.cka < 0.99
    unit = seeds.units[1][0]
    assert (unit.layer, unit.index, unit.others) == (1, 0, 2)
    assert 0.0 < unit.rotated < 1.0 and 0.0 < unit.untrained < 1.0
    assert unit.least <= unit.r


def test_runs_of_different_probes_are_refused():
    other = view(network(1), text=text_of(4_608, seed=9), seed=1)
    with pytest.raises(ValueError, match="same probe"):
        measure_seeds([run(network(0), 0), other])


def test_a_record_is_read_back_and_knows_its_runs(twins):
    setting = Setting({"training.l1": 0.001}, ("a" * 64, "b" * 64), twins)
    found = SweepFound(1, "program", (setting,))
    again = from_bytes(to_bytes(found))
    assert to_bytes(again) == to_bytes(found)
    assert again.units_of("b" * 64)[3].index == 3
    assert again.units_of("c" * 64) == ()
    assert again.setting_of("a" * 64).settings == {"training.l1": 0.001}
    assert up_to_date(again, "program", [("a" * 64, "b" * 64)])
    assert not up_to_date(again, "program", [("a" * 64, "c" * 64)])
    assert not up_to_date(again, "newer", [("a" * 64, "b" * 64)])
    assert not up_to_date(None, "program", [])


def test_records_of_other_versions_are_none(twins):
    assert from_bytes(None) is None
    assert from_bytes(b"{}") is None
    newer = replace(SweepFound(1, "p", ()), schema=2)
    assert from_bytes(to_bytes(newer)) is None
