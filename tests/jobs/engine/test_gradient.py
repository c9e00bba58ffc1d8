"""The hand-written gradients against automatic differentiation through Keras' own layers."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp

from jobs.engine.dropout import dropout_factors
from jobs.engine.gradient import loss_and_gradients, softmax_head
from jobs.engine.layers import to_device, zero_states
from jobs.engine.tensors import State, laid_out
from jobs.model.cell import GRU_RESET_BEFORE, RNN
from tests.support.engine_cases import SIZES, TRAINED, keras_layer, random_ids, random_network
from tests.support.oracle import loss_of_batch

STEPS, BATCH = 6, 3


def keras_gradients(network, inputs, targets, l1, last_only, dropout=None):
    """Loss and gradients of a Keras model with an L1 activity regulariser, as the notebook's."""
    model_input = tf.keras.layers.Input(batch_shape=(BATCH, STEPS, network.alphabet_size))
    below = model_input
    for number, layer in enumerate(network.layers):
        top = number == len(network.layers) - 1
        below = keras_layer(
            layer,
            return_sequences=not (top and last_only),
            activity_regularizer=tf.keras.regularizers.L1(l1) if l1 else None,
        )(below)
        if dropout:
            factors = np.swapaxes(dropout[number], 0, 1)
            below = tf.keras.ops.multiply(
                below, factors[:, -1] if len(below.shape) == 2 else factors
            )
    output = tf.keras.layers.Dense(network.alphabet_size, activation="softmax")(below)
    model = tf.keras.Model(model_input, output)
    model.set_weights(list(network.arrays().values()))
    wanted = tf.one_hot(targets[-1] if last_only else targets.T, network.alphabet_size)
    with tf.GradientTape() as tape:
        predicted = model(tf.one_hot(inputs.T, network.alphabet_size), training=True)
        loss = tf.keras.losses.CategoricalCrossentropy()(wanted, predicted)
        loss += tf.add_n(model.losses) if model.losses else 0.0
    return float(loss), tape.gradient(loss, model.trainable_weights)


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("l1", [0.0, 0.01])
@pytest.mark.parametrize("last_only", [True, False])
@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_gradients_equal_keras(cell, sizes, l1, last_only, rate):
    network = random_network(sizes=sizes, cell=cell)
    inputs = random_ids(STEPS * BATCH).reshape(STEPS, BATCH)
    targets = random_ids(STEPS * BATCH, seed=5).reshape(STEPS, BATCH)[-1 if last_only else 0 :]
    dropout = dropout_factors(rate, 3, tf.constant(5), 0, sizes, STEPS, BATCH)
    loss, gradients, _ = loss_and_gradients(
        to_device(network),
        tf.constant(inputs),
        tf.constant(targets),
        tf.ones([STEPS, BATCH]),
        zero_states(to_device(network), BATCH),
        l1,
        dropout=dropout,
    )
    expected_loss, expected = keras_gradients(network, inputs, targets, l1, last_only, dropout)
    assert float(loss.penalised) == pytest.approx(expected_loss, abs=1e-5)
    logits_loss, _ = keras_gradients(network, inputs, targets, 0.0, last_only, dropout)
    assert float(loss.nats) == pytest.approx(logits_loss, abs=1e-5)
    for name, actual, wanted in zip(
        network.arrays(), tf.nest.flatten(gradients), expected, strict=True
    ):
        np.testing.assert_allclose(actual, wanted, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("last_only", [True, False])
def test_transposed_kernels_change_nothing(cell, last_only, monkeypatch):
    """The layout that only large layers use, on small ones."""
    network = random_network(cell=cell)
    inputs, targets = random_ids(18).reshape(6, 3), random_ids(18, seed=5).reshape(6, 3)

    def found():
        return loss_and_gradients(
            to_device(network),
            tf.constant(inputs),
            tf.constant(targets[-1 if last_only else 0 :]),
            tf.ones([6, 3]),
            zero_states(to_device(network), 3),
            0.01,
        )

    plain = found()
    asked = []

    def transposed(kernel, units):
        asked.append(units)
        return tf.transpose(kernel), True

    monkeypatch.setattr("jobs.engine.layers.laid_out", transposed)
    monkeypatch.setattr("jobs.engine.gradient.laid_out", transposed)
    for left, right in zip(tf.nest.flatten(plain), tf.nest.flatten(found()), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)
    assert asked == [4, 6, 6, 4]


def test_large_layers_are_multiplied_transposed():
    kernel = tf.zeros([3, 5])
    assert [laid_out(kernel, units)[1] for units in (511, 512)] == [False, True]
    assert [tuple(laid_out(kernel, units)[0].shape) for units in (511, 512)] == [(3, 5), (5, 3)]


def test_a_certain_prediction_overflows_nowhere():
    """Scores of hundreds: their powers are beyond float32, loss and gradients are not."""
    network = random_network()
    output_kernel = tf.constant(network.output_kernel) * 1e4
    weights = to_device(network)._replace(output_kernel=output_kernel)
    hidden = tf.random.stateless_uniform([2, 3, network.sizes[-1]], (1, 2), -1.0, 1.0)
    targets = random_ids(6).reshape(2, 3)
    head = softmax_head(weights, hidden, tf.constant(targets), tf.fill([2, 3], 1 / 6))
    scores = hidden.numpy().astype(float) @ output_kernel.numpy() + network.output_bias
    assert np.abs(scores).max() > 100.0
    logarithms = scores - logsumexp(scores, axis=-1, keepdims=True)
    expected = -np.take_along_axis(logarithms, targets[..., None], -1).sum()
    assert float(head.nats) == pytest.approx(expected / 6, rel=1e-5)
    gradients = (np.exp(logarithms) - np.eye(scores.shape[-1])[targets]) / 6.0
    np.testing.assert_allclose(head.bias, gradients.sum(axis=(0, 1)), atol=1e-5)


@pytest.mark.parametrize("cell", TRAINED)
def test_padding_changes_nothing(cell):
    network = random_network(cell=cell)
    inputs, targets = random_ids(18).reshape(6, 3), random_ids(18, seed=5).reshape(6, 3)
    mask = np.ones((6, 3), np.float32)
    mask[:, 2] = 0.0
    results = [
        loss_and_gradients(
            to_device(network),
            tf.constant(inputs[:, :rows]),
            tf.constant(targets[:, :rows]),
            tf.constant(mask[:, :rows]),
            zero_states(to_device(network), rows),
            0.01,
        )
        for rows in (2, 3)
    ]
    for left, right in zip(*(tf.nest.flatten(result[:2]) for result in results), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-6)


@pytest.mark.parametrize("cell", TRAINED)
def test_carried_state_is_used_and_handed_on(cell):
    """Numerical derivative of the oracle's loss from a state that is not zero."""
    sizes, network = (4, 6), random_network(cell=cell)
    generator = np.random.default_rng(7)
    states = [tuple(generator.normal(size=(3, n)).astype("f") for _ in cell.carried) for n in sizes]
    inputs, targets = random_ids(12).reshape(4, 3), random_ids(12, seed=5).reshape(4, 3)
    loss, gradients, final = loss_and_gradients(
        to_device(network),
        tf.constant(inputs),
        tf.constant(targets),
        tf.ones([4, 3]),
        tuple(State(*map(tf.constant, state)) for state in states),
        0.02,
    )
    assert float(loss.penalised) == pytest.approx(
        loss_of_batch(network, inputs, targets, states, 0.02, False), abs=1e-5
    )
    assert not np.allclose(final[0].hidden, states[0][0])
    arrays = {name: array.astype(float) for name, array in network.arrays().items()}
    for name, gradient in zip(arrays, tf.nest.flatten(gradients), strict=True):
        position = tuple(int(generator.integers(size)) for size in arrays[name].shape)
        losses = []
        for shift in (1e-5, -1e-5):
            moved = {key: value.copy() for key, value in arrays.items()}
            moved[name][position] += shift
            losses.append(
                loss_of_batch(Float64(network, moved), inputs, targets, states, 0.02, False)
            )
        assert gradient.numpy()[position] == pytest.approx(
            (losses[0] - losses[1]) / 2e-5, abs=1e-5
        ), name


class Float64:
    """A network in float64, for numerical derivatives: just what the oracle reads."""

    def __init__(self, network, arrays):
        self.sizes, self.alphabet_size = network.sizes, network.alphabet_size
        self.layers = [
            type(
                "Layer",
                (),
                {
                    "units": size,
                    "cell": network.cells[number - 1],
                    "kernel": arrays[f"layer{number}.kernel"],
                    "recurrent_kernel": arrays[f"layer{number}.recurrent_kernel"],
                    "bias": arrays[f"layer{number}.bias"],
                },
            )
            for number, size in enumerate(network.sizes, start=1)
        ]
        self.output_kernel, self.output_bias = arrays["output.kernel"], arrays["output.bias"]


def test_what_is_only_read_is_not_trained():
    for cell in (GRU_RESET_BEFORE, replace(RNN, activation="relu")):
        network = random_network(cell=cell)
        weights, ids = to_device(network), tf.constant(random_ids(6).reshape(2, 3))
        with pytest.raises(ValueError, match="only read"):
            loss_and_gradients(weights, ids, ids, tf.ones([2, 3]), zero_states(weights, 3), 0.0)
