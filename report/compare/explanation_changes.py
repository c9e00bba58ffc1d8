"""Explanations of the units before and after, each scored on its own run's probe.

Two scores are called different only where their 95 % intervals lie apart; what differs within them
is noise, and so is a kind that differs with such scores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from report.compare.matching import PAIRED, LayerMatch
from report.measures.explanations.explanation import Explanation
from report.run_view import RunView, Unit

Verdict = Literal["better explained", "worse explained", "unchanged"]


@dataclass(frozen=True)
class UnitExplanation:
    """What a comparison needs of an explanation."""

    kind: str
    sentence: str
    score: float  # R2 on half B
    interval: tuple[float, float]  # 95 %


@dataclass(frozen=True)
class ExplanationChange:
    """The explanations of one pair of units."""

    old: Unit
    new: Unit
    before: UnitExplanation
    after: UnitExplanation

    @property
    def verdict(self) -> Verdict:
        """Better or worse explained where the intervals lie apart."""
        if self.after.interval[0] > self.before.interval[1]:
            return "better explained"
        if self.after.interval[1] < self.before.interval[0]:
            return "worse explained"
        return "unchanged"

    @property
    def changed(self) -> bool:
        """Whether the scores differ beyond noise."""
        return self.verdict != "unchanged"

    @property
    def kind_changed(self) -> bool:
        """Whether the kind is another one, and not by noise."""
        return self.changed and self.before.kind != self.after.kind


Explanations = Mapping[Unit, UnitExplanation]


def unit_explanations(view: RunView) -> Explanations:
    """The explanations of a run; none of a run that was measured before there were any."""
    explanations = {}
    for one in view.measures.get("units") or ():
        own: Explanation | None = getattr(one, "explanation", None)
        if own is not None:
            explanations[Unit(one.layer, one.index)] = UnitExplanation(
                own.kind, own.sentence.text, own.score.r2, own.score.interval
            )
    return explanations


def explanation_changes(
    before: Explanations, after: Explanations, layers: Sequence[LayerMatch]
) -> tuple[ExplanationChange, ...]:
    """One record per pair of units that both have one, by layer and new index."""
    changes = []
    for layer in layers:
        for match in layer.units:
            if match.state not in PAIRED or match.old is None or match.new is None:
                continue
            old, new = Unit(layer.layer, match.old), Unit(layer.layer, match.new)
            if old in before and new in after:
                changes.append(ExplanationChange(old, new, before[old], after[new]))
    return tuple(changes)
