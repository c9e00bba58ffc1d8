"""Contexts, gates, time scales, neighbours, wiring, reading: against plain definitions."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.model.cell import RNN
from report.measures.contexts import APART, AROUND, BINS, contexts, histograms
from report.measures.gates import GateShares, gate_role, gate_shares
from report.measures.health import health
from report.measures.neighbours import duplicates, neighbours, wiring
from report.measures.timescale import LONGEST, autocorrelation_half_life, gate_timescale
from report.measures.unusual import unusual_units
from tests.support.golden_measures import golden_measures, golden_run, sample_of
from tests.support.golden_networks import BRACES, LINE, QUOTE, RANDOM, TWIN
from tests.support.layer_traces import layer_trace


def test_contexts_are_apart_unique_and_where_they_say():
    run = golden_run(1)
    hidden = run.trace.layers[0].hidden
    found = contexts(hidden, run.text, 7, 30, 0)
    assert len(found) == hidden.shape[1]
    lines = run.text
    for unit in (QUOTE, LINE, RANDOM):
        own = found[unit]
        places = sorted(one.place for one in own)
        assert min(np.diff(places)) >= APART
        texts = [run.text[one.start : one.stop] for one in own]
        assert len(set(texts)) == len(texts)
        for one in own:
            assert one.value == pytest.approx(float(hidden[one.place, unit]))
            assert one.line == 7 + lines[: one.place].count("\n")
            assert one.start == max(0, one.place - AROUND) and one.place >= 30
            assert one.stop == min(len(run.text), one.place + AROUND + 1)
        top = [one.value for one in own if one.kind == "top"]
        bottom = [one.value for one in own if one.kind == "bottom"]
        assert top[0] == pytest.approx(float(hidden[30:, unit].max()))
        # the lowest of all may stand within 80 characters of a highest one
        assert bottom[0] <= np.quantile(hidden[30:, unit], 0.05)
        assert {one.kind for one in own} == {"top", "bottom", "band", "random"}


def test_contexts_of_a_repeated_line_are_shown_once():
    text = ("a" * 100 + "\n") * 40
    hidden = np.tile(np.linspace(-1, 1, 101, dtype=np.float32), 40)[:, None]
    own = contexts(hidden, text, 1, 0, 0)[0]
    texts = [text[one.start : one.stop] for one in own]
    assert len(set(texts)) == len(texts)
    assert sum(one.value == 1.0 for one in own) == 2  # inside the text, and cut by its end


def test_histogram_counts_every_character_once():
    hidden = np.array([[-1.0, 0.0], [1.0, 0.99], [0.01, -0.01]], np.float32)
    counts = histograms(hidden)
    assert counts.sum(1).tolist() == [3, 3]
    assert counts[0, 0] == counts[0, BINS - 1] == counts[0, BINS // 2] == 1
    assert counts[1, BINS // 2 - 1] == counts[1, BINS // 2] == 1


def layer_with(gates):
    states = np.zeros((len(gates), 1), np.float32)
    column = np.array(gates, np.float32)[:, None]
    return layer_trace(states, states, column, np.ones_like(column), 0 * column)


def test_saturation_shares():
    shares = {one.name: one for one in gate_shares(layer_with([0.05, 0.5, 0.95, 0.99]))[0]}
    assert (shares["input_gate"].shut, shares["input_gate"].open) == (0.25, 0.5)
    assert shares["forget_gate"].open == 1.0 and shares["output_gate"].shut == 1.0


def role(keeps="", **gates):
    """The role of a unit whose gates have these shares (shut, open)."""
    return gate_role({name: GateShares(name, *pair, 0.5) for name, pair in gates.items()}, keeps)


def test_role_asks_for_the_gates_that_there_are():
    middle, often, never = (0.1, 0.1), (0.0, 0.95), (0.95, 0.0)
    for keeps in ("forget_gate", "update_gate"):
        assert role(keeps, **{keeps: often, "output_gate": middle}).startswith("integrator")
        assert role(keeps, **{keeps: never, "output_gate": middle}).startswith("feed-forward")
    assert role("forget_gate", forget_gate=middle, output_gate=(0.9, 0.0)).startswith("private")
    assert role("forget_gate", forget_gate=middle, output_gate=middle) == ""
    assert role("update_gate", update_gate=middle, reset_gate=never).startswith("led by its input")
    assert role() == ""  # a plain RNN has none


def test_a_plain_rnn_has_no_shares():
    states = np.zeros((4, 2), np.float32)
    assert gate_shares(layer_trace(states, cell=RNN)) == ((), ())


def test_timescale_is_that_of_exponential_decay():
    gates = np.full((50, 3), [np.exp(-1 / 20), np.exp(-1 / 2), 1.0], np.float32)
    np.testing.assert_allclose(gate_timescale(gates), [20, 2, LONGEST], rtol=1e-3)


def test_half_life_of_a_first_order_process():
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 1, 40_000)
    course = np.zeros(40_000)
    for place in range(1, 40_000):
        course[place] = 0.9 * course[place - 1] + noise[place]
    hidden = np.stack([course, noise, np.zeros(40_000)], axis=1).astype(np.float32)
    slow, fast, constant = autocorrelation_half_life(hidden)
    assert slow == pytest.approx(np.log(0.5) / np.log(0.9), rel=0.15)
    assert fast < 1 and constant == 0


def test_neighbours_and_duplicates():
    run = golden_run(2)
    found = neighbours([layer.hidden for layer in run.trace.layers])
    first = found[0][QUOTE][0]
    assert abs(first.correlation) > 0.999
    assert duplicates(found[0][QUOTE], 0) == (TWIN,)
    assert all((one.layer, one.index) != (1, QUOTE) for one in found[0][QUOTE])
    assert {(one.layer, one.index) for one in found[1][LINE][:1]} == {(1, LINE)}


def test_a_unit_and_its_negative_are_duplicates():
    near = neighbours([np.array([[1, -1, 0.2], [-1, 1, 0.1], [0.5, -0.5, 0.9]], np.float32)])[0]
    assert near[0][0].correlation == pytest.approx(-1.0)
    assert [duplicates(found, 0) for found in near] == [(1,), (0,), ()]
    assert duplicates(near[0], 1) == ()  # units of other layers are none


def test_wires_to_the_softmax_leave_out_what_moves_all_characters_alike():
    run = golden_run(2)
    shifted = replace(run.network, output_kernel=run.network.output_kernel + np.float32(50.0))
    for before, after in zip(wiring(run.network, 1), wiring(shifted, 1), strict=True):
        assert [wire.end for wire in after.characters_out] == [
            wire.end for wire in before.characters_out
        ]
        assert after.characters_out[0].weight == pytest.approx(
            before.characters_out[0].weight, abs=1e-4
        )


def test_health_reads_state_and_input_gate():
    states = np.stack([np.linspace(-1, 1, 200), np.full(200, 0.97), np.full(200, 0.1)], axis=1)
    gates = [np.full((200, 3), value, np.float32) for value in (0.5, 0.5, 0.5)]
    gates[0][:, 0] = 0.01  # the input gate of the first unit is shut
    gates[2][:, 1] = 0.01  # an output gate that is shut says nothing of writing
    trace = layer_trace(states.astype(np.float32), states.astype(np.float32), *gates)
    effects = [one.effect for one in golden_measures(1).units[:3]]
    used = [replace(effect, used=place != 2) for place, effect in enumerate(effects)]
    found = [one.findings for one in health(trace, 0, used, neighbours([trace.hidden])[0])]
    assert found == [
        ("never written",),
        ("constant", "saturated"),
        ("constant", "without effect"),
    ]


def test_wiring_names_gate_and_end():
    run = golden_run(2)
    alphabet = "".join(sorted('ab xy"{}\n'))
    lower, upper = wiring(run.network, 0), wiring(run.network, 1)
    quote = lower[QUOTE]
    assert {alphabet[wire.end] for wire in quote.characters_in[:2]} == {'"'}
    assert {wire.gate for wire in quote.characters_in[:2]} == {"input gate", "forget gate"}
    assert quote.recurrent_in[0].end == QUOTE and quote.recurrent_in[0].gate == "candidate"
    assert quote.recurrent_out[0].weight == quote.recurrent_in[0].weight
    assert lower[BRACES].above_out[0].end == BRACES and not lower[BRACES].characters_out
    assert upper[BRACES].below_in[0].end == BRACES and not upper[BRACES].characters_in
    assert alphabet[upper[BRACES].characters_out[0].end] == "}"


def test_reading_lists_the_farthest_units_first():
    run = golden_run(1)
    sample = sample_of(run)
    rows = unusual_units(sample, run.trace, "read")
    assert len(rows) == sample.characters
    usual = run.trace.layers[0].hidden.astype(float)
    place = 40
    for one in rows[place]:
        value = float(sample.layers[0].hidden[place, one.index])
        spread = usual[:, one.index].std()
        if spread > 1e-3:
            expected = (value - usual[:, one.index].mean()) / spread
            assert one.deviations == pytest.approx(expected, abs=1e-6)
    sizes = [abs(one.deviations) for one in rows[place]]
    assert sizes == sorted(sizes, reverse=True)
    later = unusual_units(sample, run.trace, "predict")
    assert later[place + 1][0].value == rows[place][0].value
