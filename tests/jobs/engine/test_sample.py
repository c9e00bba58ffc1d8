"""What the network writes: seeded, traced exactly, in both regimes."""

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine.sample import choose_start, draw, sample
from jobs.engine.trace_text import trace_text
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.reading_mode import STREAM, reading_mode
from tests.support.engine_cases import (
    PATTERN,
    SIZES,
    TRAINED,
    config_of,
    random_ids,
    random_network,
)
from tests.support.oracle import rows_of_text

WINDOW = 6


def sample_of(network, regime, **changes):
    settings = {
        "mode": reading_mode(regime, WINDOW),
        "start_ids": random_ids(WINDOW + 5, seed=8),
        "characters": 60,
        "temperature": 1.0,
        "seed": 4,
    }
    return sample(network, **{**settings, **changes})


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("regime", ["stream", "window"])
def test_sample_equals_naive_recomputation(cell, sizes, regime):
    """Every state of the sliding windows equals one read anew, window by window."""
    network = random_network(sizes=sizes, cell=cell)
    trace = sample_of(network, regime)
    expected = rows_of_text(network, trace.ids, trace.context, regime, WINDOW)
    for number, layer in enumerate(network.layers):
        for index, kind in enumerate(layer.cell.states):
            wanted = np.array([row[0][number][index] for row in expected])
            actual = trace.arrays()[f"layer{number + 1}.{kind}"]
            np.testing.assert_allclose(actual, wanted, atol=1e-5, err_msg=kind)
    np.testing.assert_allclose(trace.probabilities, [row[1] for row in expected], atol=1e-5)
    before = rows_of_text(network, trace.context, [], regime, WINDOW)[-1]
    np.testing.assert_allclose(trace.before.probabilities, before[1], atol=1e-5)
    np.testing.assert_allclose(trace.before.hidden[-1], before[0][-1][0], atol=1e-5)


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("regime", ["stream", "window"])
def test_sample_equals_trace_of_its_text(cell, regime):
    network = random_network(cell=cell)
    written = sample_of(network, regime)
    read = trace_text(
        network, written.ids, mode=reading_mode(regime, WINDOW), context=written.context
    )
    for name, array in read.arrays().items():
        np.testing.assert_allclose(written.arrays()[name], array, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("regime", ["stream", "window"])
def test_characters_are_drawn_from_the_probabilities_before_them(regime):
    """Each character is the one whose stretch of the cumulative distribution the number hits."""
    trace = sample_of(random_network(), regime)
    numbers = np.random.Generator(np.random.PCG64([4, 2])).random(60, dtype=np.float32)
    cumulative = np.cumsum(trace.predicting_probabilities().astype(float), axis=1)
    expected = [
        np.searchsorted(row, u, "right") for row, u in zip(cumulative, numbers, strict=True)
    ]
    np.testing.assert_array_equal(trace.ids, expected)


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("regime", ["stream", "window"])
def test_same_seed_same_bits_other_seed_other_text(cell, regime):
    network = random_network(cell=cell)
    first, again = (sample_of(network, regime) for _ in range(2))
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name], err_msg=name)
    assert (sample_of(network, regime, seed=5).ids != first.ids).any()


def test_probabilities_sum_to_one_in_double_precision():
    trace = sample_of(random_network(alphabet=200), "window", characters=200)
    np.testing.assert_allclose(trace.probabilities.astype(np.float64).sum(axis=1), 1.0, atol=1e-6)


def test_temperature_changes_the_drawing_only():
    network = random_network()
    cold = sample_of(network, "stream", temperature=0.01)
    np.testing.assert_array_equal(cold.ids, cold.predicting_probabilities().argmax(axis=1))
    read = trace_text(network, cold.ids, mode=STREAM, context=cold.context)
    np.testing.assert_allclose(cold.probabilities, read.probabilities, atol=2e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draw_hits_each_stretch(temperature):
    probabilities = np.array([0.0, 0.25, 0.0, 0.5, 0.25, 0.0], np.float32)
    sharpened = probabilities ** (1.0 / temperature)
    ends = np.cumsum(sharpened / sharpened.sum())
    numbers = np.concatenate([[0.0, 1 - 2**-24], ends[1] + [-1e-3, 1e-3], ends[3] + [-1e-3, 1e-3]])
    drawn = [
        int(draw(tf.constant(probabilities), tf.constant(float(u)), tf.constant(temperature)))
        for u in numbers
    ]
    assert drawn == [1, 4, 1, 3, 3, 4]


@pytest.mark.parametrize(("regime", "length"), [("window", 8), ("stream", 100)])
def test_start_is_a_seeded_piece_of_the_text(regime, length):
    starts = [
        choose_start(PATTERN, config_of(regime=regime, seed=seed, stride=3)) for seed in range(20)
    ]
    text = PATTERN.text(PATTERN.ids)
    for start in starts:
        assert start.size == length
        assert PATTERN.text(start) in text
    assert len({PATTERN.text(start) for start in starts}) > 5
    again = choose_start(PATTERN, config_of(regime=regime, seed=7, stride=3))
    np.testing.assert_array_equal(starts[7], again)


def test_too_short_start_is_the_users_error():
    for regime, length in (("window", WINDOW - 1), ("stream", 0)):
        with pytest.raises(NeuronarioError, match="at least") as caught:
            sample_of(random_network(), regime, start_ids=random_ids(length))
        assert caught.value.code == ExitCode.BAD_DATA
