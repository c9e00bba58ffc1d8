"""Places of the probe where the unit is high, low, in between, and at random."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from report.measured import measured
from report.measures.contexts import Context
from report.panels.panel import Content, Panel, UnitContent
from report.render import palette
from report.render.spans import escape, in_one_line, paint
from report.render.templates import strip
from report.run_view import RunView, Unit

SHOWN = 3  # of the highest and of the lowest, in the open
HEADINGS = {"top": "highest", "bottom": "lowest", "random": "at random"}
BANDS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth")


@dataclass(frozen=True)
class Example:
    """One place, coloured by the unit's state."""

    value: float
    position: int  # in the probe
    line: int
    lines_of: str  # what the lines are counted in: "line" of the text, "held-out line"
    text: Markup  # one span a character, the one with the value marked; "" where not shown


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
    boundaries: bool  # whether an example may stand across the beginning of a document


def prepare(view: RunView) -> UnitContent | None:
    """Examples of every layer; positions alone where the corpus may not be shown."""
    measures = measured(view)
    if measures is None:
        return None
    may_show = view.shows_corpus
    apart = view.config.corpus.hold_out == "blocks" or view.card.documents > 0
    counted = "held-out line" if apart else "line"
    spans = _spans(view.probe_text) if may_show else []
    starts = () if view.probe.starts is None else view.probe.starts.tolist()

    def content(unit: Unit) -> Content:
        hidden = unit.of(view.probe.layers).hidden[:, unit.index]
        levels = palette.levels(hidden).tolist()
        groups: dict[str, list[Example]] = {}
        for context in measures.unit(unit).contexts:
            text = escape("")
            if may_show:
                text = _coloured(spans, levels, context, starts)
            example = Example(context.value, context.place, context.line, counted, text)
            groups.setdefault(_heading(context), []).append(example)
        listed = [Group(name, tuple(examples)) for name, examples in groups.items()]
        ends = [group for group in listed if group.name in ("highest", "lowest")]
        first = tuple(Group(group.name, group.examples[:SHOWN]) for group in ends)
        more = tuple(Group(f"{group.name}, more", group.examples[SHOWN:]) for group in ends)
        rest = (*more, *(group for group in listed if group not in ends))
        folded = tuple(group for group in rest if group.examples)
        return Content(values=ContextBox(first, folded, measures.all.characters, bool(starts)))

    return content


def _heading(context: Context) -> str:
    return BANDS[context.band - 1] if context.kind == "band" else HEADINGS[context.kind]


def _spans(text: str) -> list[Markup]:
    """The strip of ``text``, cut where the levels go; a newline breaks no line."""
    return strip(in_one_line(text))


def _coloured(
    spans: list[Markup], levels: list[int], context: Context, starts: Sequence[int]
) -> Markup:
    """The spans of one example; the marked character's class says ``here``, that of the first of a
    document ``begins``.
    """
    opening = spans[0]  # of every span; each part but the last ends with the next one's
    parts = [opening, *spans[context.start + 1 : context.stop + 1]]
    marked = context.place - context.start + 1
    parts[marked] = escape(" here") + parts[marked]
    for place in starts[bisect_left(starts, context.start) : bisect_left(starts, context.stop)]:
        part = place - context.start + 1
        parts[part] = escape(" begins") + parts[part]
    if context.stop < len(spans) - 1:
        parts[-1] = parts[-1][: -len(opening)]
    return paint(parts, levels[context.start : context.stop], "p")


PANEL = Panel("contexts", place="main", order=40, prepare=prepare)
