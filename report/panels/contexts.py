"""Places of the probe where the unit is high, low, in between, and at random."""

from dataclasses import dataclass

from markupsafe import Markup

from report import palette
from report.measured import measured
from report.measures.contexts import Context
from report.panels import Content, Panel, UnitContent
from report.run_view import RunView, Unit
from report.spans import Cell, cells, level_class

HEADINGS = {"top": "highest", "bottom": "lowest", "random": "at random"}
BANDS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth")


@dataclass(frozen=True)
class Example:
    """One place, coloured by the unit's state."""

    value: float
    position: int  # in the probe
    line: int  # of the corpus
    cells: tuple[Cell, ...]  # empty where the corpus may not be shown
    classes: list[Markup]  # of the level of each cell
    mark: int  # which cell the value belongs to


@dataclass(frozen=True)
class Group:
    """Examples of one kind."""

    name: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class ContextBox:
    """The box of one unit."""

    shown: tuple[Group, ...]  # highest and lowest
    folded: tuple[Group, ...]
    characters: int


def prepare(view: RunView) -> UnitContent | None:
    """Examples of every layer; positions alone where the corpus may not be shown."""
    found = measured(view)
    if found is None:
        return None
    may_show = view.config.publish.corpus_text == "all"
    all_cells = cells(view.probe_text) if may_show else ()

    def content(unit: Unit) -> Content:
        hidden = view.probe.layers[unit.layer - 1].hidden[:, unit.index]
        levels = palette.levels(hidden).tolist() if may_show else []
        groups: dict[str, list[Example]] = {}
        for context in found.unit(unit).contexts:
            part = slice(context.start, context.stop)
            example = Example(
                value=context.value,
                position=context.place,
                line=context.line,
                cells=all_cells[part],
                classes=[level_class("p", level) for level in levels[part]],
                mark=context.place - context.start,
            )
            groups.setdefault(_heading(context), []).append(example)
        listed = [Group(name, tuple(examples)) for name, examples in groups.items()]
        ends = [group for group in listed if group.name in ("highest", "lowest")]
        rest = [group for group in listed if group not in ends]
        return Content(values=ContextBox(tuple(ends), tuple(rest), found.all.characters))

    return content


def _heading(context: Context) -> str:
    return BANDS[context.band - 1] if context.kind == "band" else HEADINGS[context.kind]


PANEL = Panel("contexts", place="main", order=40, prepare=prepare)
