"""Which units go together with this one, and its largest weights."""

from collections.abc import Sequence
from dataclasses import dataclass

from report.measured import measured
from report.measures.neighbours import Wire
from report.panels.panel import Content, Panel, UnitContent
from report.render.characters import character_name, glyph
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class Near:
    """A correlated unit."""

    unit: Unit
    label: str  # its label, or ""
    correlation: float


@dataclass(frozen=True)
class End:
    """The far end of a weight: a unit or a character."""

    unit: Unit | None
    glyph: str  # of a character, else ""
    words: str
    gate: str
    weight: float


@dataclass(frozen=True)
class Bundle:
    """The largest weights of one kind."""

    name: str
    ends: tuple[End, ...]


@dataclass(frozen=True)
class NeighbourBox:
    """The box of one unit."""

    near: tuple[Near, ...]
    bundles: tuple[Bundle, ...]
    characters: int


def prepare(view: RunView) -> UnitContent | None:
    """Neighbours of every unit."""
    measures = measured(view)
    if measures is None:
        return None
    alphabet = view.card.alphabet

    def near(layer: int, index: int, correlation: float) -> Near:
        unit = Unit(layer, index)
        label = measures.unit(unit).label
        return Near(unit, label.named, correlation)

    def content(unit: Unit) -> Content:
        own = measures.unit(unit)
        wiring, layer = own.wiring, unit.layer
        bundles = (
            Bundle("from characters", _characters(wiring.characters_in, alphabet)),
            Bundle("from the layer below", _units(wiring.below_in, layer - 1)),
            Bundle("from its own layer", _units(wiring.recurrent_in, layer)),
            Bundle("to its own layer", _units(wiring.recurrent_out, layer)),
            Bundle("to the layer above", _units(wiring.above_out, layer + 1)),
            Bundle("to characters", _characters(wiring.characters_out, alphabet)),
        )
        return Content(
            values=NeighbourBox(
                near=tuple(near(one.layer, one.index, one.correlation) for one in own.neighbours),
                bundles=tuple(bundle for bundle in bundles if bundle.ends),
                characters=measures.all.characters,
            )
        )

    return content


def _units(wires: Sequence[Wire], layer: int) -> tuple[End, ...]:
    return tuple(
        End(Unit(layer, wire.end), "", Unit(layer, wire.end).name, wire.gate, wire.weight)
        for wire in wires
    )


def _characters(wires: Sequence[Wire], alphabet: Sequence[str]) -> tuple[End, ...]:
    return tuple(
        End(
            None,
            glyph(alphabet[wire.end]),
            character_name(alphabet[wire.end]),
            wire.gate,
            wire.weight,
        )
        for wire in wires
    )


PANEL = Panel(
    "neighbours",
    place="side",
    order=50,
    prepare=prepare,
    fold="Neighbours and largest weights",
)
