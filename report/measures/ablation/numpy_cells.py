"""The network in NumPy: float32, many copies at once.

What the measures need beyond a trace: the untrained control, networks with a unit held at a value,
sampling with a unit held. One step for each cell; equations are Keras' (x K the input times the
kernel, h R the state times the recurrent kernel)::

    lstm  i, f, o = sigmoid(x K + h R + b), g = tanh(...), c = f c + i g, h = o tanh(c)
    gru   z, r = sigmoid(x K + h R + b + b'), g = tanh(x K + b + r (h R + b')), h = z h + (1 - z) g
    gru   before: z, r = sigmoid(x K + h R + b), g = tanh(x K + b + (r h) R), h = z h + (1 - z) g
    rnn   h = tanh(x K + h R + b)

A cell without a memory beside its state has cell states of width 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import LSTM, Cell
from jobs.model.network import Float, Ids, Layer, Network

Hold = Callable[[int, Float], None]  # (layer from 0, hidden (B, H)): may write into hidden
MISSING = -1  # an id before the beginning of the text: the step is left out


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
        return int(self.recurrent_kernel.shape[0])

    @property
    def cell_units(self) -> int:
        """Width of the cell state: H or 0."""
        return self.cell.cell_units(self.units)


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
        product = hidden @ kernel[:, : 2 * units]
        gates = _gate(layer.cell, projected[..., : 2 * units] + product)
        inner = (gates[..., units:] * hidden) @ kernel[:, 2 * units :]
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


def advance(
    layers: Sequence[Weights],
    ids: Ids,
    hidden: list[Float],
    cell: list[Float],
    hold: Hold | None = None,
) -> None:
    """Read one character per copy: ``ids`` (B,); replaces the items of ``hidden`` and ``cell``.

    ``hold(layer, hidden)`` may overwrite states after each layer's step; what it writes goes out
    on every edge: up, and to the next step.
    """
    below: Float | None = None
    for number, layer in enumerate(layers):
        projected = (layer.kernel[ids] if below is None else below @ layer.kernel) + layer.bias
        hidden[number], cell[number] = step(layer, projected, hidden[number], cell[number])
        if hold is not None:
            hold(number, hidden[number])
        below = hidden[number]


def zero_state(layers: Sequence[Weights], copies: int) -> tuple[list[Float], list[Float]]:
    """Hidden and cell states before any character: per layer (B, H), and (B, H) or (B, 0)."""
    return (
        [np.zeros((copies, layer.units), np.float32) for layer in layers],
        [np.zeros((copies, layer.cell_units), np.float32) for layer in layers],
    )


def begin_anew(hidden: list[Float], cell: list[Float], begun: NDArray[np.bool_]) -> None:
    """Zero the states (B, ...) of the copies that a document begins for: ``begun`` (B,)."""
    if begun.any():
        for states in (*hidden, *cell):
            states[begun] = 0.0


def stream_states(
    network: Network,
    ids: Ids,
    context: Ids,
    streams: int = 1,
    warm_up: int = 200,
    starts: Ids | None = None,
) -> tuple[Float, ...]:
    """Hidden states, per layer (T, H), reading ``context`` and then ``ids`` (T,) in one go.

    With ``streams`` > 1 the text is cut into that many parts read side by side, each after the
    ``warm_up`` characters before it: much faster, and equal up to what a network remembers of
    text farther back. ``starts``: as of a trace, where the state begins anew.
    """
    layers = [weights(layer) for layer in network.layers]
    text = np.concatenate([context, ids])
    begun = np.zeros(len(text), bool)
    if starts is not None:
        begun[len(context) + starts] = True
    size = -(-len(ids) // streams)
    parts = len(context) + size * np.arange(streams)
    warm_up = len(context) if streams == 1 else warm_up
    hidden, cell = zero_state(layers, streams)
    kept = [np.zeros((streams, size, layer.units), np.float32) for layer in layers]
    for offset in range(-warm_up, size):
        places = parts + offset
        inside = (places >= 0) & (places < len(text))
        places = np.clip(places, 0, len(text) - 1)
        begin_anew(hidden, cell, begun[places])
        advance(layers, text[places], hidden, cell)
        begin_anew(hidden, cell, ~inside)
        if offset >= 0:
            for number, states in enumerate(hidden):
                kept[number][:, offset] = states
    return tuple(states.reshape(-1, states.shape[-1])[: len(ids)] for states in kept)


def windows(
    ids: Ids,
    context: Ids,
    window: int,
    positions: NDArray[np.int64],
    starts: Ids | None = None,
) -> Ids:
    """(P, window) the last ``window`` characters up to each of ``positions`` in ``ids``;
    ``MISSING`` before the beginning of ``context`` and of the document (``starts``, as of a trace).
    """
    text = np.concatenate([np.full(window, MISSING, np.int32), context, ids]).astype(np.int32)
    ends = positions + window + len(context)
    rows: Ids = text[ends[:, None] + np.arange(1 - window, 1)]
    if starts is not None:
        begins = np.concatenate([[-window], starts])  # before the first: nothing is left out
        length = positions - begins[np.searchsorted(starts, positions, side="right")] + 1
        rows[np.arange(window, 0, -1) > length[:, None]] = MISSING
    return rows


def window_states(
    network: Network,
    ids: Ids,
    context: Ids,
    window: int,
    batch: int = 512,
    starts: Ids | None = None,
) -> tuple[Float, ...]:
    """Hidden states, per layer (T, H), each the last step of a pass from zero over a window."""
    layers = [weights(layer) for layer in network.layers]
    kept = [np.zeros((len(ids), layer.units), np.float32) for layer in layers]
    for start in range(0, len(ids), batch):
        positions = np.arange(start, min(start + batch, len(ids)))
        hidden = window_pass(layers, windows(ids, context, window, positions, starts))
        for number, states in enumerate(hidden):
            kept[number][positions] = states
    return tuple(kept)


def window_pass(layers: Sequence[Weights], text: Ids, hold: Hold | None = None) -> list[Float]:
    """Per layer (P, H) hidden states after reading the rows of ``text`` (P, window) from zero."""
    hidden, cell = zero_state(layers, len(text))
    for column in text.T:
        missing = column == MISSING
        advance(layers, np.where(missing, 0, column), hidden, cell, hold)
        begin_anew(hidden, cell, missing)
    return hidden


def hidden_states(
    network: Network,
    ids: Ids,
    context: Ids,
    window: int,
    streams: int = 1,
    starts: Ids | None = None,
) -> tuple[Float, ...]:
    """Per layer (T, H), in the regime of ``window`` (0: stream)."""
    if window:
        return window_states(network, ids, context, window, starts=starts)
    return stream_states(network, ids, context, streams, starts=starts)
