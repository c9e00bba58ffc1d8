"""Holding a unit equals an oracle that reads the text with the state overwritten."""

import numpy as np
import pytest

from report.measures.ablation import hold as ablation
from report.measures.ablation.effects import ablate_labelled, direct_logit_attribution, effects
from report.measures.ablation.hold import (
    Held,
    affordable,
    affordable_for,
    cost,
    hold_units,
    segments,
)
from report.measures.concepts.library import ConceptTable, evaluate, library
from tests.support.golden_measures import golden_measures, golden_run
from tests.support.golden_networks import LINE, QUOTE, RANDOM, golden, read, zero_states

HELD = 0.3


def every_unit(layer, values):
    return Held(layer, np.arange(len(values)), values)


def oracle_bits(run, layer, unit, places, start):
    """Bits lost at ``places``, the unit held from the state before ``start`` on."""
    trace, network = run.trace, run.network
    text = np.concatenate([trace.context, trace.ids])
    offset = len(trace.context)
    held = (layer, unit, HELD)
    states = zero_states(network)
    for symbol in text[: start + offset]:
        states, _ = read(network, int(symbol), states)
    states[layer][0][unit] = HELD
    lost = []
    for place in places:
        if trace.mode.window:
            states = zero_states(network)
            for symbol in text[place + offset - trace.mode.window + 1 : place + offset]:
                states, _ = read(network, int(symbol), states, held)
        states, (_, probabilities) = read(network, int(text[place + offset]), states, held)
        target = trace.ids[place + 1]
        lost.append(np.log2(trace.probabilities[place, target]) - np.log2(probabilities[target]))
    return np.array(lost)


@pytest.mark.parametrize(
    ("layers", "layer", "regime", "window"),
    [(1, 0, "stream", 0), (2, 0, "stream", 0), (2, 1, "stream", 0), (2, 0, "window", 6)],
)
def test_held_unit_equals_the_oracle(layers, layer, regime, window):
    run = golden(layers, characters=200, regime=regime, window=window)
    values = np.full(run.network.sizes[layer], HELD, np.float32)
    found = hold_units(run.network, run.trace, every_unit(layer, values), 150)
    starts, length = segments(run.trace, 150, max(1, min(16, 400 // len(values))))
    for start in (int(starts[0]), int(starts[1])):
        places = np.arange(start, start + length)
        rows = np.searchsorted(found.places, places)
        for unit in (QUOTE, LINE, RANDOM):
            expected = oracle_bits(run, layer, unit, places, start)
            np.testing.assert_allclose(found.bits[rows, unit], expected, atol=2e-4)


def test_segments_cover_the_whole_probe_when_it_is_affordable():
    run = golden_run(1)
    starts, length = segments(run.trace, run.trace.characters, 8)
    covered = np.unique((starts[:, None] + np.arange(length)).ravel())
    assert len(covered) == 8 * length >= run.trace.characters - 8
    assert covered.max() < run.trace.characters - 1  # the last has no following character


def test_cost_grows_with_the_network_and_bounds_the_characters(monkeypatch):
    small, large = golden_run(1), golden_run(2)
    assert cost(large.network, 0, 0) > cost(small.network, 0, 0)
    assert cost(small.network, 0, 20) == 20 * cost(small.network, 0, 0)
    monkeypatch.setattr(ablation, "OPERATIONS", 1.0)
    assert affordable(small.network, small.trace) == ablation.LEAST_CHARACTERS


def test_direct_effect_is_the_softmax_without_the_units_departure():
    run = golden_run(1)
    trace, network = run.trace, run.network
    means = trace.layers[-1].hidden.mean(0)
    found = direct_logit_attribution(network, trace, means, [QUOTE, LINE])
    place = 700
    for column, unit in enumerate((QUOTE, LINE)):
        hidden = trace.layers[-1].hidden[place].astype(float)
        held = hidden.copy()
        held[unit] = means[unit]
        bits = []
        for state in (hidden, held):
            logits = state @ network.output_kernel + network.output_bias
            chosen = logits[trace.ids[place + 1]] - np.log(np.exp(logits).sum())
            bits.append(chosen / np.log(2))
        assert found[place, column] == pytest.approx(bits[0] - bits[1], abs=1e-4)
    assert found.shape == (trace.characters - 1, 2)


def test_inside_and_outside_average_to_the_whole():
    measures = golden_measures(1)
    one = measures.units[QUOTE]
    assert one.effect.inside is not None and one.effect.outside is not None
    low, high = sorted((one.effect.inside, one.effect.outside))
    assert low <= one.effect.bits <= high
    assert one.effect.interval[0] <= one.effect.bits <= one.effect.interval[1]


def test_a_label_without_effect_is_encoded_not_used():
    run = golden_run(1)
    label = golden_measures(1).units[QUOTE].label
    values = np.zeros(run.network.sizes[0], np.float32)
    found = hold_units(run.network, run.trace, every_unit(0, values), 600)
    silent = ablation.Ablated(found.places, np.zeros_like(found.bits), found.high, found.low)
    table = evaluate(library(), run.text, run.lead)
    labels = [label] * run.network.sizes[0]
    quiet = effects(run.network, run.trace, 0, (silent, silent), labels, table, 0)
    assert not quiet[QUOTE].used and quiet[QUOTE].none
    loud = effects(run.network, run.trace, 0, (found, found), labels, table, 0)
    assert loud[QUOTE].used


def test_an_effect_only_where_the_label_holds_is_an_effect():
    run = golden_run(1)
    label = golden_measures(1).units[QUOTE].label
    table = evaluate(library(), run.text, run.lead)
    labels = [label] * run.network.sizes[0]
    zeros = np.zeros(run.network.sizes[0], np.float32)
    found = hold_units(run.network, run.trace, every_unit(0, zeros), 3_000)
    names = [concept.name for concept in table.concepts]
    holds = table.values[found.places, names.index("quote")] > 0
    noise = np.random.default_rng(0).normal(0, 3, found.bits.shape)
    bits = np.where(holds[:, None], 0.2, noise - noise[~holds].mean(0))
    bits = (bits - bits.mean(0) * ~holds[:, None] / (~holds).mean()).astype(np.float32)
    quiet = ablation.Ablated(found.places, bits, found.high, found.low)
    effect = effects(run.network, run.trace, 0, (quiet, quiet), labels, table, 0)[QUOTE]
    assert effect.interval[0] < 0 < effect.interval[1]  # nothing on the whole
    assert effect.inside == pytest.approx(0.2, abs=1e-6)
    assert effect.inside_interval == pytest.approx((0.2, 0.2), abs=1e-6) and effect.used


@pytest.mark.parametrize(("regime", "window"), [("stream", 0), ("window", 6)])
def test_few_units_held_are_held_as_among_all(regime, window):
    run = golden(2, characters=400, regime=regime, window=window)
    values = np.full(run.network.sizes[0], HELD, np.float32)
    every = hold_units(run.network, run.trace, every_unit(0, values), 150)
    few = Held(0, np.array([LINE, QUOTE]), values[:2])
    found = hold_units(run.network, run.trace, few, 399)
    assert len(found.places) > 2 * len(every.places)
    if window:  # places do not depend on each other, so not on how the text is cut
        rows = np.searchsorted(found.places, every.places)
        np.testing.assert_allclose(found.bits[rows], every.bits[:, [LINE, QUOTE]], atol=2e-4)
    for place, unit in enumerate((LINE, QUOTE)):
        single = hold_units(run.network, run.trace, Held(0, np.array([unit]), values[:1]), 399)
        np.testing.assert_allclose(found.bits[:, place], single.bits[:, 0], atol=2e-4)


def test_labelled_units_are_held_on_more_of_the_probe(monkeypatch):
    run = golden_run(1)
    labels = [one.label for one in golden_measures(1).units]
    named = [unit for unit, label in enumerate(labels) if label.named]
    units = run.network.sizes[0]
    few = hold_units(run.network, run.trace, every_unit(0, np.zeros(units, np.float32)), 100)
    monkeypatch.setattr(ablation, "OPERATIONS", 1_000 * cost(run.network, 0, 0))
    assert affordable(run.network, run.trace) < 2_000
    assert affordable_for(run.network, run.trace, 0, units) == 1_000
    farther = ablate_labelled(run.network, run.trace, 0, labels, few)
    assert farther.units.tolist() == named
    assert len(farther.ablated.places) > 1_500  # fewer units, more characters
    assert ablate_labelled(run.network, run.trace, 0, labels, farther.ablated) is None
    nothing = [label for label in labels if not label.named]
    assert ablate_labelled(run.network, run.trace, 0, nothing, few) is None
    table = evaluate(library(), run.text, run.lead)
    found = effects(run.network, run.trace, 0, (few, few), labels, table, 0, farther)
    for place, unit in enumerate(named):
        assert found[unit].characters == len(farther.ablated.places)
        assert found[unit].bits == pytest.approx(farther.ablated.bits[:, place].mean(), abs=1e-6)
    others = [one.characters for unit, one in enumerate(found) if unit not in named]
    assert set(others) == {len(few.places)}


def test_a_concept_met_too_seldom_is_not_called_unused():
    run = golden_run(1)
    label = golden_measures(1).units[QUOTE].label
    table = evaluate(library(), run.text, run.lead)
    zeros = np.zeros(run.network.sizes[0], np.float32)
    found = hold_units(run.network, run.trace, every_unit(0, zeros), 3_000)
    column = [concept.name for concept in table.concepts].index("quote")
    rare = table.values.copy()
    rare[:, column] = 0.0
    rare[found.places[:5], column] = 1.0
    silent = ablation.Ablated(found.places, np.zeros_like(found.bits), found.high, found.low)
    labels = [label] * len(zeros)
    for values, unknown in ((table.values, False), (rare, True)):
        seen = ConceptTable(table.concepts, values)
        one = effects(run.network, run.trace, 0, (silent, silent), labels, seen, 0)[QUOTE]
        assert not one.used and (one.unknown, one.unused) == (unknown, not unknown)
