"""Is this unit found in networks that differ from this one in the seed alone?"""

from report.measures.universality.seeds import UnitInSeeds
from report.panels.panel import Column, Content, Panel, UnitContent
from report.run_view import RunView, Unit


def prepare(view: RunView) -> UnitContent | None:
    """One box per unit; none for a run that no sweep has measured."""
    units = view.measures.get("seeds")
    if units is None:
        return None
    by_unit = {Unit(one.layer, one.index): one for one in units}

    def content(unit: Unit) -> Content | None:
        own: UnitInSeeds | None = by_unit.get(unit)
        if own is None:
            return None
        column = Column(
            "Other seeds",
            own.found,
            f"{own.found} of {own.others}" if own.live else "silent",
            "found in so many other seeds, beyond rotated and untrained layers; probe",
        )
        return Content(values=own, columns=(column,))

    return content


PANEL = Panel("seeds", place="side", order=45, prepare=prepare)
