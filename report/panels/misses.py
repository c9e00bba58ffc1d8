"""Where the sentence is wrong: the places of unseen text where it misses the state most."""

from dataclasses import dataclass

from markupsafe import Markup

from report.measured import measured
from report.measures.explanations.explanation import Miss
from report.panels.panel import Content, Panel, UnitContent
from report.render import palette
from report.render.spans import Cell, in_one_line, two_level_class
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class Place:
    """One place; the texts are empty where the corpus may not be shown."""

    before: tuple[Cell, ...]
    character: tuple[Cell, ...]
    after: tuple[Cell, ...]
    colours: Markup  # classes of the real and of the simulated state
    real: float
    simulated: float
    number: int  # of the probe's character


@dataclass(frozen=True)
class MissBox:
    """The box of one unit."""

    places: tuple[Place, ...]
    half: int


def prepare(view: RunView) -> UnitContent | None:
    """The places of every unit whose sentence is shown."""
    measures = measured(view)
    if measures is None:
        return None
    half = measures.all.characters // 2
    shown = view.shows_corpus

    def content(unit: Unit) -> Content | None:
        own = measures.unit(unit).explanation
        if own is None or not own.explained or not own.misses:
            return None
        return Content(MissBox(tuple(_place(miss, shown=shown) for miss in own.misses), half))

    return content


def _place(miss: Miss, *, shown: bool) -> Place:
    real, simulated = palette.levels([miss.real, miss.simulated]).tolist()
    texts = (miss.before, miss.character, miss.after) if shown else ("", "", "")
    before, character, after = (in_one_line(text) for text in texts)
    return Place(
        before=before,
        character=character,
        after=after,
        colours=two_level_class("p", real, simulated),
        real=miss.real,
        simulated=miss.simulated,
        number=miss.place,
    )


PANEL = Panel("misses", place="main", order=15, prepare=prepare, fold="Where it is wrong")
