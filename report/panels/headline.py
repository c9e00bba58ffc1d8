"""The front page's answer: how many units follow something, and which to look at first."""

from dataclasses import dataclass

from report.measured import Measured, measured
from report.measures.ablation.effects import NEGLIGIBLE
from report.panels.label import condition, score_name
from report.panels.panel import Section
from report.run_view import RunView, Unit

FIRST = 10


@dataclass(frozen=True)
class First:
    """One of the units to look at first."""

    unit: Unit
    linked: bool
    label: str  # "" without a label
    partly: bool
    within: float  # of a partial label: r where the last two characters are the same
    nearest: str  # concept, also where it is not accepted
    page: str  # of the concept
    when: str
    score: float
    score_name: str
    control: float
    effect: float
    used: bool


@dataclass(frozen=True)
class ConceptLink:
    """A concept with accepted units."""

    name: str
    page: str
    units: int


@dataclass(frozen=True)
class HeadlineBox:
    """The section."""

    sentence: str
    labelled: int
    partly: tuple[ConceptLink, ...]  # concepts that units follow in part
    like_characters: int  # units that follow a concept no better than the last two characters
    unused: int
    concepts: tuple[ConceptLink, ...]
    first: tuple[First, ...]
    health: tuple[tuple[str, int], ...]  # finding, units
    characters: int
    effect_characters: int
    chance: float
    shifts: int
    negligible: float
    reading: bool  # there is a reading page
    folded: bool  # the front page answers by explanations


def headline(view: RunView) -> HeadlineBox | None:
    """Counts over all units; the first ten by evidence."""
    measures = measured(view)
    if measures is None:
        return None
    units = measures.all.units
    findings = [finding for one in units for finding in one.health.findings]
    labelled = [one.label.concept for one in units if one.label.accepted]
    partly = [one.label.concept for one in units if one.label.partly]
    return HeadlineBox(
        sentence=measures.all.headline.sentence,
        labelled=measures.all.headline.labelled,
        partly=_links(measures, partly),
        like_characters=sum(one.label.verdict == "characters" for one in units),
        unused=measures.all.headline.unused,
        concepts=_links(measures, labelled),
        first=tuple(
            _first(measures, Unit(one.layer, one.index), view)
            for one in sorted(units, key=lambda one: one.rank)[:FIRST]
        ),
        health=tuple((name, findings.count(name)) for name in sorted(set(findings))),
        characters=measures.all.characters,
        effect_characters=units[0].effect.characters,
        chance=measures.all.null.strength,
        shifts=measures.all.null.shifts,
        negligible=NEGLIGIBLE,
        reading=view.shows_sample,
        folded=all(one.explanation is not None for one in units),
    )


def _links(measures: Measured, followed: list[str]) -> tuple[ConceptLink, ...]:
    """One per name in ``followed``, by name, with the number of units."""
    return tuple(
        ConceptLink(name, f"labels/{measures.concept(name).slug}.html", followed.count(name))
        for name in sorted(set(followed))
    )


def _first(measures: Measured, unit: Unit, view: RunView) -> First:
    own = measures.unit(unit)
    label = own.label
    card = measures.concept(label.concept) if label.concept else None
    return First(
        unit=unit,
        linked=view.config.report.min_mean_activation == 0.0,
        label=label.concept if label.named else "",
        partly=label.partly,
        within=label.within_bigram.strength,
        nearest=label.concept,
        page=f"labels/{card.slug}.html" if card else "",
        when=condition(label, card) if card else "",
        score=label.score.shown,
        score_name=score_name(label),
        control=label.control,
        effect=own.effect.bits,
        used=own.effect.used,
    )


SECTION = Section("headline", page="overview", order=10, prepare=headline)
