"""A page for each concept, for each concept and layer, and the list of all concepts."""

from collections.abc import Iterator
from dataclasses import dataclass

from report.measured import Measured, measured
from report.measures.labels.linear_probe import ConceptScore
from report.measures.measure import ConceptCard
from report.measures.unit import UnitMeasures
from report.measures.universality.seeds import SeedConcepts
from report.pages.contents import Contents
from report.pages.page import Page, markdown_page
from report.panels.label import condition, score_name
from report.render.templates import page_text
from report.run_view import RunView, Unit

BOOST, LAYER_BOOST = 3.0, 2.85  # of the search, so that labels come before their units
LONGER = 0.01  # less per word of a name: "tag depth" comes before "tag depth from 2"


@dataclass(frozen=True)
class Follower:
    """One unit on the page of its concept."""

    unit: Unit
    linked: bool
    accepted: bool
    partly: bool
    verdict: str
    when: str
    score: float
    score_name: str
    low: float
    high: float
    control: float
    effect: float
    used: bool


@dataclass(frozen=True)
class ConceptRow:
    """One concept of the list."""

    card: ConceptCard
    followers: int  # units
    partly: int
    scores: tuple[ConceptScore, ...]  # per layer; none for numbers


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``labels/*.md`` and ``labels/l1/*.md``; nothing for a run that was not measured."""
    measures = measured(view)
    if measures is None:
        return
    linked = set(contents.units)
    seeds = view.measures.get("seed_concepts")
    shown = [card for card in measures.all.concepts if _occurs(measures, card)]
    for card in shown:
        yield _page(measures, linked, card, None, seeds)
        for layer in range(1, len(view.network.sizes) + 1):
            yield _page(measures, linked, card, layer, seeds)
    rows = [_row(measures, card) for card in shown]
    rows.sort(key=lambda row: (-row.followers, -row.partly, row.card.name))
    text = page_text(
        "labels.md.j2",
        {"title": "All concepts", "hide": ["navigation", "toc"]},
        rows=rows,
        layers=range(1, len(view.network.sizes) + 1),
        half=measures.all.characters // 2,
    )
    yield markdown_page("labels/index.md", text)


def _occurs(measures: Measured, card: ConceptCard) -> bool:
    """Whether the concept could be scored on this probe."""
    return bool(_scores(measures, card, None)) or any(
        one.label.concept == card.name for one in measures.all.units
    )


def _row(measures: Measured, card: ConceptCard) -> ConceptRow:
    labels = [one.label for one in measures.all.units if one.label.concept == card.name]
    return ConceptRow(
        card,
        followers=sum(label.accepted for label in labels),
        partly=sum(label.partly for label in labels),
        scores=_scores(measures, card, None),
    )


def _scores(measures: Measured, card: ConceptCard, layer: int | None) -> tuple[ConceptScore, ...]:
    return tuple(
        score
        for score in measures.all.concept_scores
        if score.concept == card.name and layer in (None, score.layer)
    )


def _page(
    measures: Measured,
    linked: set[Unit],
    card: ConceptCard,
    layer: int | None,
    seeds: SeedConcepts | None,
) -> Page:
    units = [
        one
        for one in measures.all.units
        if one.label.concept == card.name and layer in (None, one.layer)
    ]
    units.sort(
        key=lambda one: (
            not one.label.accepted,
            not one.label.partly,
            -one.label.score.strength,
            one.rank,
        )
    )
    followers = [_follower(one, card, linked) for one in units]
    title = f"Label: {card.name}" if layer is None else f"Layer {layer} label: {card.name}"
    boost = (BOOST if layer is None else LAYER_BOOST) - LONGER * len(card.name.split())
    text = page_text(
        "label.md.j2",
        {"title": title, "hide": ["navigation", "toc"], "search": {"boost": round(boost, 2)}},
        title=title,
        card=card,
        layer=layer,
        root="../" if layer is None else "../../",
        accepted=[one for one in followers if one.accepted],
        partly=[one for one in followers if one.partly],
        nearest=[one for one in followers if not one.accepted and not one.partly],
        scores=_scores(measures, card, layer),
        half=measures.all.characters // 2,
        seeds=None if seeds is None or layer is not None else (seeds.of(card.name), seeds.runs),
    )
    folder = "labels" if layer is None else f"labels/l{layer}"
    return markdown_page(f"{folder}/{card.slug}.md", text)


def _follower(own: UnitMeasures, card: ConceptCard, linked: set[Unit]) -> Follower:
    label, unit = own.label, Unit(own.layer, own.index)
    low, high = label.interval
    return Follower(
        unit=unit,
        linked=unit in linked,
        accepted=label.accepted,
        partly=label.partly,
        verdict=label.verdict,
        when=condition(label, card),
        score=label.score.shown,
        score_name=score_name(label),
        low=low,
        high=high,
        control=label.control,
        effect=own.effect.bits,
        used=own.effect.used,
    )
