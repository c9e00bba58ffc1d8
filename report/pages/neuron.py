"""One page per neuron: its panels, and the way to its neighbours."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from report.pages.contents import Contents
from report.pages.page import Page, markdown_page
from report.pages.try_it import try_address, why_not
from report.render.figure import figure
from report.render.palette import levels
from report.render.templates import page_text
from report.run_view import RunView, Unit

ROOT = "../../"  # from neurons/l2/n17.html to the root of the site

SHORTER = 3.0  # factor for every digit less: outweighs how much rarer the longer number is


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """A page for each unit that is not left out; the last is followed by the first."""
    units = contents.units
    offered = not why_not(view)
    drawn = sample_levels(view) if view.shows_sample else None
    digits = max((len(str(unit.index)) for unit in units), default=1)
    for place, unit in enumerate(units):
        neighbours = (units[place - 1], units[(place + 1) % len(units)])
        boost = search_boost(unit, digits)
        text = _text(
            unit,
            neighbours,
            contents,
            boost,
            own_text=try_address(unit) if offered else "",
            text_hidden=not view.shows_sample,
        )
        yield markdown_page(unit.page, text)
        if drawn is not None:
            column = drawn[unit.layer - 1][:, unit.index].tolist()
            picture = figure(unit.name, view.sample_text, column)
            yield Page(unit.figure, picture.encode("utf-8"))


def _text(
    unit: Unit,
    neighbours: tuple[Unit, Unit],
    contents: Contents,
    boost: float,
    *,
    own_text: str,
    text_hidden: bool,
) -> str:
    entries = contents.by_unit[unit]
    figures: dict[str, str | int | float] = {"layer": unit.layer, "neuron": unit.index}
    for entry in entries:
        figures.update(entry.content.front_matter)
    return page_text(
        "neuron.md.j2",
        {
            "title": f"Layer {unit.layer} neuron {unit.index} · {unit.name}",
            "hide": ["navigation", "toc"],
            "search": {"boost": boost},
            "unit": figures,
        },
        unit=unit,
        root=ROOT,
        previous=neighbours[0],
        next=neighbours[1],
        label=contents.label(unit),
        own_text=own_text,
        text_hidden=text_hidden,
        said=any(entry.content.values and entry.panel.place == "head" for entry in entries),
        sentences=[entry.content.sentence for entry in entries if entry.content.sentence],
        head=[entry for entry in entries if entry.panel.place == "head"],
        main=[entry for entry in entries if entry.panel.place == "main"],
        side=[entry for entry in entries if entry.panel.place == "side"],
    )


def sample_levels(view: RunView) -> list[NDArray[np.int8]]:
    """Per layer (T, H) colour levels over the sample, in the configured alignment."""
    sample = view.sample
    if view.config.report.alignment == "read":
        return [levels(layer.hidden) for layer in sample.layers]
    return [levels(sample.predicting_hidden(number)) for number in range(len(sample.layers))]


def search_boost(unit: Unit, digits: int) -> float:
    """How much the search prefers the page of ``unit`` where the longest number has ``digits``.

    In the search every word is the beginning of one, so that "neuron 3" also finds 30 to 39; the
    page that is meant is the one with the shortest number.
    """
    return SHORTER ** (digits - len(str(unit.index)))
