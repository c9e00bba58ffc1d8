"""Is the new network better? Bits per character on the same text, with a paired interval.

Neighbouring characters are alike, so whole blocks of text are drawn anew, the same for both
networks (block bootstrap, Künsch 1989). The interval covers the choice of the text, not what
another seed would give: below the noise floor, which a sweep of the configuration measures, a
difference is not called a change; between other settings, or seeds of unknown noise, there is no
verdict.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from report.compare.probe_pair import ProbePair
from report.compare.seed_noise import SeedNoise

BLOCK = 256  # characters
DRAWS = 2_000
LEAST_BLOCKS = 8
DRAWN_AT_ONCE = 1_000_000  # block numbers in memory
NOISE_FLOOR = 0.02  # bits per character

Verdict = Literal["better", "worse", "no clear change", "n/a"]


@dataclass(frozen=True)
class Quality:
    """Bits per character on the compared text; difference is new minus old, positive is worse."""

    characters: int
    old_bits: float
    new_bits: float
    difference: float
    interval: tuple[float, float] | None  # 95 %; None where the text has too few blocks
    noise_floor: float  # below it a difference is not called a change
    reason: str = ""  # why there is no verdict: other settings, or a text that was trained on
    seeds: int = 0  # of the sweep that measured the noise floor; 0: it is assumed

    @property
    def verdict(self) -> Verdict:
        """A change only where the interval excludes zero and the noise floor is passed."""
        if (
            self.reason
            or self.interval is None
            or not np.isfinite([self.difference, *self.interval]).all()
        ):
            return "n/a"
        low, high = self.interval
        if low <= 0.0 <= high or abs(self.difference) <= self.noise_floor:
            return "no clear change"
        return "better" if high < 0.0 else "worse"


def quality(
    pair: ProbePair,
    noise_floor: float = NOISE_FLOOR,
    reason: str = "",
    noise: SeedNoise | None = None,
) -> Quality:
    """Compare the two networks' surprise on the characters that both know; ``reason`` says why the
    difference allows no verdict. A measured ``noise`` takes the place of ``noise_floor``.
    """
    counts, old, new = (
        _block_sums(values, pair.used)
        for values in (np.ones(len(pair.used)), pair.old_bits, pair.new_bits)
    )
    total = counts.sum()
    return Quality(
        characters=int(total),
        old_bits=float(old.sum() / total),
        new_bits=float(new.sum() / total),
        difference=float((new - old).sum() / total),
        interval=bootstrap_interval(new - old, counts),
        noise_floor=noise_floor if noise is None else noise.bits,
        reason=reason,
        seeds=0 if noise is None else noise.seeds,
    )


def bootstrap_interval(
    sums: NDArray[np.float64], counts: NDArray[np.float64]
) -> tuple[float, float] | None:
    """95 % interval of ``sums.sum() / counts.sum()`` over blocks drawn with replacement.

    The draw depends on ``counts`` alone: the same text gives the same interval, on any processor.
    None with fewer than ``LEAST_BLOCKS`` blocks.
    """
    if len(sums) < LEAST_BLOCKS:
        return None
    digest = hashlib.sha256(counts.tobytes()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "little")))
    at_once = max(1, DRAWN_AT_ONCE // len(sums))
    means: list[NDArray[np.float64]] = []
    for start in range(0, DRAWS, at_once):
        draws = min(at_once, DRAWS - start)
        chosen = generator.integers(0, len(sums), (draws, len(sums)))
        means.append(sums[chosen].sum(1) / counts[chosen].sum(1))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def _block_sums(values: NDArray[np.float64], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Sums over blocks of ``BLOCK`` characters of the text, empty blocks left out."""
    starts = np.arange(0, len(values), BLOCK)
    kept = np.add.reduceat(used.astype(np.int64), starts) > 0
    sums: NDArray[np.float64] = np.add.reduceat(np.where(used, values, 0.0), starts)[kept]
    return sums
