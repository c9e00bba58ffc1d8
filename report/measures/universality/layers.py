"""One layer of a network against the same layer of another one, on the same characters.

Partners are chosen on half A of the probe and their correlation is told on half B. Beside each
figure stands what chance gives: the same search in the other layer after random rotations (Gurnee
et al. 2024, arXiv 2401.12181), which keep the subspace and destroy the units, and in untrained
networks that read the same text. The sign of a unit has no meaning, so |r| counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.correlation import linear_cka

Array = NDArray[np.float64]

LIVE = 0.01  # standard deviation of a state; below it a unit is looked for in vain
ROTATIONS = 19  # with the layer itself one of 20: by luck alone 5 % of units beat all rotations
EXCESS = 0.1  # |r| above the mean of the rotated layers that a unit must have to be found
RIDGE = 1e-3  # of the variance of a standardised unit
SEED = 20_240_118  # of the rotations: the same for every pair of layers of one size


@dataclass(frozen=True)
class Halves:
    """A layer's states on both halves of the probe, float64, and what is needed of them often."""

    a: Array  # (T/2, H) centred on their own mean
    b: Array
    live: NDArray[np.bool_]  # (H,)

    @property
    def units(self) -> int:
        """H."""
        return int(self.a.shape[1])


@dataclass(frozen=True)
class Found:
    """Every unit of one layer, looked for in another one."""

    partner: NDArray[np.int64]  # (H,) the unit of the other layer with the largest |r| on half A
    r: Array  # (H,) |r| with it on half B; 0 for a unit that is not live
    chance: Array  # (rotations, H) the same in each of the rotated layers

    @property
    def rotated(self) -> Array:
        """(H,) mean over the rotated layers."""
        mean: Array = self.chance.mean(0)
        return mean

    def found(self, untrained: Array) -> NDArray[np.bool_]:
        """(H,) whether a unit is found: |r| above all rotations, their mean by ``EXCESS`` and more,
        and what ``untrained`` (H,) networks give.
        """
        return _beyond(self.r, self.chance, untrained)

    def found_by_chance(self, untrained: Array) -> Array:
        """(H,) how often a rotated layer would pass as found, held against the other rotations."""
        passed = [
            _beyond(one, np.delete(self.chance, at, axis=0), untrained)
            for at, one in enumerate(self.chance)
        ]
        share: Array = np.mean(passed, axis=0)
        return share


def halves(states: Float) -> Halves:
    """The states (T, H) of a layer, cut in two."""
    wide = states.astype(np.float64)
    middle = len(wide) // 2
    a, b = wide[:middle], wide[middle:]
    return Halves(a - a.mean(0), b - b.mean(0), wide.std(0) >= LIVE)


def rotations(units: int, count: int = ROTATIONS) -> list[Array]:
    """``count`` rotations of ``units`` dimensions, drawn evenly (QR of normal numbers, the signs of
    R's diagonal taken out: Mezzadri 2007); the same ones every time.
    """
    generator = np.random.Generator(np.random.PCG64([SEED, units]))
    drawn = []
    for _ in range(count):
        q, r = np.linalg.qr(generator.standard_normal((units, units)))
        drawn.append(q * np.sign(np.diag(r)))
    return drawn


def find(own: Halves, other: Halves, turned: Sequence[Array]) -> Found:
    """Look for each unit of ``own`` in ``other``, and in ``other`` after each rotation."""
    products = [_standard(mine).T @ theirs for mine, theirs in ((own.a, other.a), (own.b, other.b))]
    squares = [theirs.T @ theirs for theirs in (other.a, other.b)]
    partner, r = _best(products, squares, np.eye(other.units))
    chance = np.array([_best(products, squares, rotation)[1] for rotation in turned])
    return Found(partner, np.where(own.live, r, 0.0), np.where(own.live, chance, 0.0))


def _beyond(r: Array, chance: Array, untrained: Array) -> NDArray[np.bool_]:
    good: NDArray[np.bool_] = (r > chance.max(0)) & (r >= chance.mean(0) + EXCESS) & (r > untrained)
    return good


def _best(
    products: Sequence[Array], squares: Sequence[Array], rotation: Array
) -> tuple[NDArray[np.int64], Array]:
    """The partner by |r| on half A, and |r| with it on half B."""
    on_a, on_b = (
        np.abs(
            _correlation(product @ rotation, np.einsum("ij,ik,kj->j", rotation, square, rotation))
        )
        for product, square in zip(products, squares, strict=True)
    )
    partner = on_a.argmax(1)
    return partner, np.minimum(on_b[np.arange(len(partner)), partner], 1.0)


def _correlation(product: Array, square: Array) -> Array:
    norms = np.sqrt(np.maximum(square, 0.0))
    varies = norms > 1e-9
    scaled: Array = product * np.where(varies, 1.0 / np.where(varies, norms, 1.0), 0.0)
    return scaled


def _standard(centred: Array) -> Array:
    return _correlation(centred, (centred**2).sum(0))


def predicted(own: Halves, other: Halves) -> Array:
    """(H,) R2 on half B of each unit of ``own``, by ridge regression on half A from all states of
    ``other``; 0 for a unit that is not live. Never below 0: a prediction can always be the mean.
    """
    scale = other.a.std(0)
    used = scale >= LIVE
    x, y = other.a[:, used] / scale[used], other.b[:, used] / scale[used]
    gram = x.T @ x + RIDGE * len(x) * np.eye(int(used.sum()))
    error = own.b - y @ np.linalg.solve(gram, x.T @ own.a)
    total = (own.b**2).sum(0)
    share = 1.0 - (error**2).sum(0) / np.where(total > 0.0, total, 1.0)
    return np.where(own.live, np.maximum(share, 0.0), 0.0)


def alike(own: Halves, other: Halves) -> float:
    """Linear CKA on half B; 0 where a layer is constant."""
    found = linear_cka(own.b.astype(np.float32), other.b.astype(np.float32))
    return found if np.isfinite(found) else 0.0
