"""One record per unit, put together from the measures of its layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import Cell
from jobs.model.network import Float, Network
from jobs.model.trace import LayerTrace, Trace
from report.measures.ablation.effects import Effect, ablate_labelled, effects
from report.measures.ablation.hold import Ablated
from report.measures.concepts.library import ConceptTable
from report.measures.contexts import AROUND, Context, contexts, histograms
from report.measures.explanations.explanation import Explanation
from report.measures.gap import long_range_credit
from report.measures.gates import GateShares, gate_shares
from report.measures.health import Health, health
from report.measures.labels.controls import BigramBaseline, ShiftNull
from report.measures.labels.fit import Fit
from report.measures.labels.linear_probe import ConceptScore, concept_scores
from report.measures.labels.verdict import Label, label_units
from report.measures.neighbours import Neighbour, Wiring, neighbours, wiring
from report.measures.ngram import Ngram
from report.measures.parallel import side_by_side
from report.measures.ranking import ranked
from report.measures.timescale import autocorrelation_half_life, gate_timescale


@dataclass(frozen=True)
class UnitMeasures:
    """Everything about one unit; statistics are on the probe."""

    layer: int  # from 1
    index: int
    rank: int  # from 1, by evidence, over all layers
    label: Label
    effect: Effect
    credit: float  # share of the advantage over the n-gram that is lost without the unit
    timescale: float | None  # characters, from forget or update gate; null: the cell has neither
    half_life: float  # characters, autocorrelation
    gates: tuple[GateShares, ...]  # those of the cell
    health: Health
    neighbours: tuple[Neighbour, ...]
    wiring: Wiring
    contexts: tuple[Context, ...]
    histogram: tuple[int, ...]  # counts in equal bins over [-1, 1]
    explanation: Explanation | None = None  # None: measured by an earlier version

    @property
    def encoded_not_used(self) -> bool:
        """Its label is accepted, yet holding it changes nothing."""
        return self.label.accepted and self.effect.unused


@dataclass(frozen=True)
class Controls:
    """What every layer's labels are held against."""

    null: ShiftNull
    bigram: BigramBaseline
    untrained: tuple[Float, ...]  # per layer (T, several H) states of untrained networks


@dataclass(frozen=True)
class Layers:
    """Layer by layer, what labels and effects are made from."""

    network: Network
    probe: Trace
    table: ConceptTable
    controls: Controls
    fits: list[Fit]
    untrained: list[Fit]
    ablated: tuple[tuple[Ablated, Ablated], ...]
    seed: int

    def labels(self) -> list[tuple[Label, ...]]:
        """Per layer one label per unit."""
        return [
            label_units(
                layer.hidden,
                self.table,
                self.fits[number],
                self.controls.null,
                self.controls.bigram,
                self.untrained[number],
                self.seed,
            )
            for number, layer in enumerate(self.probe.layers)
        ]

    def effects(self, labels: Sequence[tuple[Label, ...]]) -> list[tuple[Effect, ...]]:
        """Per layer one record per unit."""

        def of_layer(number: int) -> tuple[Effect, ...]:
            own, ablated = labels[number], self.ablated[number]
            farther = ablate_labelled(self.network, self.probe, number, own, ablated[0])
            return effects(
                self.network, self.probe, number, ablated, own, self.table, self.seed, farther
            )

        return side_by_side(of_layer, range(len(labels)))

    def concept_scores(self) -> tuple[ConceptScore, ...]:
        """Per layer one row per usable yes/no concept."""

        def of_layer(number: int) -> tuple[ConceptScore, ...]:
            return concept_scores(
                self.probe.layers[number].hidden,
                number,
                self.table,
                self.fits[number],
                self.controls.bigram.evaluation,
                self.untrained[number],
            )

        layers = side_by_side(of_layer, range(len(self.probe.layers)))
        return tuple(row for rows in layers for row in rows)


def unit_measures(
    measured: Layers,
    labels: list[tuple[Label, ...]],
    ngram: Ngram,
    text: str,
    first_line: int,
) -> tuple[UnitMeasures, ...]:
    """One record per unit, by layer and index.

    Args:
        measured: fits and controls.
        labels: per layer one per unit.
        ngram: the frozen n-gram on the probe.
        text: the probe's characters.
        first_line: line of the corpus on which the probe begins.
    """
    probe, network = measured.probe, measured.network
    effect = measured.effects(labels)
    near = neighbours([layer.hidden for layer in probe.layers])
    order = ranked(
        [label for layer in labels for label in layer], [one for layer in effect for one in layer]
    )
    rank = {place: number for number, place in enumerate(order, start=1)}
    warm_up = max(0, AROUND - len(probe.context))
    units: list[UnitMeasures] = []
    for number, layer in enumerate(probe.layers):
        columns = {
            "label": labels[number],
            "effect": effect[number],
            "credit": _floats(long_range_credit(measured.ablated[number][0], probe, ngram)),
            "timescale": _timescales(layer, network.layers[number].cell),
            "half_life": _floats(autocorrelation_half_life(layer.hidden)),
            "gates": gate_shares(layer),
            "health": health(layer, number, effect[number], near[number]),
            "neighbours": near[number],
            "wiring": wiring(network, number),
            "contexts": contexts(layer.hidden, text, first_line, warm_up, measured.seed + number),
            "histogram": [tuple(map(int, row)) for row in histograms(layer.hidden)],
        }
        for index in range(layer.units):
            own: dict[str, Any] = {name: values[index] for name, values in columns.items()}
            units.append(UnitMeasures(number + 1, index, rank[len(units)], **own))
    return tuple(units)


def _timescales(layer: LayerTrace, cell: Cell) -> list[float] | list[None]:
    return _floats(gate_timescale(layer.gates[cell.keeps])) if cell.keeps else [None] * layer.units


def _floats(values: NDArray[np.float64]) -> list[float]:
    floats: list[float] = values.tolist()
    return floats
