"""The script that steps the network on the page "Try it", cell by cell, against the equations."""

import base64
from dataclasses import replace

import numpy as np
import pytest

from jobs.model.cell import GRU, GRU_RESET_BEFORE, LSTM, RNN, cells_record
from jobs.model.network import network_from_arrays
from report.resources import resources
from tests.support.engine_cases import random_ids, random_network
from tests.support.oracle import rows_of_text

SCRIPT = "assets/try/network.js"
READ = """([data, ids]) => {
  const network = new self.neuronarioEngine.Network(data);
  const seen = [];
  network.reset();
  ids.forEach((_, place) => {
    network.advance(ids, place);
    const hidden = new Float32Array(network.units);
    network.copyHidden(hidden, 0);
    seen.push([Array.from(hidden), Array.from(network.predict())]);
  });
  const saved = network.save();
  network.step(ids[0]);
  const after = new Float32Array(network.units);
  network.copyHidden(after, 0);
  network.restore(saved);
  network.step(ids[0], [[0, 1, 0.25]]);
  const again = new Float32Array(network.units);
  network.copyHidden(again, 0);
  return [seen, Array.from(after), Array.from(again)];
}"""

CELLS = [
    LSTM,
    GRU,
    GRU_RESET_BEFORE,
    RNN,
    replace(LSTM, gate_activation="hard_sigmoid_fifth"),
    replace(GRU, gate_activation="hard_sigmoid"),
]


def half(network):
    """The network with the weights that the page reads: float16."""
    arrays = {
        name: array.astype(np.float16).astype(np.float32)
        for name, array in network.arrays().items()
    }
    return network_from_arrays(arrays, network.cells)


@pytest.mark.parametrize("window", [0, 4])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.name}-{cell.gate_activation}")
def test_states_and_predictions_are_the_equations(cell, window, chromium):
    network, ids = random_network(sizes=(5, 6), cell=cell), random_ids(30).tolist()
    regime = "window" if window else "stream"
    packed = np.concatenate([array.ravel() for array in network.arrays().values()])
    data = {
        "alphabet": list("abcdefg"),
        "sizes": [5, 6],
        "cells": cells_record(network.cells),
        "regime": regime,
        "window": window,
        "weights": base64.b64encode(packed.astype("<f2").tobytes()).decode("ascii"),
        "check": {},
    }
    context = chromium.new_context()
    page = context.new_page()
    page.add_script_tag(path=resources().site_src / SCRIPT)
    seen, after, again = page.evaluate(READ, [data, ids])
    context.close()
    rows = rows_of_text(half(network), ids, [], regime, window)
    for (hidden, probabilities), (layers, wanted) in zip(seen, rows, strict=True):
        np.testing.assert_allclose(hidden, np.concatenate([one[0] for one in layers]), atol=2e-5)
        np.testing.assert_allclose(probabilities, wanted, atol=2e-5)
    held = np.array(again)
    assert held[1] == 0.25  # a held unit
    np.testing.assert_allclose(np.delete(held[:5], 1), np.delete(after[:5], 1), atol=1e-6)
    assert np.abs(held[5:] - after[5:]).max() > 1e-4  # what it hands upwards is what it is held at
