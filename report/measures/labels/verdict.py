"""From scores to labels: one record per unit, with every control beside it.

Two grades. A unit *follows* a concept where its answer on the evaluation half is better than the
circular-shift null, than untrained networks and than the bigram baseline: only this is called
labelled. Such a table is a strong rival, with an answer of its own for thousands of bigrams, and
most units do not beat it although they remember something: nearly all mix the current character
with what they remember. A unit follows a concept *in part* where the table answers as well, but
within bigrams, where the table can tell nothing, the state still tells it, beyond the null and
untrained networks; and where it goes half of the way with the concept everywhere.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from jobs.model.network import Array, Float
from report.measures.concepts.library import ConceptTable
from report.measures.labels.choose import HALF_WAY, choose_concepts
from report.measures.labels.controls import BigramBaseline, ShiftNull
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

    strength: float  # correlation: of the state, or (bigrams, yes/no concept) of the answer
    f1: float | None  # None for numbers, and where F1 says nothing

    @property
    def shown(self) -> float:
        """F1, or Pearson of a number: the figure to show."""
        return self.strength if self.f1 is None else self.f1


@dataclass(frozen=True)
class Details:
    """Further scores of a yes/no concept on the evaluation half."""

    matthews: float  # correlation of the unit's yes/no answer with the concept
    precision: float
    recall: float
    auc: float
    prevalence: float  # share of characters on which the concept holds
    always_f1: float  # of a unit that is always on: 2 p / (1 + p)


@dataclass(frozen=True)
class WithinBigram:
    """Correlation of state and concept among places with the same last two characters."""

    strength: float
    interval: Interval  # 95 %, block bootstrap
    null: Annotated[float, Field(alias="chance")]  # the circular-shift null
    untrained: float  # best unit of the same layer of untrained networks, of either sign

    @property
    def margin(self) -> float:
        """How far the lower end of the interval is above both bars."""
        return self.interval[0] - max(self.null, self.untrained)


@dataclass(frozen=True)
class Evidence:
    """What a unit and one concept have to do with each other, on the evaluation half.

    The stored names of some fields are older than the names here.
    """

    sign: int  # -1: the unit is low where the concept holds, or falls as the number grows
    threshold: float | None  # of the hidden state; None for numbers
    score: Score
    strength_interval: Interval  # 95 %, block bootstrap
    f1_interval: Interval | None  # None for numbers
    details: Details | None  # None for numbers
    spearman: float | None  # None for yes/no concepts
    null: Annotated[float, Field(alias="chance")]  # strength: the circular-shift null
    bigram: Annotated[Score, Field(alias="look_up")]  # the baseline
    untrained: Score  # best unit of the same layer of untrained networks
    within_bigram: Annotated[WithinBigram, Field(alias="within")]

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
        base = self.details.always_f1 if self.details else self.null
        return max(base, self.bigram.shown, self.untrained.shown)


@dataclass(frozen=True)
class Label(Evidence):
    """The concept nearest to a unit, what speaks for it and against it, and the verdict."""

    concept: str  # name of the nearest concept; "" for a constant unit
    verdict: Verdict

    @property
    def accepted(self) -> bool:
        """Whether the label is above every bar: the unit follows the concept."""
        return self.verdict == "accepted"

    @property
    def partly(self) -> bool:
        """The second grade: above every bar but the bigram baseline, which the state adds to."""
        return self.verdict == "partly"

    @property
    def named(self) -> str:
        """The concept as lists show it, with the grade; "" below both."""
        return with_grade(self.concept, self.partly) if self.accepted or self.partly else ""

    @property
    def margin(self) -> float:
        """How far the strength (lower end of its interval) is above every control's strength.

        Strengths compare between concepts; F1 depends on how frequent a concept is. Of a partial
        label it is the strength within bigrams.
        """
        if self.partly:
            return self.within_bigram.margin
        controls = (self.null, self.bigram.strength, self.untrained.strength)
        return self.strength_interval[0] - max(controls)


def label_units(
    hidden: Float,
    table: ConceptTable,
    fit: Fit,
    null: ShiftNull,
    bigram: BigramBaseline,
    untrained: Fit | None,
    seed: int,
) -> tuple[Label, ...]:
    """One label per unit of ``hidden`` (T, U), all of one layer.

    Args:
        hidden: the layer's states on the probe.
        table: concepts on the probe.
        fit: of the layer.
        null: the circular-shift null.
        bigram: the bigram baseline.
        untrained: the fit of the same layer of untrained networks; None: no such control.
        seed: of the bootstrap.
    """
    layer = _Layer(hidden, table, fit, null, bigram, untrained, seed)
    constant = hidden.std(0) < CONSTANT
    labels = []
    for unit, column in enumerate(choose_concepts(fit, table, null, bigram, untrained)):
        evidence = layer.evidence(unit, int(column))
        if constant[unit] or not fit.usable[column]:
            labels.append(Label(**vars(evidence), concept="", verdict="constant"))
        else:
            name = table.concepts[column].name
            labels.append(Label(**vars(evidence), concept=name, verdict=verdict(evidence)))
    return tuple(labels)


class _Layer:
    """Gathers the evidence of a layer's units, on the evaluation half."""

    def __init__(
        self,
        hidden: Float,
        table: ConceptTable,
        fit: Fit,
        null: ShiftNull,
        bigram: BigramBaseline,
        untrained: Fit | None,
        seed: int,
    ) -> None:
        half = halves(len(hidden)).evaluation
        self.hidden, self.truth = hidden[half], table.values[half]
        self.own = deviations(self.hidden, bigram.bigrams[half])
        self.known = deviations(self.truth, bigram.bigrams[half])
        self.binary = table.binary
        self.fit, self.null, self.untrained, self.seed = fit, null, untrained, seed
        self.bigram = bigram.evaluation

    def evidence(self, unit: int, column: int) -> Evidence:
        """Of one unit and the concept in ``column``."""
        yes_no, sign = bool(self.binary[column]), int(self.fit.sign[unit, column])
        state, truth = self.hidden[:, unit] * sign, self.truth[:, column]
        scores = self.fit.evaluation
        threshold = answer = None
        if yes_no:
            threshold = float(self.fit.threshold[unit, column])
            above = self.hidden[:, unit] > threshold
            answer = above if sign > 0 else ~above
        return Evidence(
            sign=sign,
            threshold=threshold,
            score=_score(scores.strength[unit, column], scores.f1[unit, column], yes_no),
            strength_interval=pearson_interval(state, truth, self.seed),
            f1_interval=None if answer is None else f1_interval(answer, truth > 0, self.seed),
            details=None
            if answer is None
            else _details(answer, truth > 0, state, float(scores.matthews[unit, column])),
            spearman=None if yes_no else spearman(state, truth),
            null=self.null.strength,
            bigram=_score(self.bigram.strength[column], self.bigram.f1[column], yes_no),
            untrained=self._best_untrained(column, yes_no),
            within_bigram=self._within_bigram(unit, column, sign),
        )

    def _within_bigram(self, unit: int, column: int, sign: int) -> WithinBigram:
        untrained = 0.0
        if self.untrained is not None:
            rivals = self.untrained.evaluation.within_bigram[:, column]
            untrained = float(np.abs(rivals).max())
        return WithinBigram(
            strength=float(self.fit.evaluation.within_bigram[unit, column]),
            interval=pearson_interval(self.own[:, unit] * sign, self.known[:, column], self.seed),
            null=self.null.within_bigram,
            untrained=untrained,
        )

    def _best_untrained(self, column: int, yes_no: bool) -> Score:
        if self.untrained is None:
            return Score(0.0, 0.0 if yes_no else None)
        rivals = self.untrained.evaluation
        return _score(rivals.strength[:, column].max(), rivals.f1[:, column].max(), yes_no)


def _score(strength: Array, f1: Array, yes_no: bool) -> Score:
    return Score(float(strength), float(f1) if yes_no else None)


def _details(
    answer: NDArray[np.bool_], positive: NDArray[np.bool_], state: Float, matthews: float
) -> Details:
    hits, share = float((answer & positive).sum()), float(positive.mean())
    return Details(
        matthews=matthews,
        precision=hits / max(1.0, float(answer.sum())),
        recall=hits / max(1.0, float(positive.sum())),
        auc=auc(state, positive),
        prevalence=share,
        always_f1=2 * share / (1 + share),
    )


def with_grade(concept: str, partly: bool) -> str:
    """``quote``, or ``partly quote`` for the second grade."""
    return f"partly {concept}" if partly else concept


def verdict(evidence: Evidence) -> Verdict:
    """Which bar is failed first, or the grade.

    The figure shown must be above each control with the lower end of its 95 % interval, and above
    that of a unit which is always on; so must the unit's answer by Matthews correlation. Where the
    bigram baseline is not beaten, the state must add to it (:func:`remembers`).
    """
    low, strength, details = evidence.interval[0], evidence.score.strength, evidence.details
    always = details.always_f1 if details else 0.0
    answer = details.matthews if details else strength
    if strength <= evidence.null or low <= always:
        return "chance"
    follows = answer > evidence.bigram.strength and low > evidence.bigram.shown
    if not follows and not remembers(evidence):
        return "characters"
    if strength <= evidence.untrained.strength or low <= evidence.untrained.shown:
        return "untrained"
    return "accepted" if follows else "partly"


def remembers(evidence: Evidence) -> bool:
    """Whether the state tells the concept where the last two characters cannot.

    And goes with it at least half of the way everywhere, so that the colours show it: a faint trace
    is no label.
    """
    within = evidence.within_bigram
    beyond = within.strength > within.null and within.margin > 0.0
    return beyond and min(evidence.interval[0], evidence.strength_interval[0]) > HALF_WAY
