"""The model read by its file's own weights, before anything is folded: plain NumPy, float64.

Two uses: to tell an alphabet by the bits that it gives, and to check afterwards that the folded
network in the engine says the same. Written from the frameworks' documented equations; it shares
no code with the engine or with ``fold``.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import Cell
from jobs.model_files.file_model import FileModel, RecurrentLayer

Double = NDArray[np.float64]
State = tuple[Double, Double]


def log_probabilities(model: FileModel, ids: NDArray[np.int64]) -> Iterator[Double]:
    """(B, V) natural logarithms per step, of the character after ``ids[t]``, from a zero state.

    Args:
        model: as its file has it.
        ids: (T, B) the model's own ids, B texts side by side.
    """
    batch = ids.shape[1]
    weights = [_double(layer) for layer in model.layers]
    states = [(np.zeros((batch, layer.units)), np.zeros((batch, layer.units))) for layer in weights]
    output = model.output_weights.astype(np.float64)
    for row in ids:
        below: Double | None = (
            None if model.embedding is None else model.embedding[row].astype(np.float64)
        )
        for number, layer in enumerate(weights):
            values = _read_ids(layer, row) if below is None else _product(layer, below)
            states[number] = STEPS[layer.cell.name](layer, values, states[number])
            below = states[number][0]
        assert below is not None
        logits = below @ (output if model.output_layout == "keras" else output.T)
        if model.output_bias is not None:
            logits = logits + model.output_bias
        shifted = logits - logits.max(axis=1, keepdims=True)
        yield shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _double(layer: RecurrentLayer) -> RecurrentLayer:
    return RecurrentLayer(
        layer.cell,
        layer.layout,
        layer.input_weights.astype(np.float64),
        layer.recurrent_weights.astype(np.float64),
        layer.biases,
    )


def _read_ids(layer: RecurrentLayer, ids: NDArray[np.int64]) -> Double:
    """The product with one-hot rows is a look-up."""
    weights: Double = layer.input_weights.astype(np.float64, copy=False)
    return weights[ids] if layer.layout == "keras" else weights[:, ids].T


def _product(layer: RecurrentLayer, below: Double) -> Double:
    weights: Double = layer.input_weights.astype(np.float64, copy=False)
    return below @ (weights if layer.layout == "keras" else weights.T)


def _recurrent(layer: RecurrentLayer, hidden: Double, first: int, last: int) -> Double:
    """The recurrent product, its blocks ``first`` to ``last``."""
    weights: Double = layer.recurrent_weights.astype(np.float64, copy=False)
    place = slice(first * layer.units, last * layer.units)
    return hidden @ (weights[:, place] if layer.layout == "keras" else weights[place].T)


def _lstm_step(layer: RecurrentLayer, values: Double, state: State) -> State:
    """One step: Keras' ``z = x W + h U + b`` and PyTorch's ``W x + b_ih + W h + b_hh``."""
    hidden, cell = state
    z = values + _recurrent(layer, hidden, 0, 4)
    for bias in layer.biases:
        z = z + bias
    shut, kept, candidate, opened = np.split(z, 4, axis=1)
    shut, kept, opened = (_gate(layer.cell, part) for part in (shut, kept, opened))
    cell = kept * cell + shut * _squashed(layer.cell, candidate)
    return opened * _squashed(layer.cell, cell), cell


def _gru_step(layer: RecurrentLayer, values: Double, state: State) -> State:
    """The reset gate after the recurrent product. Keras has z r h, PyTorch r z n."""
    hidden, cell = state
    product = _recurrent(layer, hidden, 0, 3)
    if layer.biases:
        values, product = values + layer.biases[0], product + layer.biases[1]
    outer, inner = np.split(values, 3, axis=1), np.split(product, 3, axis=1)
    one, other = (_gate(layer.cell, outer[block] + inner[block]) for block in (0, 1))
    update, reset = (one, other) if layer.layout == "keras" else (other, one)
    candidate = _squashed(layer.cell, outer[2] + reset * inner[2])
    return update * hidden + (1.0 - update) * candidate, cell


def _gru_reset_before_step(layer: RecurrentLayer, values: Double, state: State) -> State:
    """Keras' ``reset_after=False``: the reset gate acts on the state, before the product."""
    hidden, cell = state
    for bias in layer.biases:
        values = values + bias
    outer, inner = np.split(values, 3, axis=1), np.split(_recurrent(layer, hidden, 0, 2), 2, axis=1)
    update, reset = (_gate(layer.cell, outer[block] + inner[block]) for block in (0, 1))
    candidate = _squashed(layer.cell, outer[2] + _recurrent(layer, reset * hidden, 2, 3))
    return update * hidden + (1.0 - update) * candidate, cell


def _rnn_step(layer: RecurrentLayer, values: Double, state: State) -> State:
    hidden, cell = state
    total = values + _recurrent(layer, hidden, 0, 1)
    for bias in layer.biases:
        total = total + bias
    return _squashed(layer.cell, total), cell


def _gate(cell: Cell, x: Double) -> Double:
    """Keras 3 and PyTorch divide a hard sigmoid's input by 6, Keras 2 by 5."""
    if cell.gate_activation == "sigmoid":
        return 0.5 * (1.0 + np.tanh(0.5 * x))
    by = 6.0 if cell.gate_activation == "hard_sigmoid" else 5.0
    hard: Double = np.clip(x / by + 0.5, 0.0, 1.0)
    return hard


def _squashed(cell: Cell, x: Double) -> Double:
    return np.maximum(x, 0.0) if cell.activation == "relu" else np.tanh(x)


STEPS = {  # by the name of the cell
    "lstm": _lstm_step,
    "gru": _gru_step,
    "gru_reset_before": _gru_reset_before_step,
    "rnn": _rnn_step,
}
