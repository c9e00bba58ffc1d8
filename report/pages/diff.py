"""The page that says what changed since an earlier run."""

from collections.abc import Collection
from dataclasses import dataclass

from jobs.printable import printable
from report.compare.difference import Difference
from report.compare.explanation_changes import ExplanationChange
from report.compare.label_changes import LabelChange
from report.compare.matching import LayerMatch, UnitMatch
from report.compare.probe_pair import pair_probes
from report.compare.quality import Quality
from report.compare.strips import CHARACTERS, UNITS, Strip, strips
from report.compare.wording import (
    bits_words,
    counts_words,
    explained_words,
    figure,
    ground_words,
    interval_words,
    label_words,
    labelled_words,
    layer_words,
    one_label,
    sample_words,
    scope_words,
)
from report.pages.page import Page, markdown_page
from report.render.spans import Cell, cells
from report.render.templates import page_text
from report.run_view import RunView, Unit

PREVIOUS = "diff/previous.md"
BASELINE = "diff/baseline.md"
TITLES = {
    PREVIOUS: "What changed since the previous run",
    BASELINE: "What changed since the baseline",
}
SAMPLE = 2_000  # characters of each sample that are shown


@dataclass(frozen=True)
class UnitRow:
    """One line of the table of units."""

    unit: Unit | None  # in the new run
    linked: bool  # the unit has a page
    was: Unit | None  # its pair in the old run
    state: str
    r: str  # of the pair, signed
    strength: float  # absolute r, to sort by
    nearest: str  # best partner and its r, where there is no pair
    bar: str  # what 95 % of untrained pairs stay below
    before: str  # label
    after: str
    gain: str  # of the score, where both labels are the same


@dataclass(frozen=True)
class SaidRow:
    """One line of the table of explanations."""

    change: ExplanationChange
    linked: bool  # the unit has a page


@dataclass(frozen=True)
class LayerSummary:
    """One layer in words."""

    layer: int
    counts: str
    figures: str


def diff_page(
    old: RunView,
    new: RunView,
    difference: Difference,
    with_page: Collection[Unit],
    path: str = PREVIOUS,
) -> Page:
    """The page of ``difference``, as made from the same two views.

    Args:
        old: the earlier run.
        new: the run that the site is of.
        difference: from :func:`report.compare.difference.compare`.
        with_page: units of the new run that have a page, to link to.
        path: ``PREVIOUS`` or ``BASELINE``.
    """
    text = page_text(
        "diff.md.j2",
        front_matter(difference, TITLES[path]),
        title=TITLES[path],
        difference=difference,
        equal=difference.empty,
        bits=bits_words(difference.quality),
        interval=interval_words(difference.quality) if difference.quality else "",
        scope=scope_words(difference),
        ground=ground_words(difference),
        new_origin=new.origin,
        layers=[
            LayerSummary(layer.layer, counts_words(layer), layer_words(layer))
            for layer in difference.layers
        ],
        labelled=labelled_words(difference),
        label_lines=[label_words(label) for label in difference.labels if label.changed],
        rows=unit_rows(difference, with_page),
        explained=explained_words(difference) if difference.explanations else "",
        said=said_rows(difference, with_page),
        concepts=[concept for concept in difference.concepts if concept.changed],
        figure=figure,
        strips=_strips(old, new, difference),
        strip_units=UNITS,
        strip_characters=CHARACTERS,
        probe_hidden=not new.shows_corpus,
        sample=printable(sample_words(difference.sample)),
        samples=_samples(old, new, difference),
        root="../",
    )
    return markdown_page(path, text)


def front_matter(difference: Difference, title: str) -> dict[str, object]:
    """Figures that head the page, three decimals, so that a diff of two pages begins with them."""
    head: dict[str, object] = {
        "title": title,
        "hide": ["navigation", "toc"],
        "search": {"exclude": True},
    }
    quality: Quality | None = difference.quality
    if quality is not None:
        head["bits"] = {
            "old": round(quality.old_bits, 3),
            "new": round(quality.new_bits, 3),
            "verdict": quality.verdict,
        }
    head["units"] = {
        f"layer {layer.layer}": {str(state): count for state, count in layer.counts().items()}
        for layer in difference.layers
    }
    return head


def unit_rows(difference: Difference, with_page: Collection[Unit]) -> list[UnitRow]:
    """One row per unit that is not the same (or dead in both), by layer and index."""
    labels = {label.new: label for label in difference.labels}
    pages = set(with_page)
    return [
        _row(layer, unit, labels, pages)
        for layer in difference.layers
        if layer.comparable
        for unit in layer.units
        if unit.state not in ("same", "dead")
        or (unit.new is not None and _relabelled(labels, Unit(layer.layer, unit.new)))
    ]


def said_rows(difference: Difference, with_page: Collection[Unit]) -> list[SaidRow]:
    """Pairs whose sentence or score is another one, those beyond noise first."""
    pages = set(with_page)
    rows = [
        SaidRow(change, change.new in pages)
        for change in difference.explanations
        if change.changed or change.before.sentence != change.after.sentence
    ]
    return sorted(rows, key=lambda row: (not row.change.changed, row.change.new))


def _relabelled(labels: dict[Unit, LabelChange], unit: Unit) -> bool:
    return unit in labels and labels[unit].changed


def _row(
    layer: LayerMatch, match: UnitMatch, labels: dict[Unit, LabelChange], pages: set[Unit]
) -> UnitRow:
    unit = None if match.new is None else Unit(layer.layer, match.new)
    label = labels.get(unit) if unit is not None else None
    gain = ""
    if label and label.before and label.after and not label.changed:
        gain = figure(label.after.score - label.before.score, sign=True)
    nearest = ""
    if match.correlation is None and match.nearest is not None:
        r = figure(match.nearest_correlation, sign=True)
        nearest = f"{Unit(layer.layer, match.nearest).name}, {r}"
    return UnitRow(
        unit=unit,
        linked=unit in pages,
        was=None if match.old is None else Unit(layer.layer, match.old),
        state=match.state,
        r="" if match.correlation is None else figure(match.correlation, sign=True),
        strength=abs(match.correlation or 0.0),
        nearest=nearest,
        bar="" if layer.control is None else figure(layer.control.bar),
        before=one_label(label.before) if label else "",
        after=one_label(label.after) if label else "",
        gain=gain,
    )


def _strips(old: RunView, new: RunView, difference: Difference) -> tuple[Strip, ...]:
    """None where nothing could be compared, or where the probe must not become public."""
    if difference.empty or difference.reason or not new.shows_corpus:
        return ()
    pair = pair_probes(old, new)
    if isinstance(pair, str):
        return ()
    return strips(pair, new.probe_text, difference.layers)


def _samples(
    old: RunView, new: RunView, difference: Difference
) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    """Both samples; empty where they are equal, or must not become public."""
    if difference.sample.first_difference is None or not new.shows_sample:
        return ()
    return tuple(
        (side, cells(view.sample_text[:SAMPLE])) for side, view in (("before", old), ("now", new))
    )
