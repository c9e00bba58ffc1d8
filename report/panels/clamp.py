"""What the network writes while the unit is held low, free, high."""

from dataclasses import dataclass

from report.measured import measured
from report.measures.ablation.steering import Clamp
from report.panels.panel import Content, Panel, UnitContent
from report.render.spans import Cell, cells
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class Written:
    """One text."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ClampBox:
    """The box of one unit."""

    clamp: Clamp
    texts: tuple[Written, ...]
    temperature: float
    units: int  # for how many units this was done


def prepare(view: RunView) -> UnitContent | None:
    """Texts of the units of largest effect; other units have no such box."""
    measures = measured(view)
    if measures is None or not measures.all.clamps or not view.shows_sample:
        return None
    clamps = {Unit(one.layer, one.index): one for one in measures.all.clamps}

    def content(unit: Unit) -> Content | None:
        one = clamps.get(unit)
        if one is None:
            return None
        return Content(
            values=ClampBox(
                clamp=one,
                texts=(
                    Written("low", cells(one.low_text)),
                    Written("free", cells(one.free_text)),
                    Written("high", cells(one.high_text)),
                ),
                temperature=view.config.sample.temperature,
                units=len(clamps),
            )
        )

    return content


PANEL = Panel(
    "clamp",
    place="main",
    order=60,
    prepare=prepare,
    fold="What the network writes while it is held",
)
