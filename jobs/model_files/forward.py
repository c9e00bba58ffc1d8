"""The model read by its file's own weights, before anything is folded: plain NumPy, float64.

Two uses: to tell an alphabet by the bits that it gives, and to check afterwards that the folded
network in the engine says the same. Written from the frameworks' documented equations; it shares
no code with the engine or with ``fold``.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

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
            states[number] = STEPS[layer.cell](layer, values, states[number])
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


def _lstm_step(layer: RecurrentLayer, values: Double, state: State) -> State:
    """One step: Keras' ``z = x W + h U + b`` and PyTorch's ``W x + b_ih + W h + b_hh``."""
    hidden, cell = state
    weights: Double = layer.recurrent_weights.astype(np.float64, copy=False)
    z = values + hidden @ (weights if layer.layout == "keras" else weights.T)
    for bias in layer.biases:
        z = z + bias
    shut, kept, candidate, opened = np.split(z, 4, axis=1)
    cell = _sigmoid(kept) * cell + _sigmoid(shut) * np.tanh(candidate)
    return _sigmoid(opened) * np.tanh(cell), cell


def _sigmoid(x: Double) -> Double:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


STEPS = {"lstm": _lstm_step}  # one function a cell
