"""From scores to labels: one record per unit, with every control beside it."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.network import Float
from report.measures.concepts import Concept, ConceptTable
from report.measures.controls import Chance, LookUp
from report.measures.labels import Fit, halves
from report.measures.scores import (
    Interval,
    auc,
    f1_interval,
    pearson_interval,
    spearman,
)

Verdict = Literal["accepted", "untrained", "characters", "chance", "constant"]
CONSTANT = 0.01  # standard deviation below which a unit says nothing
CLEAR = 0.5  # share of the state's variance from which a label is called clear, else partial


@dataclass(frozen=True)
class Score:
    """How well something follows a concept."""

    strength: float  # correlation: of the state, or (look-up of a yes/no concept) of the answer
    f1: float | None  # None for numbers, and where F1 says nothing

    @property
    def shown(self) -> float:
        """F1, or Pearson of a number: the figure to show."""
        return self.strength if self.f1 is None else self.f1


@dataclass(frozen=True)
class Details:
    """Further scores of a yes/no concept on half B."""

    matthews: float  # correlation of the unit's yes/no answer with the concept
    precision: float
    recall: float
    auc: float
    prevalence: float  # share of characters on which the concept holds
    always_f1: float  # of a unit that is always on: 2 p / (1 + p)


@dataclass(frozen=True)
class Label:
    """The concept nearest to a unit, its scores on half B, its controls, and the verdict."""

    concept: str  # name of the nearest concept; "" for a constant unit
    verdict: Verdict
    sign: int  # -1: the unit is low where the concept holds, or falls as the number grows
    threshold: float | None  # of the hidden state; None for numbers
    score: Score
    strength_interval: Interval  # 95 %, block bootstrap
    f1_interval: Interval | None
    details: Details | None  # None for numbers
    spearman: float | None  # None for yes/no concepts
    chance: float  # strength: 99th percentile of the maximum over circular shifts
    look_up: Score  # the last two characters
    untrained: Score  # best unit of the same layer of the untrained network

    @property
    def accepted(self) -> bool:
        """Whether the label is above every bar."""
        return self.verdict == "accepted"

    @property
    def interval(self) -> Interval:
        """Interval of the figure shown."""
        return self.strength_interval if self.f1_interval is None else self.f1_interval

    @property
    def explained(self) -> float:
        """Share of the state's variance that the concept explains."""
        return max(0.0, self.score.strength) ** 2

    @property
    def clear(self) -> bool:
        """An accepted label that is most of what the colours show, and not only a part of it."""
        return self.accepted and self.explained >= CLEAR

    @property
    def control(self) -> float:
        """The highest control, on the scale of the figure shown."""
        base = self.details.always_f1 if self.details else self.chance
        return max(base, self.look_up.shown, self.untrained.shown)

    @property
    def margin(self) -> float:
        """How far the strength (lower end of its interval) is above every control's strength.

        Strengths compare between concepts; F1 depends on how frequent a concept is.
        """
        controls = (self.chance, self.look_up.strength, self.untrained.strength)
        return self.strength_interval[0] - max(controls)


def choose_concepts(
    found: Fit, control: LookUp, chance: Chance, binary: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """(U,) the nearest concept of each unit, from half A alone.

    Concepts that the unit follows beyond chance and better than the last two characters tell come
    first; among them, or among all where there are none, the strongest.
    """
    strength = np.where(found.usable, found.strength_a, -1.0)
    answer = np.where(binary, found.matthews_a, found.strength_a)
    beats = (answer > control.strength_a) & (strength > chance.strength)
    chosen: NDArray[np.int64] = np.argmax(strength + 2.0 * beats, axis=1)
    return chosen


def judge(
    hidden: Float,
    table: ConceptTable,
    found: Fit,
    chance: Chance,
    control: LookUp,
    untrained: Fit | None,
    seed: int,
) -> tuple[Label, ...]:
    """One label per unit of ``hidden`` (T, U), all of one layer.

    Args:
        hidden: the layer's states on the probe.
        table: concepts on the probe.
        found: the layer's fit.
        chance: the circular-shift null.
        control: the look-up table's scores.
        untrained: the fit of the same layer of the untrained network; None: no such control.
        seed: of the bootstrap.
    """
    part = halves(len(hidden)).b
    constant = hidden.std(0) < CONSTANT
    labels = []
    for unit, column in enumerate(choose_concepts(found, control, chance, table.binary)):
        concept = table.concepts[column]
        label = _measured(
            hidden[part, unit], concept, table.values[part, column], found, unit, column, seed
        )
        yes_no = concept.kind == "yes/no"
        label = replace(
            label,
            chance=chance.strength,
            look_up=_score(control.strength_b, control.f1_b, column, yes_no),
            untrained=_best(untrained, column, yes_no),
        )
        if constant[unit] or not found.usable[column]:
            labels.append(replace(label, concept="", verdict="constant"))
        else:
            labels.append(replace(label, verdict=verdict(label)))
    return tuple(labels)


def _score(
    strength: NDArray[np.float64], f1: NDArray[np.float64], place: int, yes_no: bool
) -> Score:
    return Score(float(strength[place]), float(f1[place]) if yes_no else None)


def _best(untrained: Fit | None, column: int, yes_no: bool) -> Score:
    if untrained is None:
        return Score(0.0, 0.0 if yes_no else None)
    f1, strength = untrained.f1_b[:, column], untrained.strength_b[:, column]
    return Score(float(strength.max()), float(f1.max()) if yes_no else None)


def _measured(
    hidden: Float,
    concept: Concept,
    truth: Float,
    found: Fit,
    unit: int,
    column: int,
    seed: int,
) -> Label:
    """The unit's own scores on half B; controls and verdict are filled in by the caller."""
    sign = int(found.sign[unit, column])
    unset = Score(0.0, None)
    interval = pearson_interval(hidden * sign, truth, seed)
    if concept.kind == "number":
        return Label(
            concept=concept.name,
            verdict="chance",
            sign=sign,
            threshold=None,
            score=Score(float(found.strength_b[unit, column]), None),
            strength_interval=interval,
            f1_interval=None,
            details=None,
            spearman=spearman(hidden * sign, truth),
            chance=0.0,
            look_up=unset,
            untrained=unset,
        )
    threshold = float(found.threshold[unit, column])
    predicted = hidden > threshold if sign > 0 else hidden <= threshold
    positive = truth > 0
    return Label(
        concept=concept.name,
        verdict="chance",
        sign=sign,
        threshold=threshold,
        score=_score(found.strength_b[unit], found.f1_b[unit], column, True),
        strength_interval=interval,
        f1_interval=f1_interval(predicted, positive, seed),
        details=_details(
            predicted,
            positive,
            auc(hidden * sign, positive),
            float(found.matthews_b[unit, column]),
        ),
        spearman=None,
        chance=0.0,
        look_up=unset,
        untrained=unset,
    )


def _details(
    predicted: NDArray[np.bool_], positive: NDArray[np.bool_], area: float, matthews: float
) -> Details:
    hits, share = float((predicted & positive).sum()), float(positive.mean())
    return Details(
        matthews=matthews,
        precision=hits / max(1.0, float(predicted.sum())),
        recall=hits / max(1.0, float(positive.sum())),
        auc=area,
        prevalence=share,
        always_f1=2 * share / (1 + share),
    )


def verdict(label: Label) -> Verdict:
    """Which bar a label fails first, or ``accepted``.

    The figure shown must be above each control with the lower end of its 95 % interval, and above
    that of a unit which is always on; so must the unit's answer by Matthews correlation. How much
    of the state's course the concept explains is no bar but a grade (``Label.clear``): a bar on it
    would be a number of ours, and a label with both figures beside it says more than none.
    """
    low, strength = label.interval[0], label.score.strength
    always = label.details.always_f1 if label.details else 0.0
    answer = label.details.matthews if label.details else strength
    if strength <= label.chance or low <= always:
        return "chance"
    if answer <= label.look_up.strength or low <= label.look_up.shown:
        return "characters"
    if strength <= label.untrained.strength or low <= label.untrained.shown:
        return "untrained"
    return "accepted"
