"""Labels of the units before and after, and the best unit of each concept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from report.compare.matching import PAIRED, LayerMatch
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class UnitLabel:
    """The accepted label of a unit with its score on the second half of the probe."""

    concept: str
    score: float  # F1 of a yes/no concept, Pearson's r of a number


@dataclass(frozen=True)
class LabelChange:
    """The labels of one pair of units; at least one of the two has one."""

    old: Unit
    new: Unit
    before: UnitLabel | None
    after: UnitLabel | None

    @property
    def changed(self) -> bool:
        """Whether the concept is another one; a score that moved is no change of label."""
        return _concept(self.before) != _concept(self.after)


@dataclass(frozen=True)
class ConceptChange:
    """The best labelled unit of one concept in each run."""

    concept: str
    before: float | None  # its score
    after: float | None
    units_before: int  # units labelled with it
    units_after: int

    @property
    def changed(self) -> bool:
        """Whether something differs at the three decimals that are printed."""
        return self.units_before != self.units_after or _rounded(self.before) != _rounded(
            self.after
        )


Labels = Mapping[Unit, UnitLabel]


def accepted_labels(view: RunView) -> Labels | None:
    """The accepted labels of a run; None where the run was not labelled."""
    record = view.measures.get("labels")
    if record is None:
        return None
    return {
        unit: UnitLabel(label.concept, label.score.shown)
        for unit in view.units
        for label in [record.layers[unit.layer - 1][unit.index]]
        if label.accepted
    }


def label_changes(
    before: Labels, after: Labels, layers: Sequence[LayerMatch]
) -> tuple[LabelChange, ...]:
    """One record per pair of units that has a label in either run, by layer and new index."""
    changes = []
    for layer in layers:
        for match in layer.units:
            if match.state not in PAIRED or match.old is None or match.new is None:
                continue
            old, new = Unit(layer.layer, match.old), Unit(layer.layer, match.new)
            if old in before or new in after:
                changes.append(LabelChange(old, new, before.get(old), after.get(new)))
    return tuple(changes)


def concept_changes(before: Labels, after: Labels) -> tuple[ConceptChange, ...]:
    """One record per concept that labels a unit in either run, by name."""
    names = {label.concept for labels in (before, after) for label in labels.values()}
    return tuple(
        ConceptChange(
            name, _best(name, before), _best(name, after), _count(name, before), _count(name, after)
        )
        for name in sorted(names)
    )


def _best(name: str, labels: Labels) -> float | None:
    scores = (label.score for label in labels.values() if label.concept == name)
    return max(scores, default=None)


def _count(name: str, labels: Labels) -> int:
    return sum(label.concept == name for label in labels.values())


def _concept(label: UnitLabel | None) -> str:
    return label.concept if label else ""


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 3)
