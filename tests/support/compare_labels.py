"""Measures with just what a comparison reads: real labels, nothing else of a unit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from report.measures.labels.linear_probe import ConceptScore
from report.measures.labels.verdict import Label, Score, Verdict, WithinBigram
from report.run_view import RunView


@dataclass(frozen=True)
class LabelledUnit:
    layer: int
    index: int
    label: Label


def label(concept: str, score: float, accepted: bool) -> Label:
    control = Score(0.1, 0.2)
    verdict: Verdict = "chance"
    if accepted:
        verdict = "partly" if concept.startswith("partly ") else "accepted"
    return Label(
        concept=concept.removeprefix("partly "),
        verdict=verdict,
        sign=1,
        threshold=0.25,
        score=Score(score - 0.05, score),
        strength_interval=(score - 0.1, score),
        f1_interval=(score - 0.05, score + 0.05),
        details=None,
        spearman=None,
        null=control,
        bigram=control,
        untrained=control,
        within_bigram=WithinBigram(score - 0.1, (score - 0.2, score), 0.1, 0.1),
    )


def labelled(
    view: RunView,
    labels: Mapping[str, tuple[str, float]],
    scores: Mapping[str, float] | None = None,
) -> RunView:
    """``view`` with labels for the units named in ``labels``, as ``L1N3`` (``partly quote``: of
    the second grade); ``scores`` is the best unit of further concepts.
    """
    units = tuple(
        LabelledUnit(
            unit.layer,
            unit.index,
            label(*labels.get(unit.name, ("digit", 0.99)), unit.name in labels),
        )
        for unit in view.units
    )
    rows = tuple(
        ConceptScore(concept, layer, 0.1, 0.9, 0, score / layer, 0.3, 0.2)
        for concept, score in (scores or {}).items()
        for layer in (1, 2)
    )
    return replace(view, measures=MappingProxyType({"units": units, "concept_scores": rows}))
