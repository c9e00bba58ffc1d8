"""A difference as text for a terminal, as JSON for programs, as Markdown for git.

Equal runs give an empty string. No dates; figures are rounded, so that float noise between
machines is no difference. Characters of a corpus appear as ASCII escapes (text, JSON) or numeric
references (Markdown): none of them can steer a terminal, a log or a page.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from jobs.disk import files
from jobs.printable import printable
from report.compare.difference import Difference
from report.compare.explanation_changes import ExplanationChange
from report.compare.label_changes import LabelChange
from report.compare.matching import LayerMatch, UnitMatch
from report.compare.quality import Quality
from report.compare.wording import (
    ascii_text,
    bits_words,
    concept_words,
    counts_words,
    explained_words,
    explanation_words,
    ground_words,
    label_words,
    labelled_words,
    layer_words,
    sample_words,
    scope_words,
    unit_words,
)
from report.render.templates import render
from report.run_view import Unit

SCHEMA = 1  # of the JSON; raised when a reader of the old one would misread the new one
LINES = 45  # at most, of the text
INPUTS, UNITS, LABELS, SAID = 7, 10, 5, 3  # lines of the text for each of these
LAYERS = 3  # with more, the figures of a layer are left to --md and --json


def text(difference: Difference) -> str:
    """At most ``LINES`` lines for a terminal; "" for equal runs."""
    if difference.empty:
        return ""
    lines = [f"{difference.old_run} -> {difference.new_run}"]
    lines += _limited("inputs", [f"{c.key}: {c.old} -> {c.new}" for c in difference.inputs], INPUTS)
    lines.append(f"quality: {bits_words(difference.quality)}")
    if difference.reason or difference.reread or difference.outside:
        lines.append(f"  {scope_words(difference)}")
    if ground_words(difference):
        lines.append(ground_words(difference))
    for layer in difference.layers:
        lines.append(f"layer {layer.layer}: {counts_words(layer)}")
        if layer.comparable and len(difference.layers) <= LAYERS:
            lines.append(f"  {layer_words(layer)}")
    changed = [
        unit_words(layer, unit)
        for layer in difference.layers
        for unit in sorted(layer.units, key=_striking)
        if unit.state not in ("same", "dead", "n/a")
    ]
    lines += _limited("units", changed, UNITS)
    moved = [label_words(label) for label in difference.labels if label.changed]
    lines += _limited(f"labels: {labelled_words(difference)}", moved, LABELS, always=True)
    if difference.explanations:
        said = [explanation_words(one) for one in difference.explanations if one.changed]
        lines += _limited(f"explanations: {explained_words(difference)}", said, SAID, always=True)
    lines.append(f"sample: {sample_words(difference.sample)}")
    shown = [ascii_text(line) for line in lines]
    return "\n".join(shown[:LINES]) + "\n"


def markdown(difference: Difference) -> str:
    """One line per changed unit, sorted, for a file under git; "" for equal runs."""
    if difference.empty:
        return ""
    changed = [
        unit_words(layer, unit)
        for layer in difference.layers
        for unit in layer.units
        if unit.state not in ("same", "dead", "n/a")
    ]
    return render(
        "diff_summary.md.j2",
        difference=difference,
        bits=bits_words(difference.quality),
        scope=scope_words(difference),
        ground=ground_words(difference),
        layers=[(layer, counts_words(layer), layer_words(layer)) for layer in difference.layers],
        changed=changed,
        labels=[label_words(label) for label in difference.labels if label.changed],
        labelled=labelled_words(difference),
        explained=explained_words(difference) if difference.explanations else "",
        said=[explanation_words(one) for one in difference.explanations if one.changed],
        concepts=[concept_words(concept) for concept in difference.concepts if concept.changed],
        sample=printable(sample_words(difference.sample)),
    )


def json_text(difference: Difference) -> str:
    """Everything as stable JSON; "" for equal runs."""
    return "" if difference.empty else files.json_text(document(difference))


def document(difference: Difference) -> dict[str, Any]:
    """The JSON document: plain values, floats of four decimals, null for what has no value."""
    plain = asdict(difference)
    plain["schema"] = SCHEMA
    plain["comparable"] = difference.comparable
    plain["quality"] = _quality(difference.quality)
    plain["layers"] = [_layer(layer) for layer in difference.layers]
    plain["labels"] = [_label(label) for label in difference.labels]
    plain["explanations"] = [_explanation(one) for one in difference.explanations]
    rounded: dict[str, Any] = _rounded(plain)
    return rounded


def _limited(head: str, items: list[str], most: int, always: bool = False) -> Iterator[str]:
    """The head, then at most ``most`` indented items, then how many are left out."""
    if items or always:
        yield head
    yield from (f"  {item}" for item in items[:most])
    if len(items) > most:
        yield f"  ... and {len(items) - most} more (--md and --json list all)"


def _striking(unit: UnitMatch) -> tuple[bool, float, int]:
    """Order of the text's few lines: lone units first, then the weakest pairs."""
    index = unit.new if unit.new is not None else unit.old or 0
    if unit.correlation is None:
        return False, abs(unit.nearest_correlation or 0.0), index
    return True, abs(unit.correlation), index


def _quality(quality: Quality | None) -> dict[str, Any] | None:
    return None if quality is None else asdict(quality) | {"verdict": quality.verdict}


def _layer(layer: LayerMatch) -> dict[str, Any]:
    return asdict(layer) | {
        "comparable": layer.comparable,
        "counts": layer.counts(),
        "matched": layer.matched,
        "mean_correlation": layer.mean_correlation,
    }


def _label(label: LabelChange) -> dict[str, Any]:
    def name(unit: Unit) -> str:
        return unit.name

    return asdict(label) | {
        "old": name(label.old),
        "new": name(label.new),
        "changed": label.changed,
    }


def _explanation(change: ExplanationChange) -> dict[str, Any]:
    return asdict(change) | {
        "old": change.old.name,
        "new": change.new.name,
        "verdict": change.verdict,
        "kind_changed": change.kind_changed,
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return round(value, 4) + 0.0 if math.isfinite(value) else None
    return value
