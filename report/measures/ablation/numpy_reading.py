"""The network reads a text in NumPy: float32, many copies at once.

What the measures need beyond a trace: the untrained control, networks with a unit held at a value,
sampling with a unit held. The step of a cell is in :mod:`report.measures.ablation.numpy_cells`.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, Ids, Network
from report.measures.ablation.numpy_cells import Weights, stacked, step, weights

Hold = Callable[[int, Float], None]  # (layer from 0, hidden (B, H)): may write into hidden
TOLERANCE = 1e-4  # of a state from which a text is read on
MISSING = -1  # an id before the beginning of the text: the step is left out


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
        read = layer.kernel.take(ids, axis=-2) if below is None else below @ layer.kernel
        projected = read + layer.bias
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
    networks: Sequence[Network],
    ids: Ids,
    context: Ids,
    streams: int = 1,
    warm_up: int = 200,
    starts: Ids | None = None,
) -> tuple[Float, ...]:
    """Hidden states of N ``networks`` of one shape, per layer (N, T, H), reading ``context`` and
    then ``ids`` (T,) in one go. Small networks are read many times as fast side by side as one
    after the other.

    With ``streams`` > 1 the text is cut into that many parts read side by side, each after the
    ``warm_up`` characters before it: much faster, and equal up to what a network remembers of
    text farther back. ``starts``: as of a trace, where the state begins anew.
    """
    layers = [stacked(level) for level in zip(*(one.layers for one in networks), strict=True)]
    text = np.concatenate([context, ids])
    begun = np.zeros(len(text), bool)
    if starts is not None:
        begun[len(context) + starts] = True
    size = -(-len(ids) // streams)
    parts = len(context) + size * np.arange(streams)
    warm_up = len(context) if streams == 1 else warm_up
    count = len(networks)
    hidden, cell = (
        [np.repeat(states[None], count, axis=0) for states in kind]
        for kind in zero_state(layers, streams)
    )
    kept = [np.zeros((count, streams, size, layer.units), np.float32) for layer in layers]
    for offset in range(-warm_up, size):
        places = parts + offset
        inside = (places >= 0) & (places < len(text))
        places = np.clip(places, 0, len(text) - 1)
        for states in (*hidden, *cell):
            states[:, begun[places]] = 0.0
        advance(layers, text[places], hidden, cell)
        for states in (*hidden, *cell):
            states[:, ~inside] = 0.0
        if offset >= 0:
            for number, states in enumerate(hidden):
                kept[number][:, :, offset] = states
    return tuple(states.reshape(count, -1, states.shape[-1])[:, : len(ids)] for states in kept)


def continued_states(
    network: Network,
    ids: Ids,
    hidden: Sequence[Float],
    cell: Sequence[Float],
    streams: int,
    starts: Ids | None = None,
) -> tuple[Float, ...]:
    """Hidden states, per layer (T, H), reading ``ids`` (T,) on from a state: per layer (H,).

    The text is cut into ``streams`` parts that are read side by side, all but the first from a
    guess; then each whose guess was not the end of the part before is read again from that end. So
    this is two rounds where the network forgets within a part, and as exact where it does not.
    ``starts``: where the state begins anew.
    """
    layers = [weights(layer) for layer in network.layers]
    size = -(-len(ids) // streams)
    text = np.pad(ids, (0, streams * size - len(ids))).reshape(streams, size)
    begun = np.zeros((streams, size), bool)
    if starts is not None:
        begun.ravel()[starts] = True
    guess = zero_state(layers, streams)
    for states, first in zip((*guess[0], *guess[1]), (*hidden, *cell), strict=True):
        states[0] = first
    kept = [np.zeros((streams, size, layer.units), np.float32) for layer in layers]
    ends = zero_state(layers, streams)
    again = np.arange(streams)
    while again.size:
        hidden, cell = ([states[again] for states in side] for side in guess)
        for place in range(size):
            begin_anew(hidden, cell, begun[again, place])
            advance(layers, text[again, place], hidden, cell)
            for number, states in enumerate(hidden):
                kept[number][again, place] = states
        for states, last in zip((*ends[0], *ends[1]), (*hidden, *cell), strict=True):
            states[again] = last
        again = _corrected(guess, ends)
    return tuple(states.reshape(-1, states.shape[-1])[: len(ids)] for states in kept)


def _corrected(
    guess: tuple[list[Float], list[Float]], ends: tuple[list[Float], list[Float]]
) -> NDArray[np.int64]:
    """Make each guess the end of the part before; which of them were wrong."""
    wrong = np.zeros(len(guess[0][0]), bool)
    for states, last in zip((*guess[0], *guess[1]), (*ends[0], *ends[1]), strict=True):
        if states.shape[1]:
            wrong[1:] |= np.abs(states[1:] - last[:-1]).max(1) > TOLERANCE
            states[1:] = last[:-1]
    return np.flatnonzero(wrong)


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
    each = hidden_states_of_each([network], ids, context, window, streams, starts)
    return tuple(states[0] for states in each)


def hidden_states_of_each(
    networks: Sequence[Network],
    ids: Ids,
    context: Ids,
    window: int,
    streams: int = 1,
    starts: Ids | None = None,
) -> tuple[Float, ...]:
    """The same of N ``networks`` of one shape, per layer (N, T, H)."""
    if window:
        each = [window_states(one, ids, context, window, starts=starts) for one in networks]
        return tuple(np.stack(layers) for layers in zip(*each, strict=True))
    return stream_states(networks, ids, context, streams, starts=starts)
