"""A map of the unit: its mean state by the character before and the current one."""

from dataclasses import dataclass
from itertools import chain

from markupsafe import Markup

from report.measured import measured
from report.measures.explanations.explanation import PairMap
from report.panels.panel import Content, Panel, UnitContent
from report.render import palette
from report.render.spans import LEVEL_SLOT, paint
from report.render.templates import environment
from report.run_view import RunView, Unit

UNSEEN = palette.LEVELS  # class of a cell without a mean


@dataclass(frozen=True)
class PairBox:
    """The box of one unit."""

    table: Markup  # one cell a pair, with the class of its level
    size: int  # characters on a side
    characters: int  # of the probe


def prepare(view: RunView) -> UnitContent | None:
    """Makes each set of cells once; a page puts its own levels in."""
    measures = measured(view)
    if measures is None:
        return None
    frames: dict[tuple[str, ...], list[Markup]] = {}

    def content(unit: Unit) -> Content | None:
        own = measures.unit(unit).explanation
        if own is None or own.kind == "constant" or not own.pairs.characters:
            return None
        names = own.pairs.characters
        if names not in frames:
            frames[names] = frame(names)
        table = paint(frames[names], pair_levels(own.pairs), "p")
        return Content(PairBox(table, len(names), measures.all.characters))

    return content


def pair_levels(pairs: PairMap) -> list[int]:
    """Level of each cell, row after row; ``UNSEEN`` where the pair hardly occurs."""
    means = list(chain.from_iterable(pairs.means))
    levels = palette.levels([mean or 0.0 for mean in means]).tolist()
    return [UNSEEN if mean is None else level for mean, level in zip(means, levels, strict=True)]


def frame(characters: tuple[str, ...]) -> list[Markup]:
    """The table of ``characters``, cut where the class of each cell's level goes."""
    macros = environment().get_template("parts/pairs.md.j2").module
    table: Markup = macros.pairs(characters)  # type: ignore[attr-defined]
    return table.split(LEVEL_SLOT)


PANEL = Panel("pair_map", place="side", order=4, prepare=prepare)
