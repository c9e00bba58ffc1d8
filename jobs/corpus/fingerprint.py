"""64-bit fingerprints of short stretches of a text, the same wherever the stretch stands.

A stretch of ``LENGTH`` characters has the polynomial hash sum(f(x_i) B^i) modulo 2^64 over its
code points (Rabin-Karp), which doubling makes in log2(``LENGTH``) passes; a finaliser (Steele et
al. 2014, SplitMix64) then spreads it, so that comparing a fingerprint with a bound draws stretches
at random and always the same ones.
"""

import numpy as np
from numpy.typing import NDArray

LENGTH = 64  # characters; a power of two
BASE = 0x9E3779B97F4A7C15  # odd
WORD = 1 << 64

Points = NDArray[np.uint32]
Hashes = NDArray[np.uint64]


def stretch_hashes(points: Points) -> Hashes:
    """(T - LENGTH + 1,) the fingerprint of each stretch, by its first character; T may be less."""
    if points.size < LENGTH:
        return np.zeros(0, np.uint64)
    hashes = spread(points.astype(np.uint64))
    width, power = 1, BASE
    while width < LENGTH:
        hashes = hashes[:-width] * np.uint64(power) + hashes[width:]
        width, power = 2 * width, power * power % WORD
    return spread(hashes)


def spread(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: a permutation of the 64-bit numbers."""
    mixed = values + np.uint64(BASE)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
