"""How the unit's gates move along the sample, and how often they are shut or open on the probe."""

from dataclasses import dataclass

import numpy as np

from jobs.model.network import Float
from jobs.model.trace import GATES, LayerTrace
from report.measured import measured
from report.measures.gates import GateShares, gate_role
from report.panels.panel import Content, Panel, Section, UnitContent
from report.render.charts import step_areas
from report.run_view import RunView, Unit

NAMES = {"input_gate": "input gate", "forget_gate": "forget gate", "output_gate": "output gate"}


@dataclass(frozen=True)
class Track:
    """One curve along the sample, from -1 (bottom) to +1 (top)."""

    name: str
    above: str  # SVG path data
    below: str
    shares: GateShares | None  # None for the cell


@dataclass(frozen=True)
class GateBox:
    """The box of one unit."""

    tracks: tuple[Track, ...]
    characters: int  # of the sample
    probe_characters: int
    role: str  # integrator, feed-forward, private memory; or ""


def prepare(view: RunView) -> UnitContent | None:
    """Gates of every layer."""
    measures = measured(view)
    if measures is None:
        return None

    def content(unit: Unit) -> Content:
        own = measures.unit(unit)
        shares = {one.name: one for one in own.gates}
        layer = unit.of(view.sample.layers)
        forget, output = shares["forget_gate"], shares["output_gate"]
        return Content(
            values=GateBox(
                tracks=_tracks(layer, unit.index, shares),
                characters=view.sample.characters,
                probe_characters=measures.all.characters,
                role=gate_role(forget.shut, forget.open, output.open),
            ),
            front_matter={"forget_gate_open": round(forget.open, 2)},
        )

    return content


def _tracks(layer: LayerTrace, unit: int, shares: dict[str, GateShares]) -> tuple[Track, ...]:
    gates = [
        Track(NAMES[name], *_curve(getattr(layer, name)[:, unit]), shares[name]) for name in GATES
    ]
    return (*gates, Track("cell, as tanh c", *_curve(np.tanh(layer.cell[:, unit])), None))


def _curve(values: Float) -> tuple[str, str]:
    return step_areas(values, 0)


@dataclass(frozen=True)
class Dot:
    """One unit of a saturation diagram, in shares of the probe."""

    unit: Unit
    shut: float
    open: float


@dataclass(frozen=True)
class Diagram:
    """One gate of one layer."""

    layer: int
    gate: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Saturation:
    """Three diagrams per layer."""

    diagrams: tuple[Diagram, ...]
    characters: int


def saturation(view: RunView) -> Saturation | None:
    """Saturation diagrams of all layers, as in Karpathy, Johnson and Fei-Fei 2015."""
    measures = measured(view)
    if measures is None:
        return None
    diagrams = []
    for layer in sorted({unit.layer for unit in view.units}):
        units = [unit for unit in view.units if unit.layer == layer]
        for place, name in enumerate(GATES):
            gates = [(unit, measures.unit(unit).gates[place]) for unit in units]
            dots = tuple(Dot(unit, gate.shut, gate.open) for unit, gate in gates)
            diagrams.append(Diagram(layer, NAMES[name], dots))
    return Saturation(tuple(diagrams), measures.all.characters)


PANEL = Panel("gates", place="main", order=50, prepare=prepare, fold="Gates and cell")
SECTION = Section("saturation", page="overview", order=60, prepare=saturation)
