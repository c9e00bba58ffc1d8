"""The sample, character by character: which units are most unusual there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from report.measured import measured
from report.measures.explanations.explanation import Explanation, Simulation
from report.measures.unusual import Unusual
from report.pages.contents import Contents
from report.pages.page import Page, markdown_page
from report.panels.explanation import Line, sentence_lines
from report.render import palette
from report.render.spans import Cell, cells, level_class
from report.render.templates import page_text
from report.run_view import RunView, Unit

SHOWN = 5  # units with their sentences at each character
RIGHT = 0.25  # a sentence that is off by less is right
STRONGEST = 6.0  # standard deviations that get the strongest colour


@dataclass(frozen=True)
class Entry:
    """One unit at one character."""

    unit: Unit
    linked: bool
    label: str
    deviations: float
    value: float
    said: Line | None  # the line of its sentence that fires here
    simulated: float  # the state that its sentence says, where there is one


@dataclass(frozen=True)
class Place:
    """One character of the sample."""

    number: int
    character: str
    cell: Cell
    level: Markup  # class of how unusual the most unusual unit is
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Sentence:
    """What a unit's sentence says along the sample."""

    lines: dict[int, Line]  # by the number of the clause
    simulation: Simulation

    def at(self, place: int) -> tuple[Line, float]:
        """The line that fires at a character, and the state that is said."""
        return self.lines[self.simulation.clauses[place]], self.simulation.values[place]


def _sentence(own: Explanation | None) -> Sentence | None:
    if own is None or not own.explained or own.kind == "constant":
        return None
    return Sentence({line.number: line for line in sentence_lines(own)}, own.simulation)


def telling(places: Sequence[Place]) -> int:
    """The character to open on: where sentences say most of what is unusual.

    That is where the deviations of the units whose sentence is right there (off by less than
    ``RIGHT``) add up to most; without sentences where any deviate most.
    """

    def told(place: Place) -> tuple[float, float]:
        right = [
            one for one in place.entries if one.said and abs(one.simulated - one.value) < RIGHT
        ]
        return (
            sum(abs(one.deviations) for one in right),
            sum(abs(one.deviations) for one in place.entries),
        )

    return max(range(len(places)), key=lambda number: told(places[number]), default=0)


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``reading.md``; nothing for a run that was not measured, or where no text may be shown."""
    measures = measured(view)
    if measures is None or not view.shows_sample:
        return
    linked = set(contents.units)

    read = view.config.report.alignment == "read"
    sentences = {unit: _sentence(measures.unit(unit).explanation) for unit in view.units}

    def entry(number: int, one: Unusual) -> Entry:
        unit = Unit(one.layer, one.index)
        own = measures.unit(unit)
        label = own.label.named or (own.explanation.kind if own.explanation else "")
        place = number if read else number - 1  # of the state that is shown
        said = sentences[unit]
        line, simulated = said.at(place) if said and place >= 0 else (None, 0.0)
        return Entry(unit, unit in linked, label, one.deviations, one.value, line, simulated)

    farthest = np.array([abs(row[0].deviations) if row else 0.0 for row in measures.all.reading])
    levels = palette.surprise_levels(farthest / STRONGEST * 8.0).tolist()
    places = [
        Place(
            number,
            view.card.alphabet[index],
            cell,
            level_class("s", level),
            tuple(entry(number, one) for one in (row[:SHOWN] if any(sentences.values()) else row)),
        )
        for number, (index, cell, level, row) in enumerate(
            zip(
                view.sample.ids.tolist(),
                cells(view.sample_text),
                levels,
                measures.all.reading,
                strict=True,
            )
        )
    ]
    told = telling(places)
    text = page_text(
        "reading.md.j2",
        {"title": "Reading", "hide": ["navigation", "toc"]},
        places=places,
        telling=told,
        alignment=view.config.report.alignment,
        characters=measures.all.characters,
        strongest=STRONGEST,
    )
    yield markdown_page("reading.md", text)
