"""The steps of the measures against the equations written once more, for every cell there is."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.model.cell import GRU, GRU_RESET_BEFORE, LSTM, RNN
from jobs.model.network import Network
from report.measures.ablation.numpy_cells import full_step, step, weights
from report.measures.ablation.numpy_reading import (
    hidden_states,
    stream_states,
    window_states,
    zero_state,
)
from tests.support.engine_cases import random_ids, random_network
from tests.support.oracle import STEPS, rows_of_text

CELLS = [LSTM, GRU, GRU_RESET_BEFORE, RNN]
HARD = [replace(cell, gate_activation="hard_sigmoid") for cell in CELLS[:3]]
FIFTH = [replace(cell, gate_activation="hard_sigmoid_fifth") for cell in CELLS[:3]]
RELU = [replace(cell, activation="relu") for cell in (GRU, RNN)]
NONE = np.zeros(0, np.int32)


def states(network, ids, context, window):
    regime = "window" if window else "stream"
    rows = rows_of_text(network, ids, context, regime, window)
    return [np.array([row[0][n][0] for row in rows]) for n in range(len(network.layers))]


def quiet(network):
    """Smaller weights, with which rectified states stay finite."""
    layers = (replace(one, recurrent_kernel=one.recurrent_kernel / 4) for one in network.layers)
    return Network(tuple(layers), network.output_kernel, network.output_bias)


@pytest.mark.parametrize("cell", [*CELLS, *HARD, *FIFTH, *RELU])
@pytest.mark.parametrize("window", [0, 4])
def test_states_equal_the_equations(cell, window):
    network, ids = quiet(random_network(cell=cell)), random_ids(30)
    found = hidden_states(network, ids[5:], ids[:5], window)
    for layer, wanted in zip(found, states(network, ids[5:], ids[:5], window), strict=True):
        np.testing.assert_allclose(layer, wanted, atol=1e-5)
        assert wanted.std() > 0.05


def test_layers_of_different_cells_in_one_network():
    parts = [
        random_network(alphabet=7 if n == 0 else 4, sizes=(4,), cell=cell, seed=n + 1)
        for n, cell in enumerate(CELLS)
    ]
    network = replace(parts[0], layers=tuple(part.layers[0] for part in parts))
    found = window_states(network, random_ids(20), NONE, 6)
    for layer, wanted in zip(found, states(network, random_ids(20), [], 6), strict=True):
        np.testing.assert_allclose(layer, wanted, atol=1e-5)


@pytest.mark.parametrize("cell", [*CELLS, *HARD])
@pytest.mark.parametrize("starts", [None, np.array([0, 11], np.int32)])
def test_networks_side_by_side_are_read_as_each_alone(cell, starts):
    networks = [quiet(random_network(sizes=(5, 3), cell=cell, seed=seed)) for seed in (1, 2, 3)]
    text = (random_ids(40)[4:], random_ids(40)[:4], 3, 7, starts)  # three streams
    found = stream_states(networks, *text)
    for place, network in enumerate(networks):
        for layer, alone in zip(found, stream_states([network], *text), strict=True):
            np.testing.assert_array_equal(layer[place], alone[0])
    assert np.abs(found[1][0] - found[1][1]).max() > 0.01


@pytest.mark.parametrize("cell", [*CELLS, *HARD])
def test_gates_and_cell_state_equal_the_equations(cell):
    layer = random_network(sizes=(5,), cell=cell).layers[0]
    prepared, generator = weights(layer), np.random.default_rng(3)
    hidden, memory = (one[0] for one in zero_state([prepared], 6))
    hidden += generator.normal(size=hidden.shape).astype(np.float32)
    memory += generator.normal(size=memory.shape).astype(np.float32)
    ids = random_ids(6)
    made = full_step(prepared, prepared.kernel[ids] + prepared.bias, hidden, memory)
    short = step(prepared, prepared.kernel[ids] + prepared.bias, hidden, memory)
    np.testing.assert_allclose(short[0], made.hidden, atol=1e-6)
    np.testing.assert_allclose(short[1], made.cell, atol=1e-6)
    for row in range(6):
        one_hot = np.eye(7)[ids[row]]
        *_, wanted = STEPS[cell.name](layer, one_hot, hidden[row], memory[row])
        named = dict(zip(cell.states, wanted, strict=True))
        np.testing.assert_allclose(made.hidden[row], named["hidden"], atol=1e-6)
        if cell.has_cell_state:
            np.testing.assert_allclose(made.cell[row], named["cell"], atol=1e-6)
        for place, gate in enumerate(cell.gates):
            np.testing.assert_allclose(made.gates[row, place], named[gate], atol=1e-6)
