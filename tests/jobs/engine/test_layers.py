"""Every cell's step and the layers against an independent NumPy network and against Keras."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine.layers import advance, run_network, to_device, to_network, zero_states
from jobs.engine.tensors import named_arrays
from jobs.model.cell import GRU, GRU_RESET_BEFORE, LSTM, RNN
from tests.support.engine_cases import (
    SIZES,
    TRAINED,
    assert_same_bits,
    keras_layer,
    random_ids,
    random_network,
)
from tests.support.oracle import rows_of_text

READ_ONLY = [
    GRU_RESET_BEFORE,
    replace(LSTM, gate_activation="hard_sigmoid"),
    replace(LSTM, activation="relu"),
    replace(GRU, gate_activation="hard_sigmoid_fifth"),
    replace(GRU_RESET_BEFORE, gate_activation="hard_sigmoid"),
    replace(RNN, activation="relu"),
]


def quiet(network):
    """Smaller weights, with which rectified states stay finite."""
    layers = (replace(one, recurrent_kernel=one.recurrent_kernel / 4) for one in network.layers)
    return replace(network, layers=tuple(layers))


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cell", [*TRAINED, *READ_ONLY])
def test_whole_text_equals_oracle(cell, sizes):
    network, ids = random_network(sizes=sizes, cell=cell), random_ids(40)
    if not cell.trained:
        network = quiet(network)
    weights = to_device(network)
    runs, ends = run_network(weights, tf.constant(ids[:, None]), zero_states(weights, 1))
    expected = rows_of_text(network, ids, [], "stream", 0)
    found = named_arrays(network.cells, runs)
    for number, run in enumerate(runs):
        for kind, name in enumerate(cell.states):
            wanted = np.array([row[0][number][kind] for row in expected])
            actual = found[f"layer{number + 1}.{name}"][:, 0]
            np.testing.assert_allclose(actual, wanted, atol=1e-5, err_msg=name)
        for name in cell.carried:
            np.testing.assert_array_equal(getattr(ends[number], name), getattr(run, name)[-1])


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cell", [*TRAINED, GRU_RESET_BEFORE])
def test_whole_text_equals_keras(cell, sizes):
    network, ids = random_network(sizes=sizes, cell=cell), random_ids(30).reshape(10, 3)
    weights = to_device(network)
    runs, _ = run_network(weights, tf.constant(ids), zero_states(weights, 3))
    below = tf.one_hot(ids.T, network.alphabet_size)
    for layer, run in zip(network.layers, runs, strict=True):
        keras = keras_layer(layer, return_sequences=True)
        keras.build(below.shape)
        keras.set_weights([layer.kernel, layer.recurrent_kernel, layer.bias])
        below = keras(below)
        np.testing.assert_allclose(np.swapaxes(run.hidden, 0, 1), below, atol=1e-5)


@pytest.mark.parametrize("cell", [*TRAINED, GRU_RESET_BEFORE])
def test_one_character_at_a_time_equals_whole_text(cell):
    weights = to_device(random_network(sizes=(4, 6), cell=cell))
    ids = random_ids(24).reshape(12, 2)
    runs, _ = run_network(weights, tf.constant(ids), zero_states(weights, 2))
    states = zero_states(weights, 2)
    for t, characters in enumerate(ids):
        states, gates = advance(weights, tf.constant(characters), states)
        for run, state, gate in zip(runs, states, gates, strict=True):
            for name in cell.carried:
                np.testing.assert_allclose(getattr(state, name), getattr(run, name)[t], atol=1e-6)
            if cell.gates:
                np.testing.assert_allclose(gate, run.gates[t], atol=1e-6)


@pytest.mark.parametrize("cell", [*TRAINED, GRU_RESET_BEFORE])
def test_large_layers_are_multiplied_transposed_and_say_the_same(cell, monkeypatch):
    weights = to_device(random_network(sizes=(4, 6), cell=cell))
    ids = tf.constant(random_ids(24).reshape(12, 2))
    plain, _ = run_network(weights, ids, zero_states(weights, 2))
    monkeypatch.setattr("jobs.engine.tensors.TRANSPOSED", 1)
    turned, _ = run_network(weights, ids, zero_states(weights, 2))
    for left, right in zip(plain, turned, strict=True):
        np.testing.assert_allclose(left.hidden, right.hidden, atol=1e-6)


@pytest.mark.parametrize("cell", [*TRAINED, GRU_RESET_BEFORE])
def test_state_stays_zero_before_the_text(cell):
    weights, ids = to_device(random_network(sizes=(4, 6), cell=cell)), random_ids(9)
    real = np.ones((9, 1), np.float32)
    real[:4] = 0.0
    masked, _ = run_network(weights, tf.constant(ids[:, None]), zero_states(weights, 1), real)
    plain, _ = run_network(weights, tf.constant(ids[4:, None]), zero_states(weights, 1))
    for left, right in zip(masked, plain, strict=True):
        assert not left.hidden[:4].numpy().any()
        np.testing.assert_allclose(left.hidden[4:], right.hidden, atol=1e-6)


@pytest.mark.parametrize("cell", [*TRAINED, *READ_ONLY])
def test_weights_survive_the_device(cell):
    network = random_network(cell=cell)
    again = to_network(to_device(network))
    assert_same_bits(again, network)
    assert again.cells == network.cells
