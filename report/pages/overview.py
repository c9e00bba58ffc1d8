"""The front page: a picture of each layer and a list of all units."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report.measured import measured
from report.measures.explanations.first import points
from report.pages.contents import Contents, section_contents
from report.pages.page import Page, markdown_page
from report.panels.panel import Column
from report.render import heatmap, palette
from report.render.templates import page_text
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class HeatRow:
    """One row of a picture; ``linked`` where the unit has a page."""

    unit: Unit
    label: str
    linked: bool


@dataclass(frozen=True)
class LayerPicture:
    """States of one layer on the sample."""

    layer: int
    path: str  # of the picture, from the root of the site
    characters: int
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True)
class UnitRow:
    """One line of the list; ``cells`` follow the columns, None where the unit has no such value."""

    unit: Unit
    label: str
    cells: tuple[Column | None, ...]


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``index.md`` and one picture per layer."""
    pictures = []
    for layer in range(len(view.network.sizes)):
        states = view.sample.states(layer, view.config.report.alignment)
        picture = _picture(view, contents, layer + 1)
        pictures.append(picture)
        yield Page(picture.path, heatmap.png(_rows(states)))
    headings, rows = _list(contents, _by_interest(view, contents))
    sections = section_contents(view, "overview")
    text = page_text(
        "overview.md.j2",
        {"title": "Overview", "hide": ["navigation", "toc"]},
        view=view,
        sections=sections,
        pictures=pictures,
        headings=headings,
        rows=rows,
        left_out=sorted(contents.left_out.items()),
        explained=any(section.name == "explained" for section in sections),
        kinds=sorted({row.label for row in rows}),
        threshold=view.config.report.min_mean_activation,
    )
    yield markdown_page("index.md", text)


def _rows(states: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.ascontiguousarray(palette.levels(states).T)


def _picture(view: RunView, contents: Contents, layer: int) -> LayerPicture:
    rows = []
    for unit in view.units:
        if unit.layer == layer:
            linked = unit not in contents.left_out
            rows.append(HeatRow(unit, contents.label(unit) if linked else "left out", linked))
    return LayerPicture(
        layer=layer,
        path=f"assets/generated/states-l{layer}.png",
        characters=view.sample.characters,
        rows=tuple(rows),
    )


def _by_interest(view: RunView, contents: Contents) -> list[Unit]:
    """Units with a page, those to look at first first; in page order where nothing was measured."""
    measures = measured(view)
    if measures is None:
        return list(contents.units)
    own = [(one.explanation, one.effect) for one in measures.all.units]
    explained = [(said, effect) for said, effect in own if said is not None]
    if len(explained) < len(own):
        return sorted(contents.units, key=measures.rank)
    units = (Unit(one.layer, one.index) for one in measures.all.units)
    by_unit = dict(zip(units, points(explained), strict=True))
    return sorted(contents.units, key=lambda unit: (-by_unit[unit], measures.rank(unit)))


def _list(contents: Contents, units: list[Unit]) -> tuple[tuple[Column, ...], tuple[UnitRow, ...]]:
    """The columns that any unit has, in the order of their first appearance, and all lines."""
    by_unit = {unit: {cell.title: cell for cell in contents.columns(unit)} for unit in units}
    headings: dict[str, Column] = {}
    for cells in by_unit.values():
        for title, cell in cells.items():
            headings.setdefault(title, cell)
    rows = tuple(
        UnitRow(unit, contents.label(unit), tuple(cells.get(title) for title in headings))
        for unit, cells in by_unit.items()
    )
    return tuple(headings.values()), rows
