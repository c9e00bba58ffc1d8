"""Intervals by the block bootstrap: neighbouring characters are not independent, blocks are."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array

BLOCK = 200  # characters
DRAWS = 1_000
LOW, HIGH = 2.5, 97.5  # percent


def block_sums(values: NDArray[np.floating], block: int = BLOCK) -> Array:
    """(blocks, ...) sums of ``values`` (T, ...) over blocks; a short last block is joined."""
    blocks = max(1, len(values) // block)
    starts = block * np.arange(blocks)
    return np.asarray(np.add.reduceat(values.astype(np.float64), starts, axis=0))


@lru_cache(maxsize=8)
def draws(blocks: int, seed: int) -> Array:
    """(DRAWS, blocks) how often each block is taken in each draw with replacement; read only."""
    generator = np.random.Generator(np.random.PCG64(seed))
    taken = generator.multinomial(blocks, np.full(blocks, 1.0 / blocks), DRAWS).astype(np.float64)
    taken.setflags(write=False)  # every interval takes the same ones
    return taken


def interval(sums: Array, statistic: Callable[[Array], Array], seed: int) -> tuple[Array, Array]:
    """95 % percentile interval of ``statistic``.

    Args:
        sums: (blocks, ..., K) block sums of whatever the statistic needs.
        statistic: from (DRAWS, ..., K) total sums to (DRAWS, ...) values.
        seed: of the draws; equal seeds take equal blocks.
    """
    taken = np.tensordot(draws(len(sums), seed), sums, axes=1)
    values = statistic(taken)
    low, high = np.percentile(values, [LOW, HIGH], axis=0)
    return low, high
