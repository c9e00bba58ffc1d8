"""The page that holds the cells of a sweep against each other, at the sizes that it gave them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median, variance

from scipy.special import stdtrit

from jobs.config.sweep_file import setting_words
from jobs.model.cell import CELLS
from report.measures.universality.figures import NetworkFigures
from report.measures.universality.record import Setting, SweepFound
from report.pages.page import Page, markdown_page
from report.pages.sweep import bits_chart
from report.render.templates import page_text

PATH = "cells.md"
KEY = "network.cell"
EQUAL = 0.02  # parameters that differ by less are about as many


@dataclass(frozen=True)
class Spread:
    """A figure of each seed: its mean, the lowest and the highest."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One setting, which has one cell."""

    name: str  # LSTM, and what else is varied
    here: bool  # the published run is one of it
    seeds: int
    parameters: int
    gain: Spread  # bits per character less than the n-gram's
    k90: str  # median over the seeds
    explained: Spread
    untrained: float
    kinds: Mapping[str, float]  # kind -> its share of the units of all seeds, largest first


@dataclass(frozen=True)
class Difference:
    """Two settings that differ in the cell alone: mean bits of the first less the second's."""

    first: str
    second: str
    bits: float
    margin: float | None  # half the 95 % interval; None: a single seed has no spread

    @property
    def beyond_seeds(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.margin is not None and abs(self.bits) > self.margin


def cells_page(found: SweepFound, content: str) -> Page | None:
    """``cells.md`` of a sweep that varies the cell, None of any other; ``content`` is the content
    id of the published run.
    """
    settings = [one for one in found.settings if KEY in one.settings and one.measured.figures]
    if len({one.settings[KEY] for one in settings}) < 2:
        return None
    chart = bits_chart([(_name(one), one) for one in settings], content)
    rows = [_row(one, content in one.contents) for one in settings]
    parameters = [row.parameters for row in rows]
    text = page_text(
        "cells.md.j2",
        {"title": "Cells", "hide": ["navigation", "toc"], "search": {"exclude": True}},
        chart=chart,
        rows=rows,
        differences=list(_differences(settings)),
        equal=max(parameters) - min(parameters) <= EQUAL * min(parameters),
        longest=settings[0].measured.figures[0].longest,
        kinds=list(dict.fromkeys(kind for row in rows for kind in row.kinds)),
    )
    return markdown_page(PATH, text)


def _name(setting: Setting) -> str:
    others = tuple((key, value) for key, value in setting.settings.items() if key != KEY)
    return ", ".join([CELLS[setting.settings[KEY]].title, *setting_words(others)])


def _row(setting: Setting, here: bool) -> Row:
    figures = setting.measured.figures
    return Row(
        name=_name(setting),
        here=here,
        seeds=len(figures),
        parameters=figures[0].parameters,
        gain=_spread([one.gain for one in figures]),
        k90=_reach(figures),
        explained=_spread([one.explained for one in figures]),
        untrained=fmean(one.untrained for one in figures),
        kinds=_kinds(figures),
    )


def _spread(values: Sequence[float]) -> Spread:
    return Spread(fmean(values), min(values), max(values))


def _reach(figures: Sequence[NetworkFigures]) -> str:
    longest = figures[0].longest
    middle = median(longest + 1 if one.k90 is None else one.k90 for one in figures)
    return f"over {longest}" if middle > longest else f"{middle:g}"


def _kinds(figures: Sequence[NetworkFigures]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for one in figures:
        for kind, units in one.kinds:
            counts[kind] = counts.get(kind, 0) + units
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {kind: units / total for kind, units in ordered}


def _differences(settings: Sequence[Setting]) -> list[Difference]:
    """Every two settings that are equal but for the cell."""
    return [
        _difference(first, second)
        for first, second in combinations(settings, 2)
        if {**first.settings, KEY: ""} == {**second.settings, KEY: ""}
    ]


def _difference(first: Setting, second: Setting) -> Difference:
    """With Welch's interval of the difference of two means (Welch 1947)."""
    samples = first.measured.bits, second.measured.bits
    bits = fmean(samples[0]) - fmean(samples[1])
    if min(len(one) for one in samples) < 2:
        return Difference(_name(first), _name(second), bits, None)
    squares = [variance(one) / len(one) for one in samples]
    total = sum(squares)
    spread = sum(square**2 / (len(one) - 1) for square, one in zip(squares, samples, strict=True))
    freedom = total**2 / spread if spread else 1.0
    margin = float(stdtrit(freedom, 0.975)) * math.sqrt(total)
    return Difference(_name(first), _name(second), bits, margin)
