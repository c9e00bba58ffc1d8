"""Traces against the oracle."""

import time

import numpy as np
import pytest

from jobs.engine import trace_text as tracer
from jobs.engine.trace_text import trace_text, write_trace
from jobs.model.cell import GRU_RESET_BEFORE
from jobs.model.network import initial_network
from jobs.model.reading_mode import STREAM, reading_mode
from tests.support.engine_cases import SIZES, TRAINED, random_ids, random_network
from tests.support.oracle import Oracle, rows_of_text

WINDOW = 5


@pytest.mark.parametrize(
    ("cell", "sizes"),
    [
        *((TRAINED[0], sizes) for sizes in SIZES),
        *((cell, SIZES[1]) for cell in (*TRAINED[1:], GRU_RESET_BEFORE)),
        *(
            pytest.param(cell, sizes, marks=pytest.mark.long)
            for cell in (*TRAINED[1:], GRU_RESET_BEFORE)
            for sizes in (SIZES[0], *SIZES[2:])
        ),
    ],
)
@pytest.mark.parametrize("regime", ["stream", "window"])
@pytest.mark.parametrize("context_length", [0, 3, 9])
def test_every_state_gate_and_probability_equals_oracle(cell, sizes, regime, context_length):
    """Every layer, and in the window regime the *last* step of each window."""
    network, ids = random_network(sizes=sizes, cell=cell), random_ids(37)
    context = random_ids(context_length, seed=8)
    trace = trace_text(network, ids, mode=reading_mode(regime, WINDOW), context=context)
    expected = rows_of_text(network, ids, context, regime, WINDOW)
    assert len(trace.layers) == len(sizes)
    for number, layer in enumerate(network.layers):
        for index, kind in enumerate(layer.cell.states):
            wanted = np.array([row[0][number][index] for row in expected])
            actual = trace.arrays()[f"layer{number + 1}.{kind}"]
            np.testing.assert_allclose(actual, wanted, atol=1e-5, err_msg=kind)
    np.testing.assert_allclose(trace.probabilities, [row[1] for row in expected], atol=1e-5)
    np.testing.assert_allclose(trace.probabilities.astype(float).sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(trace.ids, ids)


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("regime", ["stream", "window"])
def test_row_before_the_text(cell, regime):
    network, context = random_network(cell=cell), random_ids(9, seed=8)
    trace = trace_text(network, random_ids(4), mode=reading_mode(regime, WINDOW), context=context)
    rows, probabilities = rows_of_text(network, context, [], regime, WINDOW)[-1]
    for number in range(2):
        np.testing.assert_allclose(trace.before.hidden[number], rows[number][0], atol=1e-5)
        memory = rows[number][1] if cell.has_cell_state else []
        np.testing.assert_allclose(trace.before.cell[number], memory, atol=1e-5)
    np.testing.assert_allclose(trace.before.probabilities, probabilities, atol=1e-5)


def test_row_before_without_context_is_the_zero_state():
    network = random_network()
    trace = trace_text(network, random_ids(4), mode=STREAM, context=random_ids(0))
    assert not any(hidden.any() for hidden in trace.before.hidden)
    np.testing.assert_allclose(trace.before.probabilities, Oracle(network).predict(), atol=1e-6)


class Kept:
    """Takes the arrays of a trace as the files do, in memory."""

    def __init__(self):
        self.rows = {}

    def append(self, name, rows):
        self.rows.setdefault(name, []).append(rows.copy())

    def array(self, name):
        return np.concatenate(self.rows[name])


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("context_length", [0, 9])
@pytest.mark.parametrize("regime", ["stream", "window"])
def test_written_in_blocks_nothing_changes(cell, regime, context_length, monkeypatch):
    network, ids = random_network(cell=cell), random_ids(75)
    context = random_ids(context_length, seed=8)
    whole = trace_text(network, ids, mode=reading_mode(regime, WINDOW), context=context)
    monkeypatch.setattr(tracer, "STREAM_BLOCK", 16)
    monkeypatch.setattr(tracer, "WINDOW_BLOCK", 16)
    kept, told = Kept(), []
    settings = {"mode": reading_mode(regime, WINDOW), "context": context}
    write_trace(network, ids, kept, on_rows=told.append, **settings)
    assert told == [16, 32, 48, 64, 75]
    for name, array in whole.arrays().items():
        if name not in ("ids", "context"):
            np.testing.assert_allclose(kept.array(name), array, atol=2e-6, err_msg=name)
    assert set(kept.rows) == set(whole.arrays()) - {"ids", "context"}
    assert whole.mode.window == (WINDOW if regime == "window" else 0)


def keep_everything(layer):
    """What was once written stays: the gate that keeps is wide open, or the weights are a latch."""
    units = layer.units
    if layer.cell.keeps:
        place = layer.cell.block(layer.cell.keeps) * units
        np.atleast_2d(layer.bias)[0, place : place + units] = 12.0
    else:
        layer.recurrent_kernel[:] = 3.0 * np.eye(units)
        layer.kernel[:] *= 0.1


def forget_soon(layer):
    if not layer.cell.keeps:  # an orthogonal matrix keeps what it turns
        layer.recurrent_kernel[:] *= 0.5


@pytest.mark.parametrize("cell", TRAINED)
@pytest.mark.parametrize("forgets", [True, False])
def test_segments_side_by_side_change_nothing(cell, forgets, monkeypatch):
    """Also where a network does not forget its start: then the segments are read again in turn."""
    network = initial_network(7, (4, 6), 1, (cell, cell))
    for layer in network.layers:
        keep_everything(layer) if not forgets else forget_soon(layer)
    monkeypatch.setattr(tracer, "STREAM_BLOCK", 300)
    reads = []
    alone = tracer._stream_block
    monkeypatch.setattr(tracer, "_stream_block", lambda *a: reads.append(1) or alone(*a))
    ids, context = random_ids(3_000), random_ids(9, seed=8)
    settings = {"mode": STREAM, "context": context}
    monkeypatch.setattr(tracer, "SEGMENTS", 5)
    beside = trace_text(network, ids, **settings)
    read_again = len(reads) - 1  # one for the context
    assert read_again == 0 if forgets else read_again > 0
    monkeypatch.setattr(tracer, "SEGMENTS", 1)
    in_turn = trace_text(network, ids, **settings)
    for name, array in in_turn.arrays().items():
        np.testing.assert_allclose(beside.arrays()[name], array, atol=1e-5, err_msg=name)


def test_few_rows_of_a_large_network_wait_to_be_written(monkeypatch):
    """A slow disk: no more blocks are made ahead than are read at once, however large they are."""
    network = initial_network(7, (4, 6), 1)
    monkeypatch.setattr(tracer, "STREAM_BLOCK", 100)
    monkeypatch.setattr(tracer, "segments_for", lambda network: 2)
    made, waiting = [], []
    blocks = tracer.trace_blocks

    def counted(*arguments, **settings):
        for block in blocks(*arguments, **settings):
            made.append(block)
            yield block

    class Slow:
        def append(self, name, rows):
            if name == "probabilities":
                time.sleep(0.05)
                waiting.append(len(made) - len(waiting) - 2)  # but the row before and the written

    monkeypatch.setattr(tracer, "trace_blocks", counted)
    ids, context = random_ids(2_000), random_ids(9, seed=8)
    write_trace(network, ids, Slow(), mode=STREAM, context=context)
    assert len(waiting) == 20
    assert max(waiting) <= 2
