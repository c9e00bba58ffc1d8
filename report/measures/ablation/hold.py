"""Ablation: every unit of a layer held at a value, side by side in one batch.

Copy n of the network has the n-th of the units asked for held on *every* outgoing edge: its own
recurrence, the other units of its layer, the layer above, the output. Layers below are the same in
all copies and are taken from the trace. In the stream regime the text is read in long segments that
start from the traced state; in the window regime the unit is held at every step of every window.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, Network
from jobs.model.trace import Trace
from report.measures.ablation.numpy_cells import Weights, step, weights
from report.measures.ablation.numpy_reading import MISSING, advance, begin_anew, windows, zero_state

OPERATIONS = 1e11  # multiply-adds of one measurement, unless that is less than LEAST_CHARACTERS
LEAST_CHARACTERS = 1_500
SLOW = 60  # an exponential costs about as much as so many multiply-adds
COPIES_AT_ONCE = 800  # with fewer the calls take the time, with more the cache is left

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Ablated:
    """What the ablation of each of N units of one layer does to the predictions at P places."""

    places: Places  # (P,) positions t of the probe; the prediction is of character t + 1
    bits: Float  # (P, N) bits lost at each place: positive where the unit had helped
    high: NDArray[np.float64]  # (N, V) change of log2 p due to the unit, mean where it is high
    low: NDArray[np.float64]  # (N, V) the same where it is low


@dataclass(frozen=True)
class Held:
    """An ablation: units of one layer, one per copy of the network, and what they are held at."""

    layer: int  # from 0
    units: NDArray[np.int64]  # (N,)
    values: Float  # (N,)

    def hold(self, hidden: Float) -> None:
        """Overwrite the held units in ``hidden`` (..., N, H)."""
        hidden[..., np.arange(len(self.units)), self.units] = self.values


def cost(network: Network, layer: int, window: int, units: int | None = None) -> float:
    """Multiply-adds per character of holding ``units`` (or all) units of ``layer`` (from 0)."""
    sizes, layers = network.sizes, network.layers
    products, slow = sizes[-1] * network.alphabet_size, network.alphabet_size
    for number in range(layer, len(sizes)):
        below = sizes[number - 1] if number > layer else 0
        products += layers[number].cell.width(sizes[number]) * (sizes[number] + below)
        slow += len(layers[number].cell.states) * sizes[number]
    copies = sizes[layer] if units is None else units
    return float(copies * (products + SLOW * slow) * max(1, window))


def affordable(network: Network, trace: Trace, share: float = 1.0) -> int:
    """How many characters of the probe are read with every unit of every layer held."""
    each = sum(cost(network, layer, trace.mode.window) for layer in range(len(network.sizes)))
    wanted = max(share * OPERATIONS / each, share * LEAST_CHARACTERS)
    return int(min(trace.characters - 1, wanted))


def affordable_for(network: Network, trace: Trace, layer: int, units: int) -> int:
    """How many characters of the probe are read with ``units`` units of ``layer`` held, each layer
    having its share of ``OPERATIONS``.
    """
    each = len(network.sizes) * cost(network, layer, trace.mode.window, units)
    return int(min(trace.characters - 1, OPERATIONS / each))


def segments(trace: Trace, characters: int, together: int) -> tuple[Places, int]:
    """Starts (S,) and length of segments spread evenly over the probe, at least three."""
    count = max(3, together)
    length = max(1, min(characters, trace.characters - 1) // count)
    room = trace.characters - 1 - length
    return np.linspace(0, room, count).astype(np.int64), length


def hold_units(network: Network, trace: Trace, held: Held, characters: int) -> Ablated:
    """Hold each unit of ``held`` at its value, in a copy of its own.

    Args:
        network: the network of ``trace``.
        trace: the probe.
        held: which units, at which values.
        characters: about how many predictions to look at.
    """
    layers = [weights(one) for one in network.layers]
    together = max(1, min(16, COPIES_AT_ONCE // len(held.units)))
    starts, length = segments(trace, characters, together)
    score = _Score(network, trace, held)
    passes = _windows if trace.mode.window else _stream
    for first in range(0, len(starts), together):
        group = starts[first : first + together]
        for places, hidden in passes(layers, trace, held, group, length):
            predicted = trace.continues[places]
            score.add(places[predicted], hidden[predicted])
    return score.result()


def _stream(
    layers: list[Weights], trace: Trace, held: Held, starts: Places, length: int
) -> Iterator[tuple[Places, Float]]:
    """Places (S,) and the last layer's states (S, N, H), step by step. Where a document begins, all
    but the held unit begins anew.
    """
    layer, copies = held.layer, len(held.units)
    above = layers[layer:]
    hidden, cell = (
        [
            np.repeat(_states(trace, number, kind, starts - 1)[:, None], copies, axis=1)
            for number in range(layer, len(layers))
        ]
        for kind in ("hidden", "cell")
    )
    held.hold(hidden[0])
    for offset in range(length):
        places = starts + offset
        begun = trace.begins(places)
        begin_anew(hidden, cell, begun)
        if begun.any():
            held.hold(hidden[0])
        projected = _input(layers[layer], trace, layer, places)[:, None]
        _rise(above, projected, hidden, cell, held)
        yield places, hidden[-1]


def _rise(
    above: list[Weights],
    projected: Float,
    hidden: list[Float],
    cell: list[Float],
    held: Held,
) -> None:
    """One step of the held layer and of all above it; replaces items of ``hidden``, ``cell``."""
    for number, one in enumerate(above):
        if number > 0:
            projected = hidden[number - 1] @ one.kernel
            projected += one.bias
        hidden[number], cell[number] = step(one, projected, hidden[number], cell[number])
        if number == 0:
            held.hold(hidden[0])


def _states(trace: Trace, layer: int, kind: str, places: Places) -> Float:
    """(S, H) traced states at ``places``; -1 is the state before the probe."""
    before = getattr(trace.before, kind)[layer]
    states: Float = getattr(trace.layers[layer], kind)[np.maximum(places, 0)].copy()
    states[places < 0] = before
    return states


def _input(weight: Weights, trace: Trace, layer: int, places: Places) -> Float:
    """(S, G H) what comes into ``layer`` at ``places`` from below."""
    if layer == 0:
        below: Float = weight.kernel[trace.ids[places]]
    else:
        below = trace.layers[layer - 1].hidden[places] @ weight.kernel
    return below + weight.bias


def _windows(
    layers: list[Weights], trace: Trace, held: Held, starts: Places, length: int
) -> Iterator[tuple[Places, Float]]:
    """The same in the window regime: each place is a pass from zero over its window."""
    layer, copies = held.layer, len(held.units)
    lower, above = layers[:layer], layers[layer:]
    together = max(1, COPIES_AT_ONCE // (len(starts) * copies))  # no pass needs the one before it
    for first in range(0, length, together):
        places = np.add.outer(starts, np.arange(first, min(first + together, length))).ravel()
        count = len(places)
        below_hidden, below_cell = zero_state(lower, count)
        hidden, cell = (
            [np.repeat(states[:, None], copies, axis=1) for states in kind]
            for kind in zero_state(above, count)
        )
        text = windows(trace.ids, trace.context, trace.mode.window, places, trace.starts)
        for column in text.T:
            missing = column == MISSING
            symbols = np.where(missing, 0, column)
            advance(lower, symbols, below_hidden, below_cell)
            came = above[0].kernel[symbols] if layer == 0 else below_hidden[-1] @ above[0].kernel
            _rise(above, (came + above[0].bias)[:, None], hidden, cell, held)
            if missing.any():  # before the beginning of the text: still the zero state
                for states in (*below_hidden, *below_cell, *hidden, *cell):
                    states[missing] = 0.0
        yield places, hidden[-1]


class _Score:
    """Collects what the held networks predict."""

    def __init__(self, network: Network, trace: Trace, held: Held) -> None:
        self.network = network
        self.trace = trace
        units = len(held.units)
        size = (units, network.alphabet_size)
        states = trace.layers[held.layer].hidden[:, held.units]
        edges = np.quantile(states, [0.1, 0.9], axis=0)
        self.low = states <= edges[0]  # (T, N)
        self.high = states >= edges[1]
        self.sums = {"low": np.zeros(size), "high": np.zeros(size)}
        self.counts = {"low": np.zeros(units), "high": np.zeros(units)}
        self.places: list[Places] = []
        self.bits: list[Float] = []

    def add(self, places: Places, hidden: Float) -> None:
        """Places (S,), last states (S, N, H)."""
        logits = hidden @ self.network.output_kernel
        logits += self.network.output_bias
        logits -= logits.max(-1, keepdims=True)
        total = np.log(np.exp(logits).sum(-1))  # (S, N)
        target = self.trace.ids[places + 1]
        base = np.log(np.maximum(self.trace.probabilities[places], 1e-30))  # (S, V)
        rows = np.arange(len(places))
        held = logits[rows, :, target] - total
        self.bits.append((base[rows, target][:, None] - held) / np.float32(np.log(2.0)))
        self.places.append(places)
        for end, mask in (("low", self.low[places]), ("high", self.high[places])):
            self.counts[end] += mask.sum(0)
            weight = mask.astype(np.float32)
            lost = weight.T @ base + (weight * total).sum(0)[:, None]
            self.sums[end] += lost - np.einsum("sn,snv->nv", weight, logits)

    def result(self) -> Ablated:
        """Everything collected, in the order of the text."""
        places, bits = np.concatenate(self.places), np.concatenate(self.bits)
        _, first = np.unique(places, return_index=True)
        high, low = (
            self.sums[end] / np.maximum(self.counts[end], 1.0)[:, None] / np.log(2.0)
            for end in ("high", "low")
        )
        return Ablated(places[first], bits[first], high, low)
