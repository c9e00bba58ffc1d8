"""First weights that belong to characters, and what becomes of them when the alphabet changes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import Cell
from jobs.model.network import Float, Network, initial_network

Double = NDArray[np.float64]

CHARACTER_KEY = 3  # apart from the other sequences of a seed


def first_weights(
    alphabet: Sequence[str], sizes: tuple[int, ...], seed: int, cells: Sequence[Cell] = ()
) -> Network:
    """Untrained weights as :func:`jobs.model.network.initial_network` draws them, where the row and
    the column of a character depend on the seed and the character, not on its place: a text with
    one more character begins from the same network (but for Glorot's limit, which has the number
    of characters in it). ``cells`` are those of the layers; () for LSTM layers.
    """
    base = initial_network(1, sizes, seed, cells)  # all that belongs to no character
    inputs, outputs = base.layers[0].kernel.shape[1], sizes[-1]
    draws = np.stack([_draws(character, inputs + outputs, seed) for character in alphabet])
    first = replace(base.layers[0], kernel=_scaled(draws[:, :inputs]))
    return Network(
        (first, *base.layers[1:]),
        _scaled(draws[:, inputs:].T),
        np.zeros(len(alphabet), np.float32),
    )


def regrown(network: Network, known: Sequence[str], alphabet: Sequence[str], seed: int) -> Network:
    """``network`` for another alphabet: the weights of the characters that it knows, first weights
    for the others. A new character's bias is the lowest there is: it has never been seen.

    Args:
        network: the weights.
        known: (V,) the characters that they know.
        alphabet: (W,) the characters that the result knows.
        seed: of the draws.
    """
    fresh = first_weights(alphabet, network.sizes, seed, network.cells)
    place = {character: index for index, character in enumerate(known)}
    new = [index for index, character in enumerate(alphabet) if character in place]
    old = [place[alphabet[index]] for index in new]
    kernel, output = fresh.layers[0].kernel.copy(), fresh.output_kernel.copy()
    bias = np.full(len(alphabet), network.output_bias.min(), np.float32)
    kernel[new], output[:, new], bias[new] = (
        network.layers[0].kernel[old],
        network.output_kernel[:, old],
        network.output_bias[old],
    )
    return Network((replace(network.layers[0], kernel=kernel), *network.layers[1:]), output, bias)


def _draws(character: str, count: int, seed: int) -> Double:
    """(count,) numbers in [-1, 1) that belong to ``character``."""
    sequence = np.random.SeedSequence([seed, CHARACTER_KEY, ord(character)])
    return np.random.Generator(np.random.PCG64(sequence)).uniform(-1.0, 1.0, count)


def _scaled(draws: Double) -> Float:
    """Glorot and Bengio 2010, uniform: limit sqrt(6 / (rows + columns))."""
    return np.ascontiguousarray(draws * np.sqrt(6.0 / sum(draws.shape)), np.float32)
