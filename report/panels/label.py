"""Which concept the unit remembers, with its held-out scores beside every control."""

from dataclasses import dataclass

from report.measured import Measured, measured
from report.measures.labels.controls import UNTRAINED_UNITS
from report.measures.labels.verdict import Label
from report.measures.measure import ConceptCard
from report.measures.unit import UnitMeasures
from report.panels.panel import Column, Content, Panel, UnitContent
from report.render.templates import decimals, percent, signed
from report.run_view import RunView, Unit

NO_FIT = "No concept of the library fits"
BEYOND = "beyond the last two characters"
WHY = {
    "accepted": "Above every control.",
    "partly": "A look-up table of the last two characters answers as well, but where these are the "
    "same the state still tells it.",
    "characters": "A look-up table of the last two characters does as well.",
    "untrained": "The best unit of untrained networks does as well.",
    "chance": "Not beyond what shifted copies of the text give by chance.",
    "constant": "The unit hardly moves.",
}

BEST = f"best of at least {UNTRAINED_UNITS} units"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    text: str
    meaning: str  # shown as a title
    control: bool = False  # what the score is held against


@dataclass(frozen=True)
class LabelBox:
    """The box of one unit."""

    heading: str
    why: str
    concept: str  # "" for a constant unit
    when: str  # high (or low) where the concept holds, in words
    page: str  # of the label, from the root of the site; "" without one
    accepted: bool
    partly: bool
    explained: float  # share of the state's variance
    rank: int
    units: int
    rows: tuple[Row, ...]
    half: int  # characters of the half of the probe that scores are of
    shifts: int


def prepare(view: RunView) -> UnitContent | None:
    """Labels of every layer."""
    measures = measured(view)
    if measures is None:
        return None
    half = measures.all.characters // 2

    def content(unit: Unit) -> Content:
        own = measures.unit(unit)
        box = _box(measures, own, half)
        label = own.label
        score = f"{score_name(label)} {decimals(label.score.shown)}"
        columns = (
            Column("Concept", label.named, label.named, f"that it remembers {BEYOND}"),
            Column("Rank", own.rank, str(own.rank), "by evidence: margin above the controls"),
            Column(
                "Score",
                label.score.shown if label.named else -1.0,
                score if label.named else "",
                f"F1, or r of a number, of a label; {half:,} probe characters",
            ),
        )
        return Content(
            values=box,
            sentence=sentence(label, box.when) if label.named or not own.explanation else "",
            label=label.named,
            columns=columns,
            front_matter={
                "label": label.named,
                "score": round(label.score.shown, 2) if label.named else 0.0,
            },
        )

    return content


def score_name(label: Label) -> str:
    """What the figure shown is called."""
    return "r" if label.score.f1 is None else "F1"


def sentence(label: Label, when: str) -> str:
    """The label in words, as the search finds it."""
    if not label.named:
        return f"{NO_FIT}."
    low, high = label.interval
    remembers = "remembers in part" if label.partly else "remembers"
    return (
        f"It {remembers} {label.concept} {BEYOND}: {when} ({score_name(label)} "
        f"{decimals(label.score.shown)}, 95 % interval {decimals(low)} to {decimals(high)})."
    )


def condition(label: Label, card: ConceptCard) -> str:
    """``high inside quotes``, or ``low ...`` for a unit that turns the other way."""
    if label.score.f1 is not None:
        return f"{'high' if label.sign > 0 else 'low'} {card.sentence}"
    return f"{'rises' if label.sign > 0 else 'falls'}, {card.sentence}"


def _box(measures: Measured, own: UnitMeasures, half: int) -> LabelBox:
    label = own.label
    card = measures.concept(label.concept) if label.concept else None
    heading = f"Remembers no concept {BEYOND}"
    if label.named:
        remembers = "Remembers in part" if label.partly else "Remembers"
        heading = f"{remembers} {label.concept} {BEYOND}"
    return LabelBox(
        heading=heading,
        why=WHY[label.verdict],
        concept=label.concept,
        when=condition(label, card) if card else "",
        page=f"labels/{card.slug}.html" if card else "",
        accepted=label.accepted,
        partly=label.partly,
        explained=label.explained,
        rank=own.rank,
        units=measures.all.headline.units,
        rows=_rows(label) if card else (),
        half=half,
        shifts=measures.all.null.shifts,
    )


def _rows(label: Label) -> tuple[Row, ...]:
    low, high = label.interval
    name = score_name(label)
    rows = [
        Row(
            f"{name} on held-out half",
            f"{decimals(label.score.shown)} ({decimals(low)} to {decimals(high)})",
            "95 % interval by block bootstrap, blocks of 200 characters",
        ),
        Row(f"{name} of the last two characters", decimals(label.bigram.shown), "", True),
        Row(f"{name} of untrained networks", decimals(label.untrained.shown), BEST, True),
    ]
    within, (low, high) = label.within_bigram, label.within_bigram.interval
    same = (
        Row(
            "r where the last two characters are the same",
            f"{decimals(within.strength)} ({decimals(low)} to {decimals(high)})",
            "what the state tells there, it remembers",
        ),
        Row("such an r by chance", decimals(within.null), "99th percentile of the maximum", True),
        Row("such an r of untrained networks", decimals(within.untrained), BEST, True),
    )
    strength = Row(
        "correlation r of the state",
        f"{decimals(label.score.strength)}, explains {percent(label.explained)}",
        "with the concept as 0 and 1; r squared is the share of the variance explained",
    )
    by_chance = Row("r by chance", decimals(label.null), "99th percentile of the maximum", True)
    if label.details is None:
        rank = Row("Spearman", decimals(label.spearman or 0.0), "rank correlation")
        return (*rows, by_chance, *same, rank)
    details = label.details
    return (
        *rows,
        Row("F1 of a unit always on", decimals(details.always_f1), "2 p / (1 + p)", True),
        strength,
        by_chance,
        *same,
        Row("MCC", decimals(details.matthews), "Matthews correlation coefficient"),
        Row("MCC of the last two characters", decimals(label.bigram.strength), "", True),
        Row("AUC", decimals(details.auc), "area under the ROC curve"),
        Row("precision", decimals(details.precision), ""),
        Row("recall", decimals(details.recall), ""),
        Row("prevalence", percent(details.prevalence, 1), "share of characters"),
        Row("threshold", signed(label.threshold or 0.0), "of the state h, from the other half"),
    )


PANEL = Panel("label", place="side", order=5, prepare=prepare)
