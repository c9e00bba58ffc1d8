"""The words of a difference, shared by text, Markdown, pages and gates."""

import math

from report.compare.difference import Difference, SampleChange
from report.compare.explanation_changes import ExplanationChange, UnitExplanation
from report.compare.label_changes import ConceptChange, LabelChange, UnitLabel
from report.compare.matching import LayerMatch, UnitMatch
from report.compare.quality import BLOCK, DRAWS, LEAST_BLOCKS, Quality
from report.compare.same_ground import settings_words
from report.compare.seed_noise import SeedNoise
from report.run_view import Unit

NOT_AVAILABLE = "n/a"


def ascii_text(text: str) -> str:
    r"""``text`` as printable ASCII on one line: ``\n``, ``\x1b``, ``\u202e``; ``\`` is doubled."""
    return text.encode("unicode_escape").decode("ascii")


def figure(value: float | None, sign: bool = False) -> str:
    """Three decimals, never ``-0.000``; ``n/a`` for what has no value."""
    if value is None or not math.isfinite(value):
        return NOT_AVAILABLE
    rounded = round(value, 3) + 0.0
    return f"{rounded:+.3f}" if sign and rounded else f"{rounded:.3f}"


def share_words(share: float | None) -> str:
    """``43 %``."""
    return NOT_AVAILABLE if share is None else f"{100 * share:.0f} %"


def bits_words(quality: Quality | None) -> str:
    """``1.498 bits per character (was 1.523), -0.025 (-0.031 to -0.019): better``."""
    if quality is None:
        return "not comparable"
    words = (
        f"{figure(quality.new_bits)} bits per character (was {figure(quality.old_bits)}), "
        f"{figure(quality.difference, sign=True)}"
    )
    if quality.interval is None:
        least = LEAST_BLOCKS * BLOCK
        return f"{words} (no verdict: fewer than {least:,} characters were compared)"
    interval = " to ".join(figure(end, sign=True) for end in quality.interval)
    return f"{words} ({interval}): {'no verdict' if quality.reason else quality.verdict}"


def interval_words(quality: Quality) -> str:
    """What the interval is, and what it does not cover."""
    if quality.interval is None:
        return f"On {quality.characters:,} characters of the probe, too few for an interval."
    return (
        f"On {quality.characters:,} characters of the probe; 95 % interval of the difference from "
        f"{DRAWS:,} draws of blocks of {BLOCK} characters. It does not cover what another seed "
        f"would give. Below {figure(quality.noise_floor)} bits, {_floor_words(quality)}, a "
        "difference is not called a change."
    )


def _floor_words(quality: Quality) -> str:
    if not quality.seeds:
        return (
            "an assumed noise floor between runs of one seed and configuration (no sweep has "
            "measured it)"
        )
    return f"by which two seeds of this configuration may differ ({quality.seeds} were measured)"


def ground_words(difference: Difference) -> str:
    """What forbids to compare units or figures; "" where nothing does."""
    reasons = []
    if difference.settings:
        reasons.append(
            f"not comparable unit by unit: {settings_words(difference.settings, difference.noise)}"
        )
    if difference.contaminated:
        reasons.append(f"quality is not comparable: {difference.contaminated}")
    return "; ".join(reasons)


def scope_words(difference: Difference) -> str:
    """On what the networks were compared."""
    if difference.reason:
        return f"not comparable: {difference.reason}"
    if not difference.reread:
        return "both runs traced the same probe"
    words = "the probes differ: the old network has read the probe of the new run, "
    if difference.contaminated:
        words += difference.contaminated
    else:
        words += "parts of which it may have been trained on"
    if difference.outside:
        plural = "character is" if difference.outside == 1 else "characters are"
        words += f"; {difference.outside:,} {plural} left out that its alphabet lacks"
    return words


def counts_words(layer: LayerMatch) -> str:
    """``3 same, 40 kept, 2 moved``."""
    if not layer.comparable:
        return f"n/a ({layer.reason})"
    return ", ".join(f"{count} {state}" for state, count in layer.counts().items())


def layer_words(layer: LayerMatch) -> str:
    """Matched share, mean |r| and CKA, each beside the untrained networks'."""
    control = layer.control
    if control is None:
        return "no figures"
    return (
        f"matched {share_words(layer.matched)} above absolute r {figure(control.bar)} "
        f"(95 % of untrained pairs are below); mean absolute r {figure(layer.mean_correlation)} "
        f"(untrained {figure(control.mean)}); CKA {figure(layer.cka)} "
        f"(untrained {figure(control.cka)})"
    )


def unit_words(layer: LayerMatch, unit: UnitMatch) -> str:
    """``L2N17 (was L2N3) moved, r +0.931``."""
    old, new = (
        None if index is None else Unit(layer.layer, index).name for index in (unit.old, unit.new)
    )
    if old is not None and new is not None:
        name = new if old == new else f"{new} (was {old})"
        return f"{name} {unit.state}, r {figure(unit.correlation, sign=True)}"
    name = new or old or ""
    if unit.nearest is None:
        return f"{name} {unit.state}"
    nearest = Unit(layer.layer, unit.nearest).name
    side = "old" if new is not None else "new"
    r = figure(unit.nearest_correlation, sign=True)
    return f"{name} {unit.state}, nearest {side} {nearest}, r {r}"


def label_words(label: LabelChange) -> str:
    """``L1N3: tag name 0.830 (was quote 0.910)``."""
    name = label.new.name if label.old == label.new else f"{label.new.name} (was {label.old.name})"
    return f"{name}: {one_label(label.after)} (was {one_label(label.before)})"


def concept_words(concept: ConceptChange) -> str:
    """``quote: best score 0.910 (was 0.870; control 0.400), units 3 (was 2)``."""
    return (
        f"{concept.concept}: best score {figure(concept.after)} (was "
        f"{figure(concept.before)}; control {figure(concept.control)}), units "
        f"{concept.units_after} (was {concept.units_before})"
    )


def explanation_words(change: ExplanationChange) -> str:
    """``L1N3: better explained, 0.720 (0.690 to 0.750; was 0.550, 0.520 to 0.580), predictor (was
    mixed)``.
    """
    name = change.new.name
    if change.old != change.new:
        name = f"{name} (was {change.old.name})"
    after, before = change.after, change.before
    kind = f", {after.kind} (was {before.kind})" if change.kind_changed else ""
    return (
        f"{name}: {change.verdict}, {figure(after.score)} ({_interval(after)}; was "
        f"{figure(before.score)}, {_interval(before)}){kind}"
    )


def _interval(one: UnitExplanation) -> str:
    return f"{figure(one.interval[0])} to {figure(one.interval[1])}"


def explained_words(difference: Difference) -> str:
    """``3 of 98 pairs of units beyond their intervals, 1 of another kind``."""
    changes = difference.explanations
    changed = sum(change.changed for change in changes)
    kinds = sum(change.kind_changed for change in changes)
    return (
        f"{changed} of {len(changes)} pairs of units beyond their intervals, "
        f"{kinds} of another kind{_explained_noise(difference.noise)}"
    )


def _explained_noise(noise: SeedNoise | None) -> str:
    if noise is None or not noise.explained:
        return ""
    layers = ", ".join(figure(one) for one in noise.explained)
    return f" (another seed alone moves the median R2 of a layer by up to {layers})"


def labelled_words(difference: Difference) -> str:
    """``36 units (was 34)``."""
    if difference.labelled is None:
        return "n/a (a run without labels)"
    before, after = difference.labelled
    return f"{after} {'unit' if after == 1 else 'units'} (was {before})"


def one_label(label: UnitLabel | None) -> str:
    """``quote 0.910``, ``partly quote 0.910``."""
    return f"{label.named} {figure(label.score)}" if label else "no label"


def sample_words(sample: SampleChange) -> str:
    """Where the two samples part."""
    if sample.first_difference is None:
        return f"the same {sample.new_characters:,} characters"
    texts = f'"{sample.new_excerpt}" (was "{sample.old_excerpt}")'
    if sample.first_difference == 0:
        return f"different from the first character on: {texts}"
    return f"the first {sample.first_difference:,} characters are equal, then {texts}"
