"""A network begins anew at every document: against the oracle, one document at a time."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine.batches import make_batch_plan
from jobs.engine.evaluate import held_out_bits
from jobs.engine.gradient import loss_and_gradients
from jobs.engine.layers import to_device, zero_states
from jobs.engine.sample import choose_start
from jobs.engine.trace_text import trace_text
from jobs.engine.train import train
from jobs.engine.train_step import StepSettings, compiled_steps
from jobs.errors import ExitCode
from jobs.model.reading_mode import STREAM, ReadingMode
from report.measures.ablation.hold import Held, hold_units
from report.measures.ablation.numpy_reading import hidden_states
from report.measures.self_check import self_check
from tests.support.engine_cases import (
    assert_same_bits,
    config_of,
    corpus_of,
    random_ids,
    random_network,
)
from tests.support.oracle import Oracle
from tests.support.store_at import code_of

NONE = np.zeros(0, np.int32)
STARTS = np.array([0, 1, 40, 43, 90])  # one of a single character
IDS = random_ids(120)
ENDS = [*STARTS[1:].tolist(), IDS.size]
MODES = [STREAM, ReadingMode(6)]


def documents():
    return [IDS[start:end] for start, end in zip(STARTS, ENDS, strict=True)]


def oracle_bits(network, mode):
    """Bits of each character but the first of its document."""
    oracle, bits = Oracle(network), []
    for document in documents():
        oracle.reset()
        for place in range(1, len(document)):
            if mode.window:
                oracle.reset()
                for character in document[max(0, place - mode.window) : place]:
                    _, probabilities = oracle.read(character)
            else:
                _, probabilities = oracle.read(document[place - 1])
            bits.append(-np.log2(probabilities[document[place]]))
    return bits


@pytest.mark.parametrize("mode", MODES)
def test_bits_are_those_of_each_document_alone(mode):
    network = random_network()
    bits, count = held_out_bits(network, IDS, mode=mode, context=NONE, starts=STARTS)
    expected = oracle_bits(network, mode)
    assert count == len(expected) == IDS.size - STARTS.size
    assert bits == pytest.approx(np.mean(expected), abs=1e-5)
    through, _ = held_out_bits(network, IDS, mode=mode, context=NONE)
    assert abs(bits - through) > 1e-3  # it matters


def test_many_documents_are_scored_side_by_side():
    network, ids = random_network(), random_ids(5_000)
    starts = np.array([0, 700, 701, 2_500, 4_999])
    bits, count = held_out_bits(network, ids, mode=STREAM, context=NONE, starts=starts)
    ends = [*starts[1:].tolist(), ids.size]
    total = 0.0
    for start, end in zip(starts, ends, strict=True):
        if end - start > 1:
            one, of = held_out_bits(
                network, ids[start + 1 : end], mode=STREAM, context=ids[start : start + 1]
            )
            total += one * of
    assert count == ids.size - starts.size
    assert bits == pytest.approx(total / count, abs=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_trace_is_that_of_each_document_alone(mode):
    network = random_network()
    trace = trace_text(network, IDS, mode=mode, context=NONE, starts=STARTS)
    assert trace.starts.tolist() == STARTS[1:].tolist()
    for start, end in zip(STARTS, ENDS, strict=True):
        alone = trace_text(network, IDS[start:end], mode=mode, context=NONE)
        for number, layer in enumerate(alone.layers):
            # A text of one character is read by a program of one step. In it the product of the
            # upper layer's inputs has one row, which XLA multiplies in another way: the last bit
            # differs there. In every other shape, and in the lowest layer, states are the same.
            found, few = trace.layers[number].hidden[start:end], number and end - start == 1
            np.testing.assert_allclose(found, layer.hidden, rtol=0, atol=1e-7 if few else 0)
        np.testing.assert_allclose(trace.surprise()[start:end], alone.surprise(), atol=1e-5)
        assert not trace.states(0, "predict")[start].any()
    predicted = np.ones(IDS.size, bool)
    predicted[STARTS] = False
    assert trace.surprise()[predicted].mean() == pytest.approx(
        np.mean(oracle_bits(network, mode)), abs=1e-5
    )
    np.testing.assert_array_equal(trace.continues, [*predicted[1:], False])


@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("mode", MODES)
def test_numpy_reads_as_the_engine_does(mode, streams):
    network = random_network()
    trace = trace_text(network, IDS, mode=mode, context=NONE, starts=STARTS)
    states = hidden_states(network, IDS, NONE, mode.window, streams, trace.starts)
    for layer, again in zip(trace.layers, states, strict=True):
        np.testing.assert_allclose(layer.hidden, again, atol=2e-6)
    assert self_check(network, trace).passed
    assert not self_check(network, replace(trace, starts=None)).passed or mode.window


@pytest.mark.parametrize("mode", MODES)
def test_a_unit_held_at_its_own_value_changes_nothing_across_boundaries(mode):
    """Held where it is constant: only resets could make a difference."""
    network = random_network(sizes=(4,))
    network.layers[0].kernel[:, 3::4] = 0.0  # unit 3: no input, no bias, no recurrence
    network.layers[0].recurrent_kernel[:, 3::4] = 0.0
    network.layers[0].bias[3::4] = 0.0
    trace = trace_text(network, IDS, mode=mode, context=NONE, starts=STARTS)
    assert not trace.layers[0].hidden[:, 3].any()
    held = Held(0, np.array([3]), np.zeros(1, np.float32))
    ablated = hold_units(network, trace, held, IDS.size)
    np.testing.assert_allclose(ablated.bits, 0.0, atol=1e-5)
    assert trace.continues[ablated.places].all()


def test_every_character_but_the_first_of_a_document_is_learned_once():
    training = config_of(regime="stream", batch=3, chunk=10).training
    plan = make_batch_plan(IDS, training, 3, STARTS)
    places = make_batch_plan(np.arange(IDS.size), training, 3, STARTS).batches(1, 0, plan.steps)
    mask = places.mask > 0
    read = np.sort(places.inputs[mask])
    last = np.array(ENDS) - 1
    np.testing.assert_array_equal(read, np.setdiff1d(np.arange(IDS.size), last))
    np.testing.assert_array_equal(places.targets[mask], places.inputs[mask] + 1)
    begins = np.isin(places.inputs[:, 0], STARTS) & mask[:, 0]
    np.testing.assert_array_equal(places.carried[mask[:, 0]] == 0, begins[mask[:, 0]])
    parts = [plan.batches(1, first, 2) for first in range(0, plan.steps, 2)]
    for name in ("inputs", "targets", "mask", "carried"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(plan.batches(1, 0, plan.steps), name))


def test_windows_lie_within_documents():
    training = config_of(regime="window", loss="last", window=8, stride=3, batch=4).training
    plan = make_batch_plan(np.arange(IDS.size), training, 3, STARTS)
    batches = plan.batches(1, 0, plan.steps)
    first, target = batches.inputs[:, 0], batches.targets[:, 0]
    document = np.searchsorted(STARTS, first, side="right")
    np.testing.assert_array_equal(document, np.searchsorted(STARTS, target, side="right"))
    assert plan.span == sum(len(range(0, len(one) - 8, 3)) for one in documents())


def test_no_document_is_long_enough():
    starts = np.arange(0, 120, 5)
    for regime, short in (("window", starts), ("stream", np.arange(120))):
        training = config_of(regime=regime, loss="every", window=8).training
        code, message = code_of(lambda: make_batch_plan(IDS, training, 3, short))  # noqa: B023
        assert code == ExitCode.BAD_DATA and "the longest document" in message


@pytest.mark.parametrize("shards", [1, 2])
def test_a_gradient_does_not_see_the_document_before(shards):
    """Two steps whose second begins a document: as two steps from zero states, weights kept."""
    network, training = random_network(), config_of(regime="stream", batch=2, chunk=10).training
    ids = random_ids(44)
    plan = make_batch_plan(ids, training, 3, np.array([0, 11, 22, 33]))
    batches = plan.batches(1, 0, 2)
    assert (plan.steps, plan.batch, batches.carried.tolist()) == (2, 2, [[0.0, 0.0]] * 2)
    weights = to_device(network)
    settings = StepSettings(True, 0.0, 0.0, 0.0, "constant", shards, documents=True)
    state = _state(weights)
    for carried, equal in ((batches.carried, True), (np.ones((2, 2), np.float32), False)):
        after = compiled_steps(settings)(
            state, batches.inputs, batches.targets, batches.mask, tf.constant(2),
            tf.constant(2.0), carried,
        )  # fmt: skip
        nats = sum(
            float(
                loss_and_gradients(
                    weights, batches.inputs[step], batches.targets[step], batches.mask[step],
                    zero_states(to_device(network), 2), 0.0,
                )[0].nats
            )
            for step in range(2)
        )  # fmt: skip
        mean = float(after.metrics.nats / after.metrics.predictions)
        assert (mean == pytest.approx(nats / 2, abs=1e-6)) is equal


def _state(weights):
    from jobs.engine.adam import Moments, zero_moments
    from jobs.engine.train_step import TrainState, zero_metrics

    moments = zero_moments(weights)
    return TrainState(
        weights,
        Moments(moments.first, moments.second),
        zero_states(weights, 2),
        tf.constant(0),
        zero_metrics(),
    )


@pytest.mark.parametrize(
    "training", [{"regime": "stream"}, {"regime": "window", "loss": "every", "window": 6}]
)
def test_training_on_documents_learns_and_repeats_itself(training):
    corpus = corpus_of("<a>12</a>\n<b>34</b>\n" * 60)
    starts = np.arange(0, corpus.characters, 40)
    corpus = replace(corpus, starts=starts, held_out_start=int(starts[-3]))
    config = config_of(**training, epochs=12)
    first, again = train(corpus, config), train(corpus, config)
    assert_same_bits(first.network, again.network)
    assert first.evaluation.held_out_bits < 0.7 * first.evaluation.unigram_bits
    assert first.evaluation.held_out_characters == 3 * 39
    bits, _ = held_out_bits(
        first.network,
        corpus.held_out_ids,
        mode=config.training.mode,
        context=NONE,
        starts=corpus.held_out_starts,
    )
    assert first.evaluation.held_out_bits == pytest.approx(bits, abs=1e-6)
    start = choose_start(corpus, config)
    length = 6 if config.training.regime == "window" else 40
    assert corpus.text(start) == "<a>12</a>\n<b>34</b>\n<a>12</a>\n<b>34</b>\n"[:length]
