"""Which units a reader should see first.

Labelled units come first: those whose score stands farthest above the highest control (lower end of
the interval minus control), but units that are encoded and not used after those that are used. Then
those that follow a concept in part, likewise. Then all others, by the size of their effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from report.measures.ablation.effects import Effect
from report.measures.labels.verdict import Label


@dataclass(frozen=True)
class Headline:
    """``labelled`` of ``units`` units carry an accepted label, covering ``concepts``."""

    units: int
    labelled: int
    concepts: tuple[str, ...]  # by name
    unused: int  # labelled, but encoded and not used
    partly: int  # not labelled, but following a concept in part

    @property
    def sentence(self) -> str:
        """In words, with the bar."""
        noun = "concept" if len(self.concepts) == 1 else "concepts"
        labelled = (
            f"{self.labelled} of {self.units} units labelled, covering {len(self.concepts)} {noun}"
        )
        if not self.partly:
            return labelled
        return f"{labelled}; {self.partly} more follow{'s' * (self.partly == 1)} one in part"


def evidence(label: Label, effect: Effect) -> tuple[int, float, float]:
    """Sorts ascending, best first: class, then margin above the controls, then effect."""
    if label.named:
        grade = 2 * label.partly + effect.unused
        return (grade, -round(label.margin, 4), -round(abs(effect.bits), 5))
    return (4, -round(abs(effect.bits), 5), 0.0)


def ranked(labels: Sequence[Label], effects: Sequence[Effect]) -> tuple[int, ...]:
    """Places of the units in ``labels`` and ``effects``, best evidence first; ties keep order."""
    order = range(len(labels))
    return tuple(sorted(order, key=lambda place: (*evidence(labels[place], effects[place]), place)))


def headline(labels: Sequence[Label], effects: Sequence[Effect]) -> Headline:
    """Counts over all units of all layers."""
    accepted = [place for place, label in enumerate(labels) if label.accepted]
    return Headline(
        units=len(labels),
        labelled=len(accepted),
        concepts=tuple(sorted({labels[place].concept for place in accepted})),
        unused=sum(effects[place].unused for place in accepted),
        partly=sum(label.partly for label in labels),
    )
