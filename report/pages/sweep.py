"""The page of a sweep: bits per setting, what the seeds share, which concepts all of them learn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from report.measures.universality.record import Setting, SweepFound
from report.measures.universality.seeds import ConceptInSeeds
from report.pages.page import Page, markdown_page
from report.render.charts import ticks
from report.render.templates import page_text

PATH = "sweep.md"
WIDTH, ROW, TOP = 640, 26, 12  # SVG units
LEFT, RIGHT = 24, 24
SHOWN = 30  # concepts of each setting


@dataclass(frozen=True)
class Mark:
    """A place on the axis of bits."""

    x: float  # SVG units
    text: str


@dataclass(frozen=True)
class Dots:
    """One setting on the axis of bits."""

    name: str
    here: bool  # the published run is one of it
    seeds: int
    mean: float
    sd: float | None  # None of one run
    worst: float
    y: float  # SVG units
    dots: tuple[Mark, ...]  # one per seed
    middle: float  # x of the mean


@dataclass(frozen=True)
class BitsChart:
    """Bits per character of every network, a row for each setting."""

    axis: tuple[Mark, ...]
    height: int  # SVG units
    rows: tuple[Dots, ...]


@dataclass(frozen=True)
class Row:
    """One setting and its concepts."""

    name: str
    setting: Setting
    concepts: tuple[ConceptInSeeds, ...]
    in_all: tuple[str, ...]  # concepts that every seed has a unit for


def sweep_page(found: SweepFound, content: str, cells: bool = False) -> Page:
    """``sweep.md``; ``content`` is the content id of the published run, ``cells`` whether there is
    a page that compares cells.
    """
    chart = bits_chart([(setting.name, setting) for setting in found.settings], content)
    text = page_text(
        "sweep.md.j2",
        {"title": "Seeds", "hide": ["navigation", "toc"], "search": {"exclude": True}},
        chart=chart,
        rows=[_row(setting) for setting in found.settings],
        runs=sum(row.seeds for row in chart.rows),
        shown=SHOWN,
        fmean=fmean,
        cells=cells,
    )
    return markdown_page(PATH, text)


def bits_chart(settings: Sequence[tuple[str, Setting]], content: str) -> BitsChart:
    """The chart of settings, each with its name; ``content`` as in :func:`sweep_page`."""
    bits = [value for _, setting in settings for value in setting.measured.bits]
    low, high = min(bits), max(bits)
    room = 0.05 * max(high - low, 0.01)
    low, high = low - room, high + room

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    return BitsChart(
        axis=tuple(Mark(x(value), f"{value:g}") for value in ticks(low, high, 6)),
        height=TOP + ROW * len(settings),
        rows=tuple(
            _dots(place, name, setting, content in setting.contents, x)
            for place, (name, setting) in enumerate(settings)
        ),
    )


def _dots(place: int, name: str, setting: Setting, here: bool, x: Callable[[float], float]) -> Dots:
    measured = setting.measured
    return Dots(
        name=name,
        here=here,
        seeds=len(measured.seeds),
        mean=fmean(measured.bits),
        sd=stdev(measured.bits) if len(measured.bits) > 1 else None,
        worst=max(measured.bits),
        y=TOP + ROW * (place + 0.5),
        dots=tuple(
            Mark(x(value), f"seed {seed}: {value:.3f} bits per character")
            for seed, value in zip(measured.seeds, measured.bits, strict=True)
        ),
        middle=x(fmean(measured.bits)),
    )


def _row(setting: Setting) -> Row:
    measured = setting.measured
    return Row(
        name=setting.name,
        setting=setting,
        concepts=measured.concepts[:SHOWN],
        in_all=tuple(one.concept for one in measured.concepts if one.seeds == len(measured.seeds)),
    )
