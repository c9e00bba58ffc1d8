"""How far back a unit's state is decided: the swap curve.

The network is put into the state of another place of the probe and then reads the real last k
characters. With h the real state and h' the one reached, 1 - E (h - h')^2 / (2 Var h) is the share
of the variance that the last k characters decide: 1 where the past before them does not matter, 0
where they do not. Nothing is fitted. Places are drawn; their number falls with the network's size.
"""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, Network
from jobs.model.trace import Trace
from report.measures.ablation.numpy_cells import Weights, weights
from report.measures.ablation.numpy_reading import (
    MISSING,
    advance,
    begin_anew,
    window_pass,
    windows,
)
from report.measures.explanations.explanation import Memory
from report.measures.parallel import side_by_side

LENGTHS = (1, 2, 3, 6, 10, 20, 50)
DECIDED = 0.9
MATTERS = 0.99
PLACES, LEAST_PLACES = 1_600, 200
OPERATIONS = 4e9  # multiply-adds of one measurement, unless that is less than LEAST_PLACES
GROUPS = 4  # of places, each read on one core

Places = NDArray[np.int64]


def memory(network: Network, trace: Trace, seed: int) -> tuple[tuple[Memory, ...], ...]:
    """Per layer one record per unit."""
    shares = swap_curve(network, trace, seed)
    return tuple(
        tuple(_record(shares[number][:, unit]) for unit in range(layer.units))
        for number, layer in enumerate(trace.layers)
    )


def _record(shares: NDArray[np.float64]) -> Memory:
    values = [float(round(float(share), 4)) + 0.0 for share in shares]
    decided = next((k for k in range(len(LENGTHS)) if values[k] >= DECIDED), None)
    shorter = [0.0, *values[:-1]]
    longest = [k for k, share in zip(LENGTHS, shorter, strict=True) if share < MATTERS]
    return Memory(LENGTHS, tuple(values), _crossing(values, decided), longest[-1])


def _crossing(values: list[float], decided: int | None) -> int | None:
    """Characters at which the curve, straight between its lengths, reaches ``DECIDED``."""
    if decided is None or decided == 0:
        return None if decided is None else LENGTHS[0]
    low, high = values[decided - 1], values[decided]
    part = (DECIDED - low) / max(high - low, 1e-9)
    between = LENGTHS[decided - 1] + part * (LENGTHS[decided] - LENGTHS[decided - 1])
    return int(np.ceil(between - 1e-9))


def swap_curve(network: Network, trace: Trace, seed: int) -> list[NDArray[np.float64]]:
    """Per layer (lengths, H) shares."""
    longest = min(LENGTHS[-1], max(1, trace.characters // 4))
    generator = np.random.Generator(np.random.PCG64(seed))
    count = _affordable(network, trace)
    places = generator.integers(longest, trace.characters, count)
    donors = generator.integers(longest, trace.characters, (len(LENGTHS), count))
    layers = [weights(one) for one in network.layers]
    groups = np.array_split(np.arange(count), GROUPS)

    def of_group(group: Places) -> list[NDArray[np.float64]]:
        squares = [np.zeros((len(LENGTHS), layer.units)) for layer in layers]
        for row, length in enumerate(LENGTHS):
            read = _swapped if trace.mode.window == 0 else _swapped_windows
            k = min(length, longest)
            reached = read(layers, trace, places[group], donors[row, group], k)
            for number, states in enumerate(reached):
                real = trace.layers[number].hidden[places[group]]
                squares[number][row] = ((states - real).astype(np.float64) ** 2).sum(0)
        return squares

    found = side_by_side(of_group, groups)
    shares = []
    for number, layer in enumerate(trace.layers):
        variance = layer.hidden.astype(np.float64).var(0)
        squares = sum(one[number] for one in found) / count
        shares.append(1.0 - squares / np.maximum(2.0 * variance, 1e-12))
    return shares


def _affordable(network: Network, trace: Trace) -> int:
    """How many places are read."""
    below, products = 0, 0
    for layer in network.layers:
        size = layer.units
        products += layer.cell.width(size) * (size + below) + 300 * size
        below = size
    steps = sum(LENGTHS) if trace.mode.window == 0 else len(LENGTHS) * trace.mode.window
    return int(np.clip(OPERATIONS / (products * steps), LEAST_PLACES, PLACES))


def _swapped(
    layers: list[Weights], trace: Trace, places: Places, donors: Places, length: int
) -> list[Float]:
    """Per layer (P, H) after the state of ``donors`` and the last ``length`` characters."""
    hidden = [layer.hidden[donors] for layer in trace.layers]
    cell = [layer.cell[donors] for layer in trace.layers]
    for back in range(length - 1, -1, -1):
        begin_anew(hidden, cell, trace.begins(places - back))
        advance(layers, trace.ids[places - back], hidden, cell)
    return hidden


def _swapped_windows(
    layers: list[Weights], trace: Trace, places: Places, donors: Places, length: int
) -> list[Float]:
    """The same where a state is that of a window: its beginning is that of another window."""
    text = windows(trace.ids, trace.context, trace.mode.window, places, trace.starts)
    kept = min(length, trace.mode.window)
    begins = windows(trace.ids, trace.context, trace.mode.window, donors, trace.starts)
    # a document that begins within what is kept has nothing before it
    goes_on = text[:, -kept] != MISSING
    text[goes_on, : trace.mode.window - kept] = begins[goes_on, kept:]
    return window_pass(layers, text)
