"""All measures together on hand-built networks in which every unit is known."""

from dataclasses import replace

import numpy as np
import pytest

from report.measures.explanations.held_out import probe_start
from report.measures.measure import measure
from report.measures.records import NEURONS, REST, from_files, to_files
from tests.support.golden_measures import (
    CONFIG,
    corpus_of,
    golden_measures,
    golden_run,
    sample_of,
)
from tests.support.golden_networks import (
    BRACES,
    DEAD,
    KNOWN,
    LINE,
    QUOTE,
    RANDOM,
    TWIN,
    flipped,
    reordered,
    trace_text,
)

FOLLOWERS = {QUOTE, BRACES, LINE, TWIN}
NAMES = {**{unit: {name} for unit, name in KNOWN.items()}, TWIN: {"quote"}}
NAMES[BRACES] = {"brace depth", "braces"}


@pytest.mark.parametrize("layers", [1, 2])
def test_every_known_unit_is_labelled_and_no_other(layers):
    measures = golden_measures(layers)
    for one in measures.units:
        if one.index in FOLLOWERS:
            assert one.label.accepted, (one.layer, one.index, one.label.verdict)
            assert one.label.concept in NAMES[one.index]
            assert one.label.score.shown > 0.9
        else:
            assert not one.label.accepted, (one.layer, one.index, one.label)
    assert measures.headline.labelled == layers * len(FOLLOWERS)
    assert measures.headline.units == layers * (RANDOM + 3)


@pytest.mark.parametrize("layers", [1, 2])
def test_known_units_are_ranked_first(layers):
    ranked = sorted(golden_measures(layers).units, key=lambda one: one.rank)
    assert [one.rank for one in ranked] == list(range(1, len(ranked) + 1))
    assert {one.index for one in ranked[: layers * len(FOLLOWERS)]} == FOLLOWERS


def test_health_finds_the_dead_unit_and_the_twins():
    units = golden_measures(1).units
    assert units[DEAD].health.constant and units[DEAD].health.no_effect
    assert units[DEAD].label.verdict == "constant"
    assert units[QUOTE].health.duplicates == (TWIN,)
    assert units[TWIN].health.duplicates == (QUOTE,)
    for unit in FOLLOWERS:
        assert not units[unit].health.constant and not units[unit].health.no_effect


def test_effects_name_what_the_units_promote():
    units = golden_measures(1).units
    best = golden_run(1).text  # the text itself tells: x and y are only written inside quotes
    assert "x" in best
    alphabet = corpus_of(golden_run(1)).alphabet
    promoted = {unit: alphabet[units[unit].effect.promotes[0].character] for unit in FOLLOWERS}
    assert promoted[QUOTE] in "xy" and promoted[TWIN] in "xy"
    assert promoted[BRACES] == "}" and promoted[LINE] == "\n"
    assert units[QUOTE].effect.bits > units[LINE].effect.bits > 0


def test_memory_is_told_from_gates_and_course():
    units = golden_measures(1).units
    assert units[BRACES].timescale > 1_000  # its forget gate never closes
    assert units[BRACES].half_life > units[QUOTE].half_life > 1
    forget = {gate.name: gate for gate in units[BRACES].gates}["forget_gate"]
    assert forget.open == 1.0 and forget.shut == 0.0


def test_order_and_sign_of_units_change_nothing_but_their_names():
    run = golden_run(1)
    order = np.random.default_rng(3).permutation(run.network.sizes[0])
    other = flipped(reordered(run.network, 0, order), 0, int(np.flatnonzero(order == LINE)[0]))
    trace = trace_text(other, run.trace.ids, run.trace.context)
    assert np.abs(trace.probabilities - run.trace.probabilities).max() < 1e-5
    sample = sample_of(run)
    again = measure(
        other, trace, trace_text(other, sample.ids, sample.context), corpus_of(run), CONFIG
    )
    for one in again.units:
        old = golden_measures(1).units[order[one.index]]
        assert (one.label.verdict, one.label.concept) == (old.label.verdict, old.label.concept)
        if one.label.accepted:
            turned = -1 if order[one.index] == LINE else 1
            assert one.label.sign == turned * old.label.sign
            assert one.label.score.strength == pytest.approx(old.label.score.strength, abs=1e-4)
            assert one.effect.bits == pytest.approx(old.effect.bits, abs=1e-3)


def test_records_come_back_as_they_were_written():
    measures = golden_measures(2)
    files = to_files(measures)
    assert len(files[NEURONS].splitlines()) == len(measures.units)
    again = from_files(files)
    assert to_files(again) == files
    assert again.units[3].rank == measures.units[3].rank
    assert again.by_name()["labels"].layers[1][QUOTE].concept == "quote"
    with pytest.raises(ValueError):
        from_files({**files, REST: b"{}"})


def test_same_input_gives_the_same_records():
    run = golden_run(1)
    again = measure(run.network, run.trace, sample_of(run), corpus_of(run), CONFIG)
    assert to_files(again) == to_files(golden_measures(1))


def test_probe_from_elsewhere_is_refused():
    run = golden_run(1)
    moved = replace(run.trace, ids=np.roll(run.trace.ids, 1))
    with pytest.raises(ValueError, match="held-out"):
        probe_start(corpus_of(run), moved)


def test_clamping_the_quote_unit_changes_how_much_is_quoted():
    clamps = {(one.layer, one.index): one for one in golden_measures(2).clamps}
    one = clamps[2, QUOTE]
    assert one.shifts[0].concept == "quote"
    sign = golden_measures(2).unit(2, QUOTE).label.sign
    assert sign * (one.shifts[0].high - one.shifts[0].low) > 0.2
    assert len(one.low_text) == len(one.free_text) == len(one.high_text) == 200
    assert one.low_text != one.high_text
