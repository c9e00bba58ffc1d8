"""How the unit's gates move along the sample, and how often they are shut or open on the probe."""

from dataclasses import dataclass

import numpy as np

from jobs.model.cell import gate_words
from jobs.model.network import Float
from jobs.model.trace import LayerTrace
from report.measured import measured
from report.measures.gates import GateShares, gate_role
from report.panels.panel import Content, Panel, Section, UnitContent
from report.render.charts import step_areas
from report.run_view import RunView, Unit


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
    role: str  # integrator, feed-forward, private memory, ...; or ""
    cell: str  # its kind: LSTM, GRU, plain RNN


def prepare(view: RunView) -> UnitContent | None:
    """Gates of every layer."""
    measures = measured(view)
    if measures is None:
        return None

    def content(unit: Unit) -> Content:
        own = measures.unit(unit)
        shares = {one.name: one for one in own.gates}
        layer = unit.of(view.sample.layers)
        cell = unit.of(view.network.layers).cell
        kept = {f"{cell.keeps}_open": round(shares[cell.keeps].open, 2)} if cell.keeps else {}
        return Content(
            values=GateBox(
                tracks=_tracks(layer, unit.index, shares),
                characters=view.sample.characters,
                probe_characters=measures.all.characters,
                role=gate_role(shares, cell.keeps),
                cell=cell.title,
            ),
            front_matter=kept,
        )

    return content


def _tracks(layer: LayerTrace, unit: int, shares: dict[str, GateShares]) -> tuple[Track, ...]:
    gates = [
        Track(gate_words(name), *_curve(gate[:, unit]), shares[name])
        for name, gate in layer.gates.items()
    ]
    if not layer.cell.size:
        return tuple(gates)
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
    """A diagram for every gate of every layer."""

    diagrams: tuple[Diagram, ...]
    keeps: str  # the gate that keeps, in words
    characters: int


def saturation(view: RunView) -> Saturation | None:
    """Saturation diagrams of all layers, as in Karpathy, Johnson and Fei-Fei 2015."""
    measures = measured(view)
    if measures is None:
        return None
    diagrams = []
    for layer in sorted({unit.layer for unit in view.units}):
        units = [unit for unit in view.units if unit.layer == layer]
        for place, name in enumerate(units[0].of(view.network.layers).cell.gates):
            gates = [(unit, measures.unit(unit).gates[place]) for unit in units]
            dots = tuple(Dot(unit, gate.shut, gate.open) for unit, gate in gates)
            diagrams.append(Diagram(layer, gate_words(name), dots))
    keeps = [cell.keeps for cell in view.network.cells if cell.keeps]
    if not diagrams:
        return None
    return Saturation(tuple(diagrams), gate_words(keeps[0]), measures.all.characters)


PANEL = Panel("gates", place="main", order=50, prepare=prepare, fold="Gates and cell")
SECTION = Section("saturation", page="overview", order=60, prepare=saturation)
