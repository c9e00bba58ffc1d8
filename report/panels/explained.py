"""The front page's answer: how much of the network is explained, and what to look at first."""

from collections.abc import Sequence
from dataclasses import dataclass

from report.measured import Measured, measured
from report.measures.explanations.explanation import Explanation
from report.measures.explanations.first import points
from report.measures.explanations.summary import LayerSummary, layer_summary
from report.measures.unit import UnitMeasures
from report.panels.explanation import Line, kind_slug, reach_words, sentence_lines
from report.panels.panel import Section
from report.render import palette
from report.render.templates import percent
from report.run_view import RunView, Unit

FIRST = 6
# letters that stand for the kinds where there is no room for words
LETTERS = {
    "character detector": "D",
    "predictor": "P",
    "counter": "#",
    "tracker": "T",
    "short context": "S",
    "long memory": "L",
    "mixed": "M",
    "constant": "–",
}


@dataclass(frozen=True)
class Bar:
    """One unit in the picture of its layer."""

    unit: Unit
    linked: bool
    slug: str  # of its kind
    letter: str
    height: int  # tenths of its course that its sentence explains
    title: str


@dataclass(frozen=True)
class LayerBox:
    """One layer: its figures, and its units by kind."""

    summary: LayerSummary
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class KindCount:
    """How many units are of a kind."""

    kind: str
    slug: str
    letter: str
    units: int


@dataclass(frozen=True)
class First:
    """One of the units to look at first."""

    unit: Unit
    linked: bool
    kind: str
    slug: str
    lines: tuple[Line, ...]
    adds: bool
    explained: str
    remembers: str
    effect: float


@dataclass(frozen=True)
class ExplainedBox:
    """The section."""

    layers: tuple[LayerBox, ...]
    kinds: tuple[KindCount, ...]
    first: tuple[First, ...]
    half: int
    units: int
    reading: bool  # there is a reading page


def explained(view: RunView) -> ExplainedBox | None:
    """Figures of every layer, kinds, the first units; nothing for a run without explanations."""
    measures = measured(view)
    if measures is None or any(one.explanation is None for one in measures.all.units):
        return None
    linked = view.config.report.min_mean_activation == 0.0
    layers = tuple(
        _layer(layer, [one for one in measures.all.units if one.layer == layer], linked=linked)
        for layer in sorted({one.layer for one in measures.all.units})
    )
    return ExplainedBox(
        layers=layers,
        kinds=_kinds(layers),
        first=_first(measures, linked=linked),
        half=measures.all.characters // 2,
        units=len(measures.all.units),
        reading=view.shows_sample,
    )


def _layer(layer: int, units: Sequence[UnitMeasures], *, linked: bool) -> LayerBox:
    summary = layer_summary(layer, [_of(one) for one in units])
    order = {kind: place for place, (kind, _) in enumerate(summary.kinds)}
    by_kind = sorted(units, key=lambda one: (order[_of(one).kind], -_of(one).score.r2, one.index))
    return LayerBox(summary, tuple(_bar(one, linked=linked) for one in by_kind))


def _of(own: UnitMeasures) -> Explanation:
    assert own.explanation is not None
    return own.explanation


def _bar(own: UnitMeasures, *, linked: bool) -> Bar:
    unit, one = Unit(own.layer, own.index), _of(own)
    return Bar(
        unit=unit,
        linked=linked,
        slug=kind_slug(one.kind),
        letter=LETTERS[one.kind],
        height=int(palette.probability_levels(one.score.r2 if one.explained else 0.0)),
        title=f"{unit.name}, {one.kind}: {percent(one.score.r2)} explained",
    )


def _kinds(layers: Sequence[LayerBox]) -> tuple[KindCount, ...]:
    counts: dict[str, int] = {}
    for layer in layers:
        for kind, units in layer.summary.kinds:
            counts[kind] = counts.get(kind, 0) + units
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(KindCount(kind, kind_slug(kind), LETTERS[kind], units) for kind, units in ordered)


def _first(measures: Measured, *, linked: bool) -> tuple[First, ...]:
    units = measures.all.units
    own_points = points([(_of(one), one.effect) for one in units])
    order = sorted(range(len(units)), key=lambda place: (-own_points[place], place))
    return tuple(
        _entry(units[place], linked=linked) for place in order[:FIRST] if own_points[place] > 0
    )


def _entry(own: UnitMeasures, *, linked: bool) -> First:
    one = _of(own)
    return First(
        unit=Unit(own.layer, own.index),
        linked=linked,
        kind=one.kind,
        slug=kind_slug(one.kind),
        lines=sentence_lines(one),
        adds=one.sentence.form == "scorecard",
        explained=percent(one.score.r2),
        remembers=reach_words(one.memory),
        effect=own.effect.bits,
    )


SECTION = Section("explained", page="overview", order=5, prepare=explained)
