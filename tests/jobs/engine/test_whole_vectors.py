"""Units that are only there while a GRU is trained: zero before and after every step."""

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine.adam import zero_moments
from jobs.engine.gradient import loss_and_gradients
from jobs.engine.layers import to_device, to_network, zero_states
from jobs.engine.train_step import StepSettings, TrainState, compiled_steps, zero_metrics
from jobs.engine.whole_vectors import from_trainer, to_trainer, trained_units
from jobs.model.cell import GRU, LSTM, RNN
from jobs.model.network import initial_network
from tests.support.engine_cases import random_ids, random_network

MIXED = ((GRU, LSTM, GRU), (15, 5, 22))


@pytest.mark.parametrize(
    ("cell", "units", "trained"),
    [
        (GRU, 59, 64),
        (GRU, 149, 152),
        (GRU, 64, 64),
        (GRU, 33, 33),  # 40 are a fifth more
        (LSTM, 50, 50),
        (RNN, 106, 106),
    ],
)
def test_width_of_training_follows_from_width_and_cell(cell, units, trained):
    layer = initial_network(4, (units,), 0, (cell,)).layers[0]
    assert trained_units(layer) == trained


@pytest.mark.parametrize(("cells", "sizes"), [((GRU, GRU), (15, 22)), MIXED, ((LSTM,), (7,))])
def test_a_network_comes_back_to_the_bit(cells, sizes):
    network = random_network(sizes=sizes, cell=cells)
    again = from_trainer(to_trainer(network), sizes)
    assert again.cells == network.cells
    for name, array in network.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array, err_msg=name)
        assert again.arrays()[name].flags.c_contiguous


def added(weights, sizes):
    """How many values the trained weights have beside those of the network, and not zero."""
    whole, kept = to_network(weights), from_trainer(weights, sizes)
    values = [
        sum(np.count_nonzero(array) for array in one.arrays().values()) for one in (whole, kept)
    ]
    return whole.parameters - kept.parameters, values[0] - values[1]


@pytest.mark.parametrize("l1", [0.0, 0.01])
@pytest.mark.parametrize("last_only", [True, False])
def test_gradients_are_those_of_the_network_and_zero_beside(l1, last_only):
    cells, sizes = MIXED
    network = random_network(sizes=sizes, cell=cells)
    inputs = random_ids(18).reshape(6, 3)
    targets = random_ids(18, seed=5).reshape(6, 3)[-1 if last_only else 0 :]

    def of(weights):
        return loss_and_gradients(
            weights,
            tf.constant(inputs),
            tf.constant(targets),
            tf.ones([6, 3]),
            zero_states(weights, 3),
            l1,
        )

    loss, gradients, _ = of(to_device(network))
    widened_loss, widened, final = of(to_trainer(network))
    assert float(widened_loss.penalised) == pytest.approx(float(loss.penalised), abs=1e-6)
    assert [state.hidden.shape[1] for state in final] == [16, 5, 24]
    more, beside = added(widened, sizes)
    assert more > 0 and beside == 0
    found = from_trainer(widened, sizes)
    for name, array in to_network(gradients).arrays().items():
        np.testing.assert_allclose(found.arrays()[name], array, 1e-5, 1e-5, err_msg=name)


def test_after_many_steps_the_added_units_are_still_exactly_zero():
    sizes = (15, 22)
    weights = to_trainer(random_network(sizes=sizes, cell=(GRU, GRU)))
    settings = StepSettings(True, 1e-3, 1.0, 0.05, "cosine", 1, dropout=0.3, seed=4)
    ids = np.stack([random_ids(8 * 4, seed=seed).reshape(8, 4) for seed in range(12)])
    state = TrainState(
        weights, zero_moments(weights), zero_states(weights, 4), tf.constant(0), zero_metrics()
    )
    state = compiled_steps(settings)(
        state, ids[:, :-1], ids[:, 1:], np.ones((12, 7, 4), np.float32), 12, 20.0
    )
    assert int(state.step) == 12
    for nest in (state.weights, state.moments.first, state.moments.second):
        network = to_network(nest)
        for layer, units, below in zip(network.layers, sizes, (None, 15), strict=True):
            width = layer.units
            assert width > units
            extra = np.arange(3 * width) % width >= units
            for array in (layer.kernel, layer.recurrent_kernel, layer.bias):
                assert not array[:, extra].any()
            assert not layer.recurrent_kernel[units:].any()
            assert below is None or not layer.kernel[below:].any()
        assert not network.output_kernel[sizes[-1] :].any()
    assert not state.states[0].hidden[:, 15:].numpy().any()
