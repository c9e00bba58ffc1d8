"""The sample, character by character: which units are most unusual there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from report.measured import measured
from report.measures.unusual import Unusual
from report.pages.contents import Contents
from report.pages.page import Page, markdown_page
from report.render import palette
from report.render.spans import Cell, cells, level_class
from report.render.templates import page_text
from report.run_view import RunView, Unit

STRONGEST = 6.0  # standard deviations that get the strongest colour


@dataclass(frozen=True)
class Entry:
    """One unit at one character."""

    unit: Unit
    linked: bool
    label: str
    deviations: float
    value: float


@dataclass(frozen=True)
class Place:
    """One character of the sample."""

    number: int
    character: str
    cell: Cell
    level: Markup  # class of how unusual the most unusual unit is
    entries: tuple[Entry, ...]


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``reading.md``; nothing for a run that was not measured, or where no text may be shown."""
    found = measured(view)
    if found is None or not view.shows_sample:
        return
    linked = set(contents.units)

    def entry(one: Unusual) -> Entry:
        unit = Unit(one.layer, one.index)
        label = found.unit(unit).label
        shown = label.named
        return Entry(unit, unit in linked, shown, one.deviations, one.value)

    farthest = np.array([abs(row[0].deviations) if row else 0.0 for row in found.all.reading])
    levels = palette.surprise_levels(farthest / STRONGEST * 8.0).tolist()
    places = [
        Place(
            number,
            view.card.alphabet[index],
            cell,
            level_class("s", level),
            tuple(map(entry, row)),
        )
        for number, (index, cell, level, row) in enumerate(
            zip(
                view.sample.ids.tolist(),
                cells(view.sample_text),
                levels,
                found.all.reading,
                strict=True,
            )
        )
    ]
    text = page_text(
        "reading.md.j2",
        {"title": "Reading", "hide": ["navigation", "toc"]},
        places=places,
        alignment=view.config.report.alignment,
        characters=found.all.characters,
        strongest=STRONGEST,
    )
    yield markdown_page("reading.md", text)
