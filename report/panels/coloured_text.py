"""The sampled text, each character coloured by the unit's state, and the states as a trace.

Below each character a bar in the same colours: the state that the unit's sentence says.
"""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from report.measured import Measured, measured
from report.measures.explanations.explanation import Simulation
from report.panels.panel import Content, Panel, UnitContent
from report.render import palette
from report.render.charts import step_areas
from report.render.spans import NO_BAR, cells, paint
from report.render.templates import strip
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class SimulatedText:
    """What the sentence says of the state after each character, for the read-out."""

    hundredths: str  # T values times 100, comma separated
    clauses: str  # T numbers of the clause that fires, comma separated; -1: none


@dataclass(frozen=True)
class ColouredText:
    """One strip. The T + 1 states are those before the first character, then after each."""

    characters: int  # T
    levels: list[int]  # (T,), in the configured alignment
    text: Markup  # one span a character, with the class of its level
    spare_level: int  # of the one state that the configured alignment does not show
    alignment: str  # read, predict
    thousandths: str  # the T + 1 states times 1000, comma separated, for the read-out
    simulation: SimulatedText | None  # what the unit's sentence says; None without one
    above: str  # path of the trace above zero, in the alignment `read`
    below: str


def prepare(view: RunView) -> UnitContent | None:
    """Makes the spans once; every page puts its own levels in. None where no text may be shown."""
    if not view.shows_sample:
        return None
    measures = measured(view)
    spans = strip(cells(view.sample_text))
    alignment = view.config.report.alignment
    states = [
        np.concatenate([before[None], layer.hidden])  # (T + 1, H)
        for before, layer in zip(view.sample.before.hidden, view.sample.layers, strict=True)
    ]
    level_rows = [palette.levels(layer).T.copy() for layer in states]  # (H, T + 1)

    def content(unit: Unit) -> Content:
        levels = unit.of(level_rows)[unit.index].tolist()
        values = unit.of(states)[:, unit.index]
        above, below = step_areas(values, start=-1)
        read = alignment == "read"
        shown = levels[1:] if read else levels[:-1]
        simulation = _simulation(measures, unit) if measures else None
        under = bar_levels(simulation, read=read) if simulation else None
        return Content(
            ColouredText(
                characters=len(shown),
                levels=shown,
                text=paint(spans, shown, "p", under),
                spare_level=levels[0] if read else levels[-1],
                alignment=alignment,
                thousandths=",".join(map(str, np.rint(values * 1000).astype(int).tolist())),
                simulation=_for_read_out(simulation) if simulation else None,
                above=above,
                below=below,
            )
        )

    return content


def _simulation(measures: Measured, unit: Unit) -> Simulation | None:
    """Of a unit whose sentence is shown on its page."""
    own = measures.unit(unit).explanation
    return own.simulation if own is not None and own.explained else None


def bar_levels(simulation: Simulation, *, read: bool) -> list[int]:
    """Levels of the bars below the characters; nothing is said before the first character."""
    levels: list[int] = palette.levels(simulation.values).tolist()
    return levels if read else [NO_BAR, *levels[:-1]]


def _for_read_out(simulation: Simulation) -> SimulatedText:
    hundredths = (str(round(value * 100)) for value in simulation.values)
    return SimulatedText(",".join(hundredths), ",".join(map(str, simulation.clauses)))


PANEL = Panel("coloured_text", place="main", order=10, prepare=prepare)
