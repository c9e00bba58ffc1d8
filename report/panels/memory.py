"""For how long the unit remembers, what its memory is worth, its histogram and its health."""

from dataclasses import dataclass

from jobs.model.cell import gate_words
from report.measured import measured
from report.measures.contexts import BINS
from report.measures.gap import Gap
from report.measures.timescale import LONGEST
from report.panels.panel import Column, Content, Panel, Section, UnitContent
from report.render.templates import percent, thousands
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class Bar:
    """One bin of the histogram, in SVG units of a box 40 wide and 1 high."""

    x: int
    height: float
    positive: bool


@dataclass(frozen=True)
class MemoryBox:
    """The box of one unit."""

    timescale: str  # "" where no gate keeps
    keeps: str  # the gate that keeps, in words
    half_life: str
    credit: str
    bars: tuple[Bar, ...]
    most: int  # characters in the highest bin
    findings: tuple[str, ...]
    duplicates: tuple[Unit, ...]
    characters: int


def prepare(view: RunView) -> UnitContent | None:
    """Memory of every unit, on the probe."""
    measures = measured(view)
    if measures is None:
        return None

    def content(unit: Unit) -> Content:
        own = measures.unit(unit)
        most = max(own.histogram)
        keeps = unit.of(view.network.layers).cell.keeps
        memory = own.half_life if own.timescale is None else own.timescale
        findings = ", ".join(own.health.findings)
        data = f"{measures.all.characters:,} probe characters"
        return Content(
            values=MemoryBox(
                timescale="" if own.timescale is None else duration(own.timescale),
                keeps=gate_words(keeps),
                half_life=duration(own.half_life),
                credit=percent(own.credit, 1),
                bars=tuple(
                    Bar(place, count / most, 2 * place >= BINS)
                    for place, count in enumerate(own.histogram)
                    if count
                ),
                most=most,
                findings=own.health.findings,
                duplicates=tuple(Unit(unit.layer, one) for one in own.health.duplicates),
                characters=measures.all.characters,
            ),
            columns=(
                Column(
                    "Memory",
                    memory,
                    duration(memory),
                    f"{_memory_words(keeps)}, {data}",
                ),
                Column("Health", findings or "", findings, f"findings, {data}"),
            ),
            front_matter={"memory": round(memory, 1), "health": findings},
        )

    return content


def _memory_words(keeps: str) -> str:
    """What the figure is."""
    if keeps:
        return f"characters until its {gate_words(keeps)} leaves 1/e"
    return "characters until the autocorrelation of its state is 1/2"


def duration(characters: float) -> str:
    """``4.3``, ``120``, or ``10,000 and more``."""
    if characters >= LONGEST:
        return f"{thousands(int(LONGEST))} and more"
    return f"{characters:.1f}" if characters < 100 else thousands(round(characters))


def gap(view: RunView) -> Gap | None:
    """The comparison with the frozen n-gram."""
    measures = measured(view)
    return None if measures is None else measures.all.gap


PANEL = Panel(
    "memory",
    place="side",
    order=15,
    prepare=prepare,
    fold="Memory, and how often each state occurs",
)
SECTION = Section("memory", page="run", order=60, prepare=gap)
