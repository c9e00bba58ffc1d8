"""What another seed alone changes: the spread of the newest sweep of a configuration.

Two draws from one normal distribution, whose sd is estimated from n draws, differ by less than
t(0.975, n - 1) sqrt(2) sd in 95 % of cases (the prediction interval of a difference). With few
seeds that is wide: of two seeds little is known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev

from scipy.special import stdtrit


@dataclass(frozen=True)
class SeedNoise:
    """By how much two seeds of one configuration differ, in 95 % of cases at most."""

    seeds: int  # that were measured
    bits_sd: float  # standard deviation of the bits per character
    bits: float
    explained: tuple[float, ...]  # median R2 of the sentences, by layer; () where not measured


def seed_noise(bits: Sequence[float], explained: Sequence[Sequence[float]]) -> SeedNoise | None:
    """The noise in ``bits`` (by seed) and in ``explained`` (by layer, then by seed); None with
    fewer than two seeds.
    """
    if len(bits) < 2:
        return None
    return SeedNoise(
        len(bits), stdev(bits), _most(bits), tuple(_most(layer) for layer in explained)
    )


def _most(values: Sequence[float]) -> float:
    return float(stdtrit(len(values) - 1, 0.975)) * math.sqrt(2.0) * stdev(values)
