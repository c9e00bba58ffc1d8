"""What each unit does to the predictions: direct, and in total.

Direct logit attribution (last layer only, exact, carried through the softmax):
d_t(j) = log2 p_t(x_{t+1}) - log2 q_t(x_{t+1}), q_t = softmax(z_t - (h_j(t) - m_j) W_j): the bits
that unit j's departure from its mean m_j gives to the character that really came.

Total (mean ablation): the cross-entropy with the unit held at its mean on all its outgoing edges,
minus the cross-entropy of the network as it is; positive where the unit helps. Zero ablation stands
beside it, because for a signed state zero is not neutral when the mean is far from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array, Float, Network
from jobs.model.trace import Trace
from report.measures.ablation.hold import Ablated, Held, affordable, affordable_for, hold_units
from report.measures.bootstrap import block_sums, interval
from report.measures.concepts.library import ConceptTable
from report.measures.labels.verdict import Label
from report.measures.parallel import side_by_side

ZERO_SHARE = 0.25  # of the characters, for the second figure
SHOWN = 5  # characters listed as promoted or suppressed
NEGLIGIBLE = 0.0005  # bits per character below which an effect is called none
FARTHER = 1.5  # times as many characters as before, for which labelled units are held once more
LEAST_BLOCKS = 5  # with the concept in them, below which no interval is drawn inside it
AT_ONCE = 2_000_000  # values of one temporary array


@dataclass(frozen=True)
class Shift:
    """A character whose probability the unit changes where it is high (or low)."""

    character: int  # id in the alphabet
    bits: float  # mean change of log2 p


@dataclass(frozen=True)
class Effect:
    """One unit's total effect, bits per character."""

    bits: float  # mean ablation; positive: the network predicts worse without the unit
    interval: tuple[float, float]  # 95 %, block bootstrap
    characters: int  # predictions looked at
    zero_bits: float  # zero ablation
    zero_characters: int
    inside: float | None  # where its label's concept holds; None for numbers and without label
    inside_interval: tuple[float, float] | None  # 95 %; of a named label only
    outside: float | None
    promotes: tuple[
        Shift, ...
    ]  # where the unit is on (top tenth, or bottom tenth if its sign is -)
    suppresses: tuple[Shift, ...]
    direct: float | None  # mean |direct logit attribution|, bits; last layer only
    used: bool  # everywhere, or where its label holds, the interval excludes zero

    @property
    def unknown(self) -> bool:
        """Of a named label: its concept was met too seldom to say what the unit does inside it."""
        return self.inside is not None and self.inside_interval is None

    @property
    def none(self) -> bool:
        """Nothing is seen to follow from the unit."""
        return not self.used

    @property
    def unused(self) -> bool:
        """Nothing is seen to follow from it, and it was looked at where it matters."""
        return not self.used and not self.unknown


@dataclass(frozen=True)
class Farther:
    """Mean ablation of some units of a layer on more of the probe than all of them could have."""

    units: NDArray[np.int64]  # (N,)
    ablated: Ablated  # of these N


def direct_logit_attribution(
    network: Network, trace: Trace, means: Float, units: Sequence[int]
) -> Float:
    """(T - 1, N) bits that ``units`` of the last layer give to each next character by themselves.

    Row t is about character t + 1 of ``trace``; ``means`` (H,) are the units' means on the probe.
    """
    chosen = np.asarray(units, np.int64)
    kernel = network.output_kernel[chosen]  # (N, V)
    states = trace.layers[-1].hidden[:-1][:, chosen] - means[chosen]  # (T - 1, N)
    target = trace.ids[1:]
    bits = states * kernel[:, target].T
    rows = max(1, AT_ONCE // max(1, kernel.size))
    for start in range(0, len(states), rows):
        part = slice(start, min(start + rows, len(states)))
        factor = np.exp(-states[part, :, None] * kernel)
        bits[part] += np.log(np.einsum("tnv,tv->tn", factor, trace.probabilities[:-1][part]))
    bits[~trace.continues[:-1]] = 0.0  # what begins a document was predicted by no state
    scaled: Float = bits / np.float32(np.log(2.0))
    return scaled


def ablate(network: Network, trace: Trace) -> tuple[tuple[Ablated, Ablated], ...]:
    """Per layer: mean ablation of every unit, and (on fewer characters) zero ablation."""
    layers = range(len(trace.layers))
    means = [mean_ablation(trace, layer, range(trace.layers[layer].units)) for layer in layers]
    zeros = [replace(mean, values=np.zeros_like(mean.values)) for mean in means]
    # the long ones first, so that none is left to one core at the end
    jobs = [(mean, affordable(network, trace)) for mean in means]
    jobs += [(zero, affordable(network, trace, ZERO_SHARE)) for zero in zeros]
    done = side_by_side(lambda job: hold_units(network, trace, *job), jobs)
    return tuple(zip(done[: len(layers)], done[len(layers) :], strict=True))


def mean_ablation(trace: Trace, layer: int, units: Sequence[int]) -> Held:
    """Mean ablation of ``units`` of ``layer`` (from 0): they are held at their probe means."""
    means = trace.layers[layer].hidden.mean(0, dtype=np.float64).astype(np.float32)
    chosen = np.asarray(units, np.int64)
    return Held(layer, chosen, means[chosen])


def ablate_labelled(
    network: Network, trace: Trace, layer: int, labels: Sequence[Label], known: Ablated
) -> Farther | None:
    """Mean ablation of the labelled units of ``layer`` (from 0) on more of the probe.

    A wide layer is held on a small part of the probe, where a rare concept may hardly occur; few
    units can be held on all of it. None where that brings little more than what is ``known``.
    """
    units = [unit for unit, label in enumerate(labels) if label.named]
    characters = affordable_for(network, trace, layer, len(units)) if units else 0
    if characters < FARTHER * len(known.places):
        return None
    held = mean_ablation(trace, layer, units)
    return Farther(held.units, hold_units(network, trace, held, characters))


def effects(
    network: Network,
    trace: Trace,
    layer: int,
    ablated: tuple[Ablated, Ablated],
    labels: Sequence[Label],
    table: ConceptTable,
    seed: int,
    farther: Farther | None = None,
) -> tuple[Effect, ...]:
    """One record per unit of ``layer`` (from 0); of those in ``farther`` by what it says."""
    mean, zero = ablated
    known = _Totals(mean, table, seed)
    sources = [(known, unit) for unit in range(len(labels))]
    if farther is not None:
        better = _Totals(farther.ablated, table, seed)
        for place, unit in enumerate(farther.units):
            sources[unit] = (better, place)
    direct = None
    if layer == len(network.layers) - 1:
        means = mean_ablation(trace, layer, range(len(labels))).values
        direct = np.abs(direct_logit_attribution(network, trace, means, range(len(labels)))).mean(
            0, dtype=np.float64
        )
    records = []
    for unit, label in enumerate(labels):
        totals, place = sources[unit]
        bits, everywhere = totals.everywhere(place)
        inside, around, outside = totals.inside(place, label)
        change = totals.change(place, label.sign)
        records.append(
            Effect(
                bits=bits,
                interval=everywhere,
                characters=len(totals.held.places),
                zero_bits=float(zero.bits[:, unit].mean(dtype=np.float64)),
                zero_characters=len(zero.places),
                inside=inside,
                inside_interval=around,
                outside=outside,
                promotes=_extremes(change, 1),
                suppresses=_extremes(change, -1),
                direct=None if direct is None else float(direct[unit]),
                used=_matters(bits, everywhere) or _matters(inside, around),
            )
        )
    return tuple(records)


class _Totals:
    """Total effects: what the predictions lose in each copy of ``held``."""

    def __init__(self, held: Ablated, table: ConceptTable, seed: int) -> None:
        self.held, self.table, self.seed = held, table, seed
        self.ends = _intervals(held.bits, seed)

    def everywhere(self, place: int) -> tuple[float, tuple[float, float]]:
        """Bits per character and their interval."""
        bits = float(self.held.bits[:, place].mean(dtype=np.float64))
        low, high = self.ends
        return bits, (float(low[place]), float(high[place]))

    def inside(
        self, place: int, label: Label
    ) -> tuple[float | None, tuple[float, float] | None, float | None]:
        """Bits where the concept of ``label`` holds, their interval (of a named label), bits
        elsewhere; None for numbers.
        """
        if not label.concept or label.details is None:
            return None, None, None
        column = [concept.name for concept in self.table.concepts].index(label.concept)
        holds = self.table.values[self.held.places, column] > 0
        bits = self.held.bits[:, place]
        around = None
        if label.named and holds.any():
            around = _interval_where(bits, holds, self.seed)
        return _mean(bits[holds]), around, _mean(bits[~holds])

    def change(self, place: int, sign: int) -> Array:
        """(V,) change of log2 p where the unit is high, or low where its sign is negative."""
        change: Array = (self.held.high if sign > 0 else self.held.low)[place]
        return change


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
