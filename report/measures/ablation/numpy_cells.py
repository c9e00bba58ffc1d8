"""A step of each cell in NumPy: float32, many copies at once.

What reads a text with it is in :mod:`report.measures.ablation.numpy_reading`. The equations are
Keras' (x K the input times the kernel, h R the state times the recurrent kernel)::

    lstm  i, f, o = sigmoid(x K + h R + b), g = tanh(...), c = f c + i g, h = o tanh(c)
    gru   z, r = sigmoid(x K + h R + b + b'), g = tanh(x K + b + r (h R + b')), h = z h + (1 - z) g
    gru   before: z, r = sigmoid(x K + h R + b), g = tanh(x K + b + (r h) R), h = z h + (1 - z) g
    rnn   h = tanh(x K + h R + b)

A cell without a memory beside its state has cell states of width 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from jobs.model.cell import LSTM, Cell
from jobs.model.network import Float, Layer


@dataclass(frozen=True)
class Weights:
    """One layer's weights, prepared for its step."""

    kernel: Float  # (inputs, G H)
    recurrent_kernel: Float  # (H, G H)
    bias: Float  # (G H,) that of the inputs
    recurrent_bias: Float  # (G H,) that of the recurrent product; (0,) where there is none
    cell: Cell
    doubled: bool  # candidate columns are doubled: see weights()

    @property
    def units(self) -> int:
        """H, the number of units."""
        return int(self.recurrent_kernel.shape[-2])

    @property
    def cell_units(self) -> int:
        """Width of the cell state: H or 0."""
        return self.cell.cell_units(self.units)


def stacked(layers: Sequence[Layer]) -> Weights:
    """N ``layers`` of one shape, prepared to make a step side by side: all arrays of the weights
    and of :func:`step` have an axis of N before theirs.
    """
    each = [weights(layer) for layer in layers]
    return replace(
        each[0],
        kernel=np.stack([one.kernel for one in each]),
        recurrent_kernel=np.stack([one.recurrent_kernel for one in each]),
        bias=np.stack([one.bias for one in each])[:, None],
        recurrent_bias=np.stack([one.recurrent_bias for one in each])[:, None],
    )


class Step(NamedTuple):
    """What one step makes of B copies."""

    hidden: Float  # (..., H)
    cell: Float  # (..., H), or (..., 0)
    gates: Float  # (..., number of gates, H), in the cell's order


def weights(layer: Layer) -> Weights:
    """``layer`` prepared for :func:`step`.

    The usual LSTM's candidate columns are doubled: tanh(x) = 2 sigmoid(2x) - 1, so one sigmoid over
    all four gates does, which is most of the time of a step.
    """
    cell, units = layer.cell, layer.units
    bias, recurrent_bias = layer.bias, np.zeros(0, np.float32)
    if cell.recurrent_bias:
        bias, recurrent_bias = layer.bias
    doubled = cell == LSTM
    if not doubled:
        return Weights(layer.kernel, layer.recurrent_kernel, bias, recurrent_bias, cell, doubled)
    double = np.ones(4 * units, np.float32)
    double[2 * units : 3 * units] = 2.0
    return Weights(
        layer.kernel * double,
        layer.recurrent_kernel * double,
        bias * double,
        recurrent_bias,
        cell,
        doubled,
    )


def step(layer: Weights, projected: Float, hidden: Float, cell: Float) -> tuple[Float, Float]:
    """One step of B copies.

    Args:
        layer: the weights.
        projected: (..., G H) or broadcastable, input times kernel plus bias.
        hidden: (..., H) before.
        cell: (..., H) before; (..., 0) where the cell has no cell state.

    Returns:
        New arrays hidden and cell.
    """
    if layer.doubled:
        return _lstm_step(layer, projected, hidden, cell)
    made = full_step(layer, projected, hidden, cell)
    return made.hidden, made.cell


def full_step(layer: Weights, projected: Float, hidden: Float, cell: Float) -> Step:
    """As :func:`step`, with the gates: the equations as they stand above."""
    if layer.cell.name == "lstm":
        return _any_lstm_step(layer, projected, hidden, cell)
    if layer.cell.name == "rnn":
        new = activation(layer.cell, projected + hidden @ layer.recurrent_kernel)
        return Step(new, cell, np.zeros((*new.shape[:-1], 0, new.shape[-1]), np.float32))
    return _gru_step(layer, projected, hidden, cell)


def _any_lstm_step(layer: Weights, projected: Float, hidden: Float, cell: Float) -> Step:
    total = projected + hidden @ layer.recurrent_kernel
    i, f, g, o = np.split(total, 4, axis=-1)
    i, f, o = (_gate(layer.cell, values) for values in (i, f, o))
    g = activation(layer.cell, g * np.float32(0.5) if layer.doubled else g)
    new_cell: Float = f * cell + i * g
    return Step(o * activation(layer.cell, new_cell), new_cell, np.stack([i, f, o], axis=-2))


def _gru_step(layer: Weights, projected: Float, hidden: Float, cell: Float) -> Step:
    units = layer.units
    if layer.cell.recurrent_bias:
        product = hidden @ layer.recurrent_kernel + layer.recurrent_bias
        gates = _gate(layer.cell, projected[..., : 2 * units] + product[..., : 2 * units])
        inner = gates[..., units:] * product[..., 2 * units :]
    else:
        kernel = layer.recurrent_kernel
        product = hidden @ kernel[..., : 2 * units]
        gates = _gate(layer.cell, projected[..., : 2 * units] + product)
        inner = (gates[..., units:] * hidden) @ kernel[..., 2 * units :]
    candidate = activation(layer.cell, projected[..., 2 * units :] + inner)
    z, r = gates[..., :units], gates[..., units:]
    new: Float = candidate + z * (hidden - candidate)
    return Step(new, cell, np.stack([z, r], axis=-2))


def _gate(cell: Cell, values: Float) -> Float:
    """The gates' non-linearity."""
    if cell.gate_activation == "sigmoid":
        opened = values.copy()
        _sigmoid(opened)
        return opened
    slope = np.float32(1 / 6 if cell.gate_activation == "hard_sigmoid" else 1 / 5)
    hard: Float = np.clip(values * slope + np.float32(0.5), np.float32(0.0), np.float32(1.0))
    return hard


def activation(cell: Cell, values: Float) -> Float:
    """The non-linearity of candidate and state."""
    made: Float = np.maximum(values, np.float32(0.0))
    return made if cell.activation == "relu" else np.tanh(values)


def _lstm_step(layer: Weights, projected: Float, hidden: Float, cell: Float) -> tuple[Float, Float]:
    """The usual LSTM, twice as fast: everything is a sigmoid, and in place."""
    units = layer.units
    gates: Float = hidden @ layer.recurrent_kernel
    gates += projected
    _sigmoid(gates)
    candidate = gates[..., 2 * units : 3 * units]
    candidate *= 2.0
    candidate -= 1.0
    new_cell: Float = gates[..., units : 2 * units] * cell
    candidate *= gates[..., :units]
    new_cell += candidate
    # tanh(c) as 2 sigmoid(2c) - 1: NumPy's exp is twice as fast as its tanh
    cell_tanh: Float = new_cell * np.float32(2.0)
    _sigmoid(cell_tanh)
    cell_tanh *= 2.0
    cell_tanh -= 1.0
    cell_tanh *= gates[..., 3 * units :]
    return cell_tanh, new_cell


def _sigmoid(values: Float) -> None:
    """In place; exp of more than 88 overflows float32 to infinity, whose reciprocal is 0: right."""
    np.negative(values, out=values)
    with np.errstate(over="ignore"):
        np.exp(values, out=values)
    values += 1.0
    np.reciprocal(values, out=values)


def log_softmax(logits: Float) -> Float:
    """Natural logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(-1, keepdims=True))
    result: Float = shifted
    return result
