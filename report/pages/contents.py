"""What all panels say about all units: gathered once, before any page is rendered."""

from dataclasses import dataclass
from typing import Any, Literal

from report.measures.activation import units_below_threshold
from report.panels.panel import Column, Content, Panel, panels, sections
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class PanelContent:
    """A panel with what it says about one unit."""

    panel: Panel
    content: Content

    @property
    def template(self) -> str:
        """Path below templates/."""
        return f"panels/{self.panel.name}.md.j2"


@dataclass(frozen=True)
class SectionContent:
    """A section with its values."""

    name: str
    values: Any

    @property
    def template(self) -> str:
        """Path below templates/."""
        return f"sections/{self.name}.md.j2"


@dataclass(frozen=True)
class Contents:
    """Per unit with a page, in page order; and the units that get none."""

    by_unit: dict[Unit, tuple[PanelContent, ...]]
    left_out: dict[Unit, float]  # mean |h| over the sample, below the threshold

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that have a page."""
        return tuple(self.by_unit)

    def columns(self, unit: Unit) -> tuple[Column, ...]:
        """Cells of ``unit`` in the list of units."""
        return tuple(cell for entry in self.by_unit[unit] for cell in entry.content.columns)

    def label(self, unit: Unit) -> str:
        """A word or two beside the unit's name; empty where no panel has one."""
        labels = (entry.content.label for entry in self.by_unit[unit])
        return next((label for label in labels if label), "")


def units_with_page(view: RunView) -> tuple[Unit, ...]:
    """The units that are active enough for a page of their own, in page order."""
    left_out = units_below_threshold(view)
    return tuple(unit for unit in view.units if unit not in left_out)


def gather(view: RunView) -> Contents:
    """Ask every panel about every unit that is active enough for a page."""
    left_out = units_below_threshold(view)
    prepared = [(panel, panel.prepare(view)) for panel in panels()]
    by_unit = {}
    for unit in view.units:
        if unit in left_out:
            continue
        answers = ((panel, ask(unit)) for panel, ask in prepared if ask is not None)
        by_unit[unit] = tuple(
            PanelContent(panel, content) for panel, content in answers if content is not None
        )
    return Contents(by_unit, left_out)


def section_contents(
    view: RunView, page: Literal["overview", "sample", "run"]
) -> tuple[SectionContent, ...]:
    """The sections of ``page`` that have something to say about this run."""
    answers = (
        (section.name, section.prepare(view)) for section in sections() if section.page == page
    )
    return tuple(SectionContent(name, values) for name, values in answers if values is not None)
