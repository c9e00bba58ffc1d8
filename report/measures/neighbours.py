"""Which units go together, and which are wired to which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import Cell
from jobs.model.network import Float, Layer, Network
from report.measures.labels.fit import standardised

SHOWN = 5
DUPLICATE = 0.98  # |correlation| above which two units say the same


@dataclass(frozen=True)
class Neighbour:
    """A unit that is active together with another one."""

    layer: int  # from 1
    index: int
    correlation: float  # on the probe, signed


@dataclass(frozen=True)
class Wire:
    """One weight. ``end`` is a unit's index or a character's id."""

    end: int
    gate: str  # block of the unit at the arrow's head; "" where it has one only, as the softmax
    weight: float


@dataclass(frozen=True)
class Wiring:
    """The largest weights of one unit, by size."""

    characters_in: tuple[Wire, ...]  # first layer: character -> this unit
    below_in: tuple[Wire, ...]  # unit of the layer below -> this unit
    recurrent_in: tuple[Wire, ...]  # unit of the same layer -> this unit
    recurrent_out: tuple[Wire, ...]  # this unit -> unit of the same layer
    above_out: tuple[Wire, ...]  # this unit -> unit of the layer above
    characters_out: tuple[Wire, ...]  # last layer: this unit -> character


def neighbours(layers: Sequence[Float]) -> tuple[tuple[tuple[Neighbour, ...], ...], ...]:
    """Per layer and unit the most correlated other units, of any layer; states are (T, H)."""
    names = [
        (layer + 1, index)
        for layer, hidden in enumerate(layers)
        for index in range(hidden.shape[1])
    ]
    scaled = standardised(np.concatenate(list(layers), axis=1))
    correlation = (scaled.T @ scaled).astype(np.float64) / len(scaled)
    np.fill_diagonal(correlation, 0.0)
    nearest = []
    for row in correlation:
        order = np.argsort(-np.abs(row), kind="stable")[:SHOWN]
        nearest.append(
            tuple(
                Neighbour(names[one][0], names[one][1], float(row[one]))
                for one in order
                if row[one] != 0.0
            )
        )
    per_layer, start = [], 0
    for hidden in layers:
        per_layer.append(tuple(nearest[start : start + hidden.shape[1]]))
        start += hidden.shape[1]
    return tuple(per_layer)


def duplicates(neighbours: Sequence[Neighbour], layer: int) -> tuple[int, ...]:
    """Units of the same ``layer`` (from 0) that say the same."""
    return tuple(
        one.index
        for one in neighbours
        if one.layer == layer + 1 and abs(one.correlation) > DUPLICATE
    )


def wiring(network: Network, layer: int) -> tuple[Wiring, ...]:
    """The largest weights of every unit of ``layer`` (from 0)."""
    own = network.layers[layer]
    above = network.layers[layer + 1] if layer + 1 < len(network.layers) else None
    into = _by_block(own, own.kernel)
    around = _by_block(own, own.recurrent_kernel)
    up = None if above is None else _by_block(above, above.kernel)
    # a constant added to every logit changes nothing: weights are shown against their mean
    out = network.output_kernel - network.output_kernel.mean(1, keepdims=True)
    records = []
    for unit in range(own.units):
        incoming = _largest(into[:, :, unit], own.cell)
        records.append(
            Wiring(
                characters_in=incoming if layer == 0 else (),
                below_in=() if layer == 0 else incoming,
                recurrent_in=_largest(around[:, :, unit], own.cell),
                recurrent_out=_largest(around[unit].T, own.cell),
                above_out=() if above is None or up is None else _largest(up[unit].T, above.cell),
                characters_out=_largest(out[unit][:, None], None) if above is None else (),
            )
        )
    return tuple(records)


def _by_block(layer: Layer, kernel: Float) -> Float:
    """(inputs, G, units)"""
    return kernel.reshape(len(kernel), len(layer.cell.blocks), layer.units)


def _largest(weights: NDArray[np.floating], cell: Cell | None) -> tuple[Wire, ...]:
    """From (ends, blocks of ``cell``), or (ends, 1) where the head is the softmax."""
    blocks = ("",) if cell is None or len(cell.blocks) == 1 else cell.blocks
    order = np.argsort(-np.abs(weights).ravel(), kind="stable")[:SHOWN]
    return tuple(
        Wire(int(place // len(blocks)), blocks[place % len(blocks)], float(weights.ravel()[place]))
        for place in order
    )
