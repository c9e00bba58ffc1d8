"""One page per neuron: its panels, and the way to its neighbours."""

from collections.abc import Iterator

from report.measured import measured
from report.pages.contents import Contents
from report.pages.page import Page, markdown_page
from report.pages.try_it import try_address, why_not
from report.render.spans import escape
from report.render.templates import page_text
from report.run_view import RunView, Unit

ROOT = "../../"  # from neurons/l2/n17.html to the root of the site

LONGEST_DESCRIPTION = 300  # characters
SHORTER = 3.0  # factor for every digit less: outweighs how much rarer the longer number is


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """A page for each unit that is not left out; the last is followed by the first."""
    units = contents.units
    offered = not why_not(view)
    digits = max((len(str(unit.index)) for unit in units), default=1)
    for place, unit in enumerate(units):
        neighbours = (units[place - 1], units[(place + 1) % len(units)])
        boost = search_boost(unit, digits)
        text = _text(
            unit,
            neighbours,
            contents,
            boost,
            description=_description(view, unit),
            own_text=try_address(unit) if offered else "",
            text_hidden=not view.shows_sample,
        )
        yield markdown_page(unit.page, text)


def _text(
    unit: Unit,
    neighbours: tuple[Unit, Unit],
    contents: Contents,
    boost: float,
    *,
    description: str,
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
            **({"description": description} if description else {}),
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


def _description(view: RunView, unit: Unit) -> str:
    """What search engines and previews of a link say of the page; "" where nothing is known."""
    known = measured(view)
    explanation = known.unit(unit).explanation if known else None
    if explanation is None:
        return ""
    said = f"{explanation.kind}: {explanation.sentence.text}"[:LONGEST_DESCRIPTION]
    return str(escape(said))  # themes put it into an attribute as it is


def search_boost(unit: Unit, digits: int) -> float:
    """How much the search prefers the page of ``unit`` where the longest number has ``digits``.

    In the search every word is the beginning of one, so that "neuron 3" also finds 30 to 39; the
    page that is meant is the one with the shortest number.
    """
    return SHORTER ** (digits - len(str(unit.index)))
