"""From scores to labels: one record per unit, with every control beside it.

Two grades. A unit *follows* a concept where its answer on half B is better than chance, than
untrained networks and than a look-up table of the last two characters: only this is called
labelled. Such a table is a strong rival, with an answer of its own for thousands of pairs, and most
units do not beat it although they remember something: nearly all mix the current character with
what they remember. A unit *partly follows* a concept where the table answers as well, but where the
last two characters are the same, so that the table can tell nothing, the state still tells it,
beyond chance and untrained networks; and where it goes half of the way with the concept everywhere.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.concepts.library import Concept, ConceptTable
from report.measures.labels.choose import HALF_WAY, choose_concepts
from report.measures.labels.controls import Chance, LookUp
from report.measures.labels.fit import Fit, halves
from report.measures.labels.scores import (
    Interval,
    auc,
    f1_interval,
    pearson_interval,
    spearman,
)
from report.measures.labels.within_bigram import deviations

Verdict = Literal["accepted", "partly", "untrained", "characters", "chance", "constant"]
CONSTANT = 0.01  # standard deviation below which a unit says nothing


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
class Within:
    """Correlation of state and concept among places with the same last two characters."""

    strength: float
    interval: Interval  # 95 %, block bootstrap
    chance: float  # 99th percentile of the maximum over circular shifts
    untrained: float  # best unit of the same layer of untrained networks, of either sign

    @property
    def margin(self) -> float:
        """How far the lower end of the interval is above both bars."""
        return self.interval[0] - max(self.chance, self.untrained)


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
    untrained: Score  # best unit of the same layer of untrained networks
    within: Within

    @property
    def accepted(self) -> bool:
        """Whether the label is above every bar: the unit follows the concept."""
        return self.verdict == "accepted"

    @property
    def partly(self) -> bool:
        """The second grade: above every bar but the look-up table, which the state adds to."""
        return self.verdict == "partly"

    @property
    def named(self) -> str:
        """The concept as lists show it, with the grade; "" below both."""
        return with_grade(self.concept, self.partly) if self.accepted or self.partly else ""

    @property
    def interval(self) -> Interval:
        """Interval of the figure shown."""
        return self.strength_interval if self.f1_interval is None else self.f1_interval

    @property
    def explained(self) -> float:
        """Share of the state's variance that the concept explains."""
        return max(0.0, self.score.strength) ** 2

    @property
    def control(self) -> float:
        """The highest control, on the scale of the figure shown."""
        base = self.details.always_f1 if self.details else self.chance
        return max(base, self.look_up.shown, self.untrained.shown)

    @property
    def margin(self) -> float:
        """How far the strength (lower end of its interval) is above every control's strength.

        Strengths compare between concepts; F1 depends on how frequent a concept is. Of a partial
        label it is the strength among places with the same last two characters.
        """
        if self.partly:
            return self.within.margin
        controls = (self.chance, self.look_up.strength, self.untrained.strength)
        return self.strength_interval[0] - max(controls)


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
        untrained: the fit of the same layer of untrained networks; None: no such control.
        seed: of the bootstrap.
    """
    part = halves(len(hidden)).b
    pairs = control.pairs[part]
    own, known = deviations(hidden[part], pairs), deviations(table.values[part], pairs)
    constant = hidden.std(0) < CONSTANT
    labels = []
    for unit, column in enumerate(choose_concepts(found, table, chance, control, untrained)):
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
            within=Within(
                float(found.within_b[unit, column]),
                pearson_interval(own[:, unit] * label.sign, known[:, column], seed),
                chance.within,
                0.0 if untrained is None else float(np.abs(untrained.within_b[:, column]).max()),
            ),
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
    unset, unknown = Score(0.0, None), Within(0.0, (0.0, 0.0), 0.0, 0.0)
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
            within=unknown,
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
        within=unknown,
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


def with_grade(concept: str, partly: bool) -> str:
    """``quote``, or ``partly quote`` for the second grade."""
    return f"partly {concept}" if partly else concept


def verdict(label: Label) -> Verdict:
    """Which bar a label fails first, or its grade.

    The figure shown must be above each control with the lower end of its 95 % interval, and above
    that of a unit which is always on; so must the unit's answer by Matthews correlation. Where the
    look-up table is not beaten, the state must add to it (:func:`remembers`).
    """
    low, strength = label.interval[0], label.score.strength
    always = label.details.always_f1 if label.details else 0.0
    answer = label.details.matthews if label.details else strength
    if strength <= label.chance or low <= always:
        return "chance"
    follows = answer > label.look_up.strength and low > label.look_up.shown
    if not follows and not remembers(label):
        return "characters"
    if strength <= label.untrained.strength or low <= label.untrained.shown:
        return "untrained"
    return "accepted" if follows else "partly"


def remembers(label: Label) -> bool:
    """Whether the state tells the concept where the last two characters cannot.

    And goes with it at least half of the way everywhere, so that the colours show it: a faint trace
    is no label.
    """
    beyond = label.within.strength > label.within.chance and label.within.margin > 0.0
    return beyond and min(label.interval[0], label.strength_interval[0]) > HALF_WAY
