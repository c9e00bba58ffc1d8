"""The history: one line for each run, newest first, and how its figures went.

An entry is kept with its run (``entry_record``), because older runs lose their traces.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter

from report.compare.difference import Difference
from report.compare.label_changes import labelled, unit_labels
from report.compare.matching import PAIRED
from report.compare.wording import bits_words, figure, ground_words
from report.pages.page import Page, markdown_page
from report.render.charts import line, ticks
from report.render.templates import page_text
from report.run_view import RunView

PATH = "history.md"
WIDTH, HEIGHT = 640, 220  # SVG units of each trend
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 30
SHOWN = 200  # runs in a trend, the newest


@dataclass(frozen=True)
class LayerShare:
    """How much of one layer was found again from the run before."""

    layer: int
    matched: float | None  # share of units; None: not comparable
    bar: float | None  # of |r|


@dataclass(frozen=True)
class HistoryEntry:
    """One run in the history."""

    run: str
    finished: str  # as the store has it, "" where it is not told
    status: str  # ok, failed, thinned, broken, removed
    references: tuple[str, ...]  # baseline, tags
    corpus: str
    characters: int
    held_out_bits: float | None  # bits per character
    unigram_bits: float | None
    units: int
    labelled: int | None  # units with an accepted label; None: not measured
    changes: str  # against the run before, one line; "" for the first run
    layers: tuple[LayerShare, ...]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    place: float  # SVG units
    text: str


@dataclass(frozen=True)
class Point:
    """One run in a trend."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Trend:
    """One figure over the runs, oldest at the left; runs without the figure are left out."""

    title: str
    unit: str
    path: str
    points: tuple[Point, ...]
    y_ticks: tuple[Tick, ...]


def history_entry(
    view: RunView,
    difference: Difference | None,
    *,
    run: str,
    finished: str = "",
    references: tuple[str, ...] = (),
) -> HistoryEntry:
    """The entry of a finished run; ``difference`` is to the run before, None for the first."""
    labels = unit_labels(view)
    return HistoryEntry(
        run=run,
        finished=finished,
        status="ok",
        references=references,
        corpus=view.card.name,
        characters=view.card.characters,
        held_out_bits=view.evaluation.held_out_bits,
        unigram_bits=view.evaluation.unigram_bits,
        units=len(view.units),
        labelled=None if labels is None else len(labelled(labels)),
        changes="" if difference is None else changes_words(difference),
        layers=()
        if difference is None
        else tuple(
            LayerShare(layer.layer, layer.matched, layer.control.bar if layer.control else None)
            for layer in difference.layers
        ),
    )


def entry_record(entry: HistoryEntry) -> dict[str, Any]:
    """The entry as plain JSON values."""
    plain: dict[str, Any] = TypeAdapter(HistoryEntry).dump_python(entry, mode="json")
    return plain


def entry_from_record(record: Any) -> HistoryEntry:
    """Inverse of :func:`entry_record`; a ValueError (pydantic's) for anything else."""
    return TypeAdapter(HistoryEntry).validate_python(record)


def changes_words(difference: Difference) -> str:
    """One line: which inputs, how the figures, how many units and labels."""
    if difference.empty:
        return "nothing"
    words = [change.key for change in difference.inputs[:6]]
    if len(difference.inputs) > 6:
        words.append(f"{len(difference.inputs) - 6} more inputs")
    parts = [f"inputs: {', '.join(words)}"] if words else []
    if difference.quality is None:
        parts.append(bits_words(None))
    else:
        sign = figure(difference.quality.difference, sign=True)
        verdict = "no verdict" if difference.quality.reason else difference.quality.verdict
        parts.append(f"{sign} bits ({verdict})")
    if ground_words(difference):
        parts.append(ground_words(difference))
    units = [unit for layer in difference.layers for unit in layer.units if unit.new is not None]
    paired = sum(unit.state in PAIRED for unit in units)
    parts.append(f"{paired} of {len(units)} units found again")
    changed = sum(label.changed for label in difference.labels)
    if difference.labelled is not None:
        parts.append(f"labels changed: {changed}")
    return "; ".join(parts)


def history_page(entries: Sequence[HistoryEntry]) -> Page:
    """``history.md`` from the entries of all runs, oldest first."""
    recent = entries[-SHOWN:]
    trends = (
        _trend(recent, "Held-out text", "bits per character", lambda entry: entry.held_out_bits, 3),
        _trend(recent, "Units with a label", "of all units, %", _labelled_share, 0),
    )
    text = page_text(
        "history.md.j2",
        {"title": "History", "hide": ["navigation", "toc"], "search": {"exclude": True}},
        entries=[asdict(entry) for entry in reversed(entries)],
        count=len(entries),
        trends=[trend for trend in trends if trend is not None],
        figure=figure,
    )
    return markdown_page(PATH, text)


def _labelled_share(entry: HistoryEntry) -> float | None:
    if entry.labelled is None or entry.units == 0:
        return None
    return 100.0 * entry.labelled / entry.units


def _trend(
    entries: Sequence[HistoryEntry],
    title: str,
    unit: str,
    figure: Callable[[HistoryEntry], float | None],
    places: int,
) -> Trend | None:
    """The trend of one figure; None with fewer than two runs that have it."""
    figures = [(place, figure(entry), entry.run) for place, entry in enumerate(entries)]
    known = [(place, value, run) for place, value, run in figures if value is not None]
    if len(known) < 2:
        return None
    low, high = min(value for _, value, _ in known), max(value for _, value, _ in known)
    room = 0.1 * max(high - low, 10.0 ** (1 - places))
    low, high = max(low - room, min(low, 0.0)), high + room  # no ticks below what can be

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * place / (len(entries) - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    points = tuple(
        Point(x(place), y(value), f"{run}: {value:.{places}f}") for place, value, run in known
    )
    return Trend(
        title=title,
        unit=unit,
        path=line([point.x for point in points], [point.y for point in points]),
        points=points,
        y_ticks=tuple(Tick(y(value), f"{value:g}") for value in ticks(low, high, 5)),
    )
