"""Layers of a GRU are trained at a width of whole vectors.

Its loops over time cut rows of H and of 2 H, so that with 59 units a good part of every row is
computed value by value. Such layers get units whose weights are zero, up to a multiple of
``VECTOR``: their states and all their gradients stay exactly zero, so the other units are what they
were, in rows that are up to a fifth faster (tests/benchmarks/README.md). Cells that are computed in
one row of all gates gain nothing. Outside training nobody sees these units.
"""

from dataclasses import replace

import numpy as np

from jobs.engine.layers import Weights, to_device, to_network
from jobs.model.network import Float, Layer, Network

VECTOR = 8  # values of float32
MOST = 1.1  # times the units: more would cost more than it brings


def trained_units(layer: Layer) -> int:
    """The width at which a layer is trained, from its width and cell alone."""
    whole = -(-layer.units // VECTOR) * VECTOR
    return whole if layer.cell.name == "gru" and whole <= MOST * layer.units else layer.units


def to_trainer(network: Network) -> Weights:
    """The weights as tensors, as they are trained. Inverse: :func:`from_trainer`."""
    return to_device(_resized(network, tuple(map(trained_units, network.layers))))


def from_trainer(weights: Weights, sizes: tuple[int, ...]) -> Network:
    """The weights of the units that the network has: ``sizes`` by layer."""
    return _resized(to_network(weights), sizes)


def _resized(network: Network, sizes: tuple[int, ...]) -> Network:
    """The network with ``sizes`` by layer: units of zeros added, or the last ones cut off."""
    layers, below = [], network.alphabet_size
    for layer, units in zip(network.layers, sizes, strict=True):
        blocks = len(layer.cell.blocks)
        layers.append(
            replace(
                layer,
                kernel=_rows(_blocks(layer.kernel, blocks, units), below),
                recurrent_kernel=_rows(_blocks(layer.recurrent_kernel, blocks, units), units),
                bias=_blocks(layer.bias, blocks, units),
            )
        )
        below = units
    return Network(tuple(layers), _rows(network.output_kernel, below), network.output_bias)


def _blocks(array: Float, blocks: int, units: int) -> Float:
    """(..., G H) with blocks of ``units`` columns: zeros added to each, or its last cut off."""
    apart = array.reshape(*array.shape[:-1], blocks, -1)[..., :units]
    missing = units - apart.shape[-1]
    widened = np.pad(apart, [(0, 0)] * (apart.ndim - 1) + [(0, missing)])
    return np.ascontiguousarray(widened.reshape(*array.shape[:-1], blocks * units))


def _rows(array: Float, rows: int) -> Float:
    """``rows`` rows (..., n): zeros added below, or the last ones cut off."""
    return np.pad(array[:rows], [(0, max(0, rows - len(array))), (0, 0)])
