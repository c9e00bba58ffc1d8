"""What each unit does to the predictions: direct, and in total.

Direct (last layer only, exact): d_t(j) = log2 p_t(x_{t+1}) - log2 q_t(x_{t+1}) where
q_t = softmax(z_t - (h_j(t) - m_j) W_j): the bits that unit j's departure from its mean m_j gives
to the character that really came.

Total: the cross-entropy with the unit held at its mean on all its outgoing edges, minus the
cross-entropy of the network as it is; positive where the unit helps. Zero beside it, because for a
signed state zero is not neutral when the mean is far from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.network import Float, Network
from jobs.trace import Trace
from report.measures.ablation import Ablated, affordable, hold_units
from report.measures.bootstrap import block_sums, interval
from report.measures.concepts import ConceptTable
from report.measures.cores import side_by_side
from report.measures.verdicts import Label

ZERO_SHARE = 0.25  # of the characters, for the second figure
SHOWN = 5  # characters listed as promoted or suppressed
NEGLIGIBLE = 0.0005  # bits per character below which an effect is called none
LEAST_BLOCKS = 5  # with the concept in them, below which no interval is drawn inside it
AT_ONCE = 2_000_000  # values of one temporary array

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """A character whose probability the unit changes where it is high (or low)."""

    character: int  # id in the alphabet
    bits: float  # mean change of log2 p


@dataclass(frozen=True)
class Effect:
    """One unit's total effect, bits per character."""

    bits: float  # held at its mean; positive: the network predicts worse without it
    interval: tuple[float, float]  # 95 %, block bootstrap
    characters: int  # predictions looked at
    zero_bits: float  # held at zero
    zero_characters: int
    inside: float | None  # where its label's concept holds; None for numbers and without label
    inside_interval: tuple[float, float] | None  # 95 %; of an accepted label only
    outside: float | None
    promotes: tuple[
        Shift, ...
    ]  # where the unit is on (top tenth, or bottom tenth if its sign is -)
    suppresses: tuple[Shift, ...]
    direct: float | None  # mean |d_t|, bits; last layer only
    used: bool  # everywhere, or where its accepted label holds, the interval excludes zero

    @property
    def none(self) -> bool:
        """Nothing follows from the unit."""
        return not self.used


def direct_bits(network: Network, trace: Trace, means: Float, units: Sequence[int]) -> Float:
    """(T - 1, N) direct effect of ``units`` of the last layer on each next character.

    Row t is about character t + 1 of ``trace``; ``means`` (H,) are the units' means on the probe.
    """
    chosen = np.asarray(units, np.int64)
    kernel = network.output_kernel[chosen]  # (N, V)
    states = trace.layers[-1].hidden[:-1][:, chosen] - means[chosen]  # (T - 1, N)
    target = trace.ids[1:]
    found = states * kernel[:, target].T
    rows = max(1, AT_ONCE // max(1, kernel.size))
    for start in range(0, len(states), rows):
        part = slice(start, min(start + rows, len(states)))
        factor = np.exp(-states[part, :, None] * kernel)
        found[part] += np.log(np.einsum("tnv,tv->tn", factor, trace.probabilities[:-1][part]))
    scaled: Float = found / np.float32(np.log(2.0))
    return scaled


def ablate(network: Network, trace: Trace) -> tuple[tuple[Ablated, Ablated], ...]:
    """Per layer: every unit held at its mean on the probe, and (on fewer characters) at zero."""
    jobs = []
    for layer, states in enumerate(trace.layers):
        mean = states.hidden.mean(0, dtype=np.float64).astype(np.float32)
        jobs.append((layer, mean, affordable(network, trace)))
        jobs.append((layer, np.zeros_like(mean), affordable(network, trace, ZERO_SHARE)))
    done = side_by_side(lambda job: hold_units(network, trace, *job), jobs)
    return tuple((done[index], done[index + 1]) for index in range(0, len(done), 2))


def effects(
    network: Network,
    trace: Trace,
    layer: int,
    ablated: tuple[Ablated, Ablated],
    labels: Sequence[Label],
    table: ConceptTable,
    seed: int,
) -> tuple[Effect, ...]:
    """One record per unit of ``layer`` (from 0)."""
    mean, zero = ablated
    total = mean.bits.mean(0, dtype=np.float64)
    low, high = _intervals(mean.bits, seed)
    names = [concept.name for concept in table.concepts]
    direct = None
    if layer == len(network.layers) - 1:
        means = trace.layers[-1].hidden.mean(0, dtype=np.float64).astype(np.float32)
        every = range(trace.layers[-1].units)
        direct = np.abs(direct_bits(network, trace, means, every)).mean(0, dtype=np.float64)
    found = []
    for unit, label in enumerate(labels):
        inside: float | None = None
        outside: float | None = None
        around: tuple[float, float] | None = None
        if label.concept and label.details is not None:
            holds = table.values[mean.places, names.index(label.concept)] > 0
            inside, outside = _mean(mean.bits[holds, unit]), _mean(mean.bits[~holds, unit])
            if label.accepted and holds.any():
                around = _interval_where(mean.bits[:, unit], holds, seed)
        everywhere = (float(low[unit]), float(high[unit]))
        used = _matters(float(total[unit]), everywhere) or _matters(inside, around)
        change = mean.high[unit] if label.sign > 0 else mean.low[unit]
        found.append(
            Effect(
                bits=float(total[unit]),
                interval=everywhere,
                characters=len(mean.places),
                zero_bits=float(zero.bits[:, unit].mean(dtype=np.float64)),
                zero_characters=len(zero.places),
                inside=inside,
                inside_interval=around,
                outside=outside,
                promotes=_extremes(change, 1),
                suppresses=_extremes(change, -1),
                direct=None if direct is None else float(direct[unit]),
                used=used,
            )
        )
    return tuple(found)


def _matters(bits: float | None, ends: tuple[float, float] | None) -> bool:
    """Whether an effect is not negligible and its interval excludes zero."""
    if bits is None or ends is None:
        return False
    return abs(bits) >= NEGLIGIBLE and (ends[0] > 0 or ends[1] < 0)


def _interval_where(bits: Float, holds: NDArray[np.bool_], seed: int) -> tuple[float, float] | None:
    """Interval of the mean of ``bits`` (P,) over the places where ``holds``; None where a draw of
    blocks may have no such place.
    """
    sums = block_sums(np.stack([bits * holds, holds.astype(np.float64)], axis=1))
    if (sums[:, 1] > 0).sum() < LEAST_BLOCKS:
        return None

    def statistic(totals: Array) -> Array:
        result: Array = totals[:, 0] / np.maximum(totals[:, 1], 1.0)
        return result

    low, high = interval(sums, statistic, seed)
    return float(low), float(high)


def _mean(values: Float) -> float | None:
    return float(values.mean(dtype=np.float64)) if len(values) else None


def _intervals(bits: Float, seed: int) -> tuple[Array, Array]:
    """(N,) low and high ends of the mean of ``bits`` (P, N)."""
    counted = np.concatenate([bits, np.ones_like(bits[:, :1])], axis=1)

    def statistic(totals: Array) -> Array:
        result: Array = totals[:, :-1] / totals[:, -1:]
        return result

    return interval(block_sums(counted), statistic, seed)


def _extremes(change: Array, sign: int) -> tuple[Shift, ...]:
    """The characters whose change is largest in the direction of ``sign``."""
    order = np.argsort(-sign * change, kind="stable")[:SHOWN]
    return tuple(
        Shift(int(index), float(change[index])) for index in order if sign * change[index] > 0.01
    )
