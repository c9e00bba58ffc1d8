"""The measures of a view, looked up once: what the panels of report/panels ask."""

from report.measures.measure import ConceptCard, Measures
from report.measures.unit import UnitMeasures
from report.run_view import RunView, Unit


class Measured:
    """The measures of a run by unit and by concept."""

    def __init__(self, measures: Measures) -> None:
        self.all = measures
        self._units = {Unit(one.layer, one.index): one for one in measures.units}
        self._concepts = {one.name: one for one in measures.concepts}

    def unit(self, unit: Unit) -> UnitMeasures:
        """Everything about ``unit``."""
        return self._units[unit]

    def concept(self, name: str) -> ConceptCard:
        """The concept called ``name``; KeyError where there is none."""
        return self._concepts[name]

    def rank(self, unit: Unit) -> int:
        """Place of ``unit`` by evidence, from 1."""
        return self._units[unit].rank


def measured(view: RunView) -> Measured | None:
    """The measures of ``view``; None where the run has none."""
    measures = view.measures.get("measures")
    return None if measures is None else Measured(measures)
