"""Linear probes: what all units of a layer say about a concept together.

Regularised logistic regression on the states of the selection half, one per yes/no concept; the
threshold that is best there; F1 on the evaluation half. Beside the best single unit it says whether
a concept is spread over many units.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from jobs.model.network import Array, Float
from report.measures.concepts.library import ConceptTable
from report.measures.labels.controls import BigramScores, best_threshold, confusion
from report.measures.labels.fit import Fit, halves, usable_concepts

PENALTY = 1e-3  # L2 on the weights of standardised states, per character
STEPS = 60
ROWS = 10_000  # characters of the selection half fitted on, at most, evenly spread


@dataclass(frozen=True)
class ConceptScore:
    """One concept at one layer, on the evaluation half."""

    concept: str
    layer: int  # from 1
    prevalence: float
    probe_f1: float  # all units of the layer together
    best_unit: int  # chosen on the selection half
    best_unit_f1: float
    bigram_f1: Annotated[float, Field(alias="look_up_f1")]
    untrained_f1: float  # best unit of the untrained layer


def linear_probe(hidden: Float, table: ConceptTable) -> Array:
    """(C,) F1 on the evaluation half, from ``hidden`` (T, H); 0 for numbers, unusable concepts."""
    cut = halves(len(hidden))
    columns = np.flatnonzero(usable_concepts(table, cut) & table.binary)
    mean, deviation = hidden[cut.selection].mean(0), hidden[cut.selection].std(0)
    scaled = (hidden - mean) / np.where(deviation > 1e-6, deviation, np.inf)
    scaled = np.concatenate([scaled, np.ones_like(scaled[:, :1])], axis=1).astype(np.float32)
    every = max(1, cut.size // ROWS)
    truth = table.values[:, columns]
    weight = fit_logistic(scaled[cut.selection][::every], truth[cut.selection][::every])
    scores = scaled @ weight
    f1 = np.zeros(len(table.concepts))
    for place, column in enumerate(columns):
        edge = best_threshold(scores[cut.selection, place], truth[cut.selection, place])
        predicted = scores[cut.evaluation, place] >= edge
        f1[column] = confusion(predicted, truth[cut.evaluation, place] > 0).f1()
    return f1


def fit_logistic(inputs: Float, truth: Float) -> Float:
    """(H, C) weights of C independent logistic regressions of ``truth`` (T, C) on ``inputs``.

    Minimises mean log loss + ``PENALTY`` / 2 |w|^2; the last input is the constant and goes free.
    One matrix bounds the curvature of all of them (Boehning 1992: X'X / 4T), so each step is a
    solve with the same factor; Nesterov's momentum makes the bound's small steps add up.
    """
    from scipy.linalg import cho_factor, cho_solve  # late: these take a tenth of a second
    from scipy.special import expit

    rows = len(inputs)
    penalty = np.full(inputs.shape[1], PENALTY)
    penalty[-1] = 0.0
    bound = (inputs.T @ inputs).astype(np.float64) / (4 * rows) + np.diag(penalty + 1e-6)
    factor = cho_factor(bound)
    weight = np.zeros((inputs.shape[1], truth.shape[1]), np.float32)
    ahead, momentum = weight, 1.0
    for _ in range(STEPS):
        residual: NDArray[np.float32] = expit(inputs @ ahead) - truth
        gradient = inputs.T @ residual / rows + penalty[:, None] * ahead
        moved = (ahead - cho_solve(factor, gradient)).astype(np.float32)
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        ahead = (moved + (momentum - 1.0) / following * (moved - weight)).astype(np.float32)
        weight, momentum = moved, following
    return weight


def concept_scores(
    hidden: Float,
    layer: int,
    table: ConceptTable,
    fit: Fit,
    bigram: BigramScores,
    untrained: Fit | None,
) -> tuple[ConceptScore, ...]:
    """One row per usable yes/no concept of ``layer`` (from 0)."""
    probed = linear_probe(hidden, table)
    half = halves(len(hidden)).evaluation
    rows = []
    for column in np.flatnonzero(fit.usable & table.binary):
        best = int(np.argmax(fit.selection.f1[:, column]))
        rows.append(
            ConceptScore(
                concept=table.concepts[column].name,
                layer=layer + 1,
                prevalence=float(table.values[half, column].mean()),
                probe_f1=float(probed[column]),
                best_unit=best,
                best_unit_f1=float(fit.evaluation.f1[best, column]),
                bigram_f1=float(bigram.f1[column]),
                untrained_f1=0.0
                if untrained is None
                else float(untrained.evaluation.f1[:, column].max()),
            )
        )
    return tuple(rows)
