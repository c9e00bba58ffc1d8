"""The network in NumPy: float32, many copies at once.

What the measures need beyond a trace: the untrained control, networks with a unit held at a value,
sampling with a unit held. Equations are Keras' LSTM: i, f, o = sigmoid(x K + h R + b), candidate
g = tanh(...), c = f c + i g, h = o tanh(c).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, Ids, LstmLayer, Network

Hold = Callable[[int, Float], None]  # (layer from 0, hidden (B, H)): may write into hidden
MISSING = -1  # an id before the beginning of the text: the step is left out


@dataclass(frozen=True)
class Weights:
    """One layer's weights, candidate columns doubled: tanh(x) = 2 sigmoid(2x) - 1, so one sigmoid
    over all four gates does, which is most of the time of a step.
    """

    kernel: Float  # (inputs, 4H)
    recurrent_kernel: Float  # (H, 4H)
    bias: Float  # (4H,)

    @property
    def units(self) -> int:
        """H, the number of units."""
        return int(self.recurrent_kernel.shape[0])


def weights(layer: LstmLayer) -> Weights:
    """``layer`` prepared for :func:`step`."""
    double = np.ones(4 * layer.units, np.float32)
    double[2 * layer.units : 3 * layer.units] = 2.0
    return Weights(layer.kernel * double, layer.recurrent_kernel * double, layer.bias * double)


def step(layer: Weights, projected: Float, hidden: Float, cell: Float) -> tuple[Float, Float]:
    """One step of B copies.

    Args:
        layer: the weights.
        projected: (..., 4H) or broadcastable, input times kernel plus bias.
        hidden: (..., H) before.
        cell: (..., H) before.

    Returns:
        New arrays hidden and cell, (..., H).
    """
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


def zero_state(layers: Sequence[Weights], copies: int) -> list[Float]:
    """Per layer (B, H) zeros."""
    return [np.zeros((copies, layer.units), np.float32) for layer in layers]


def stream_states(
    network: Network, ids: Ids, context: Ids, streams: int = 1, warm_up: int = 200
) -> tuple[Float, ...]:
    """Hidden states, per layer (T, H), reading ``context`` and then ``ids`` (T,) in one go.

    With ``streams`` > 1 the text is cut into that many parts read side by side, each after the
    ``warm_up`` characters before it: much faster, and equal up to what a network remembers of
    text farther back.
    """
    layers = [weights(layer) for layer in network.layers]
    text = np.concatenate([context, ids])
    size = -(-len(ids) // streams)
    starts = len(context) + size * np.arange(streams)
    warm_up = len(context) if streams == 1 else warm_up
    hidden, cell = zero_state(layers, streams), zero_state(layers, streams)
    kept = [np.zeros((streams, size, layer.units), np.float32) for layer in layers]
    for offset in range(-warm_up, size):
        places = starts + offset
        inside = (places >= 0) & (places < len(text))
        advance(layers, text[np.clip(places, 0, len(text) - 1)], hidden, cell)
        if not inside.all():
            for number in range(len(layers)):
                hidden[number][~inside] = 0.0
                cell[number][~inside] = 0.0
        if offset >= 0:
            for number, states in enumerate(hidden):
                kept[number][:, offset] = states
    return tuple(states.reshape(-1, states.shape[-1])[: len(ids)] for states in kept)


def windows(ids: Ids, context: Ids, window: int, positions: NDArray[np.int64]) -> Ids:
    """(P, window) the last ``window`` characters up to each of ``positions`` in ``ids``;
    ``MISSING`` before the beginning of ``context``.
    """
    text = np.concatenate([np.full(window, MISSING, np.int32), context, ids]).astype(np.int32)
    ends = positions + window + len(context)
    rows: Ids = text[ends[:, None] + np.arange(1 - window, 1)]
    return rows


def window_states(
    network: Network, ids: Ids, context: Ids, window: int, batch: int = 512
) -> tuple[Float, ...]:
    """Hidden states, per layer (T, H), each the last step of a pass from zero over a window."""
    layers = [weights(layer) for layer in network.layers]
    kept = [np.zeros((len(ids), layer.units), np.float32) for layer in layers]
    for start in range(0, len(ids), batch):
        positions = np.arange(start, min(start + batch, len(ids)))
        hidden = window_pass(layers, windows(ids, context, window, positions))
        for number, states in enumerate(hidden):
            kept[number][positions] = states
    return tuple(kept)


def window_pass(layers: Sequence[Weights], text: Ids, hold: Hold | None = None) -> list[Float]:
    """Per layer (P, H) hidden states after reading the rows of ``text`` (P, window) from zero."""
    hidden, cell = zero_state(layers, len(text)), zero_state(layers, len(text))
    for column in text.T:
        missing = column == MISSING
        advance(layers, np.where(missing, 0, column), hidden, cell, hold)
        if missing.any():
            for number in range(len(layers)):
                hidden[number][missing] = 0.0
                cell[number][missing] = 0.0
    return hidden


def hidden_states(
    network: Network, ids: Ids, context: Ids, window: int, streams: int = 1
) -> tuple[Float, ...]:
    """Per layer (T, H), in the regime of ``window`` (0: stream)."""
    if window:
        return window_states(network, ids, context, window)
    return stream_states(network, ids, context, streams)
