"""The sampled text, each character coloured by the unit's state, and the states as a trace."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from report.panels.panel import Content, Panel, UnitContent
from report.render import palette
from report.render.charts import step_areas
from report.render.spans import cells, paint
from report.render.templates import strip
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class ColouredText:
    """One strip. The T + 1 states are those before the first character, then after each."""

    characters: int  # T
    levels: list[int]  # (T,), in the configured alignment
    text: Markup  # one span a character, with the class of its level
    spare_level: int  # of the one state that the configured alignment does not show
    alignment: str  # read, predict
    thousandths: str  # the T + 1 states times 1000, comma separated, for the read-out
    above: str  # path of the trace above zero, in the alignment `read`
    below: str


def prepare(view: RunView) -> UnitContent | None:
    """Makes the spans once; every page puts its own levels in. None where no text may be shown."""
    if not view.shows_sample:
        return None
    spans = strip(cells(view.sample_text))
    alignment = view.config.report.alignment
    states = [
        np.concatenate([before[None], layer.hidden])  # (T + 1, H)
        for before, layer in zip(view.sample.before.hidden, view.sample.layers, strict=True)
    ]
    level_rows = [palette.levels(layer).T.copy() for layer in states]  # (H, T + 1)

    def content(unit: Unit) -> Content:
        levels = level_rows[unit.layer - 1][unit.index].tolist()
        values = states[unit.layer - 1][:, unit.index]
        above, below = step_areas(values, start=-1)
        read = alignment == "read"
        shown = levels[1:] if read else levels[:-1]
        return Content(
            ColouredText(
                characters=len(shown),
                levels=shown,
                text=paint(spans, shown, "p"),
                spare_level=levels[0] if read else levels[-1],
                alignment=alignment,
                thousandths=",".join(map(str, np.rint(values * 1000).astype(int).tolist())),
                above=above,
                below=below,
            )
        )

    return content


PANEL = Panel("coloured_text", place="main", order=10, prepare=prepare)
