"""Shapes of weights: one place knows them, and a network that does not fit is named."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.model.cell import GRU, GRU_RESET_BEFORE, LSTM, RNN
from jobs.model.network import (
    check_shapes,
    initial_network,
    model_summary,
    network_from_arrays,
    weight_shapes,
)

SIZES = (3, 5)


ALL = [LSTM, GRU, GRU_RESET_BEFORE, RNN]


@pytest.mark.parametrize("cells", [*((cell, cell) for cell in ALL), (RNN, GRU)])
def test_weight_shapes_are_those_of_a_network(cells):
    network = initial_network(7, SIZES, 0, cells)
    shapes = {name: array.shape for name, array in network.arrays().items()}
    assert shapes == weight_shapes(7, SIZES, cells) and network.cells == cells
    assert network.parameters == sum(int(np.prod(shape)) for shape in shapes.values())
    assert f"{network.parameters:,}" in model_summary(network).splitlines()[-1]


def test_without_cells_all_layers_are_lstm():
    assert initial_network(7, SIZES, 0).cells == (LSTM, LSTM)
    assert weight_shapes(7, SIZES) == weight_shapes(7, SIZES, (LSTM, LSTM))


@pytest.mark.parametrize("cells", [(LSTM, LSTM), (GRU, GRU), (RNN, GRU_RESET_BEFORE)])
def test_arrays_make_the_same_network(cells):
    network = initial_network(7, SIZES, 1, cells)
    again = network_from_arrays(network.arrays(), network.cells)
    assert again.sizes == SIZES and again.alphabet_size == 7 and again.cells == cells
    for name, array in network.arrays().items():
        assert again.arrays()[name] is array


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda layer: replace(layer, kernel=layer.kernel[:-1]), "layer2.kernel"),
        (lambda layer: replace(layer, bias=layer.bias.astype(np.float64)), "layer2.bias"),
    ],
)
def test_what_does_not_fit_is_named(change, named):
    network = initial_network(7, SIZES, 0)
    first, second = network.layers
    with pytest.raises(ValueError, match=named):
        check_shapes(replace(network, layers=(first, change(second))))


@pytest.mark.parametrize(("cell", "kind"), [(GRU, "GRU"), (RNN, "SimpleRNN"), (LSTM, "LSTM")])
def test_a_layer_fits_keras(cell, kind):
    """Shapes and zeros of the biases are those that Keras itself makes."""
    import tensorflow as tf

    layer = getattr(tf.keras.layers, kind)(5)
    layer.build((None, None, 3))
    ours = initial_network(3, (5,), 0, (cell,)).layers[0]
    theirs = layer.get_weights()
    for mine, wanted in zip((ours.kernel, ours.recurrent_kernel, ours.bias), theirs, strict=True):
        assert mine.shape == wanted.shape
    np.testing.assert_array_equal(ours.bias, theirs[2])


def test_the_first_gates_are_those_of_their_block():
    assert [LSTM.block(gate) for gate in LSTM.gates] == [0, 1, 3]
    assert [GRU.block(gate) for gate in GRU.gates] == [0, 1]


def test_initial_weights_depend_on_the_seed_alone():
    network = initial_network(7, SIZES, 3)
    for layer, units in zip(network.layers, SIZES, strict=True):
        assert layer.bias.tolist() == [0.0] * units + [1.0] * units + [0.0] * (2 * units)
        rows = layer.recurrent_kernel @ layer.recurrent_kernel.T
        np.testing.assert_allclose(rows, np.eye(units), atol=1e-5)  # orthogonal
    same, other = initial_network(7, SIZES, 3), initial_network(7, SIZES, 4)
    assert (same.output_kernel == network.output_kernel).all()
    assert (other.output_kernel != network.output_kernel).any()
