"""Labels of the units before and after, and the best unit of each concept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from report.compare.matching import PAIRED, LayerMatch
from report.measures.labels.verdict import with_grade
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class UnitLabel:
    """The label of a unit with its score on the second half of the probe."""

    concept: str
    score: float  # F1 of a yes/no concept, Pearson's r of a number
    partly: bool = False  # the second grade: it follows the concept in part

    @property
    def named(self) -> str:
        """The concept with the grade."""
        return with_grade(self.concept, self.partly)


@dataclass(frozen=True)
class LabelChange:
    """The labels of one pair of units; at least one of the two has one."""

    old: Unit
    new: Unit
    before: UnitLabel | None
    after: UnitLabel | None

    @property
    def changed(self) -> bool:
        """Whether concept or grade is another one; a score that moved is no change of label."""
        return _named(self.before) != _named(self.after)


@dataclass(frozen=True)
class ConceptChange:
    """The unit that follows one concept best, in each run, scored on half B of its probe."""

    concept: str
    before: float | None  # F1; Pearson's r of a number; None where no unit was scored
    after: float | None
    control: float | None  # what the last two characters or an untrained unit reach, new run
    units_before: int  # units labelled with it
    units_after: int

    @property
    def changed(self) -> bool:
        """Whether something differs at the three decimals that are printed."""
        return self.units_before != self.units_after or _rounded(self.before) != _rounded(
            self.after
        )


Labels = Mapping[Unit, UnitLabel]


def unit_labels(view: RunView) -> Labels | None:
    """The labels of a run, in part too; None where the run was not measured."""
    measured = view.measures.get("units")
    if measured is None:
        return None
    return {
        Unit(one.layer, one.index): UnitLabel(
            one.label.concept, one.label.score.shown, one.label.partly
        )
        for one in measured
        if one.label.named
    }


def labelled(labels: Labels) -> Labels:
    """Those that are called labelled: without the second grade."""
    return {unit: label for unit, label in labels.items() if not label.partly}


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


def concept_changes(old: RunView, new: RunView) -> tuple[ConceptChange, ...]:
    """One record per concept that was scored in either run, by name."""
    before, after = labelled(unit_labels(old) or {}), labelled(unit_labels(new) or {})
    best_before, best_after = _best_scores(old, before), _best_scores(new, after)
    controls = _controls(new)
    return tuple(
        ConceptChange(
            concept=name,
            before=best_before.get(name),
            after=best_after.get(name),
            control=controls.get(name),
            units_before=_count(name, before),
            units_after=_count(name, after),
        )
        for name in sorted(best_before.keys() | best_after.keys())
    )


def _best_scores(view: RunView, labels: Labels) -> dict[str, float]:
    """The best unit of each concept: yes/no concepts as scored, numbers where they label."""
    best: dict[str, float] = {}
    for row in view.measures.get("concept_scores", ()):
        best[row.concept] = max(row.best_unit_f1, best.get(row.concept, 0.0))
    for label in labels.values():
        best[label.concept] = max(label.score, best.get(label.concept, 0.0))
    return best


def _controls(view: RunView) -> dict[str, float]:
    highest: dict[str, float] = {}
    for row in view.measures.get("concept_scores", ()):
        control = max(row.bigram_f1, row.untrained_f1)
        highest[row.concept] = max(control, highest.get(row.concept, 0.0))
    return highest


def _count(name: str, labels: Labels) -> int:
    return sum(label.concept == name for label in labels.values())


def _named(label: UnitLabel | None) -> str:
    return label.named if label else ""


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 3)
