"""The step and the layers against an independent NumPy LSTM and against Keras."""

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine.lstm import advance, run_network, to_device, to_network, zero_states
from tests.support.engine_cases import SIZES, assert_same_bits, random_ids, random_network
from tests.support.oracle import rows_of_text


@pytest.mark.parametrize("sizes", SIZES)
def test_whole_text_equals_oracle(sizes):
    network, ids = random_network(sizes=sizes), random_ids(40)
    runs, ends = run_network(to_device(network), tf.constant(ids[:, None]), zero_states(sizes, 1))
    expected = rows_of_text(network, ids, [], "stream", 0)
    for number, run in enumerate(runs):
        h, c, i, f, o = (np.array([row[0][number][kind] for row in expected]) for kind in range(5))
        gates = np.split(run.gates.numpy()[:, 0], 4, axis=1)
        np.testing.assert_allclose(run.hidden[:, 0], h, atol=1e-5)
        np.testing.assert_allclose(run.cell[:, 0], c, atol=1e-5)
        for actual, wanted in zip((gates[0], gates[1], gates[3]), (i, f, o), strict=True):
            np.testing.assert_allclose(actual, wanted, atol=1e-5)
        np.testing.assert_array_equal(ends[number].hidden, run.hidden[-1])
        np.testing.assert_array_equal(ends[number].cell, run.cell[-1])


@pytest.mark.parametrize("sizes", SIZES)
def test_whole_text_equals_keras(sizes):
    network, ids = random_network(sizes=sizes), random_ids(30).reshape(10, 3)
    runs, _ = run_network(to_device(network), tf.constant(ids), zero_states(sizes, 3))
    below = tf.one_hot(ids.T, network.alphabet_size)
    for layer, run in zip(network.layers, runs, strict=True):
        keras_layer = tf.keras.layers.LSTM(layer.units, return_sequences=True)
        keras_layer.build(below.shape)
        keras_layer.set_weights([layer.kernel, layer.recurrent_kernel, layer.bias])
        below = keras_layer(below)
        np.testing.assert_allclose(np.swapaxes(run.hidden, 0, 1), below, atol=1e-5)


def test_one_character_at_a_time_equals_whole_text():
    sizes = (4, 6)
    weights, ids = to_device(random_network(sizes=sizes)), random_ids(24).reshape(12, 2)
    runs, _ = run_network(weights, tf.constant(ids), zero_states(sizes, 2))
    states = zero_states(sizes, 2)
    for t, characters in enumerate(ids):
        states, gates = advance(weights, tf.constant(characters), states)
        for run, state, gate in zip(runs, states, gates, strict=True):
            np.testing.assert_allclose(state.hidden, run.hidden[t], atol=1e-6)
            np.testing.assert_allclose(state.cell, run.cell[t], atol=1e-6)
            np.testing.assert_allclose(gate, run.gates[t], atol=1e-6)


def test_state_stays_zero_before_the_text():
    sizes = (4, 6)
    weights, ids = to_device(random_network(sizes=sizes)), random_ids(9)
    real = np.ones((9, 1), np.float32)
    real[:4] = 0.0
    masked, _ = run_network(weights, tf.constant(ids[:, None]), zero_states(sizes, 1), real)
    plain, _ = run_network(weights, tf.constant(ids[4:, None]), zero_states(sizes, 1))
    for left, right in zip(masked, plain, strict=True):
        assert not left.hidden[:4].numpy().any()
        np.testing.assert_allclose(left.hidden[4:], right.hidden, atol=1e-6)


def test_weights_survive_the_device():
    network = random_network()
    assert_same_bits(to_network(to_device(network)), network)
