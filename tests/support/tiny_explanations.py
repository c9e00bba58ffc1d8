"""Made-up explanations for tests of pages: one of every form, kind and grade in turn."""

from dataclasses import replace

import numpy as np

from report.measures.explanations.explanation import (
    Clause,
    Explanation,
    Faithfulness,
    Ladder,
    Memory,
    Miss,
    PairMap,
    Score,
    Sentence,
    Simulation,
)
from report.measures.measure import Measures

KINDS = (
    "character detector",
    "predictor",
    "counter",
    "tracker",
    "short context",
    "long memory",
    "mixed",
    "constant",
)


def tiny_explanation(number: int, characters: int) -> Explanation:
    """The ``number``-th of them, for a sample of ``characters`` characters."""
    kind = KINDS[number % len(KINDS)]
    r2 = (0.91, 0.72, 0.55, 0.31, 0.04)[number % 5]
    random = np.random.default_rng(number)
    clauses = np.where(random.random(characters) < 0.3, 0, -1)
    values = np.where(clauses == 0, 0.93, 0.1)
    return Explanation(
        kind=kind,
        sentence=sentence(kind),
        score=Score(r2, (r2 - 0.03, r2 + 0.03), -0.02, 0.4, max(0.0, r2) ** 0.5),
        memory=Memory((1, 2, 3, 6, 10, 20, 50), (0.3, 0.5, 0.6, 0.8, 0.89, 0.97, 1.0), 11, 20),
        ladder=Ladder((0.5, 0.7, 0.85, 0.91), 0.45, 0.64, 0.7, 0.95),
        simulation=Simulation(tuple(values.tolist()), tuple(clauses.tolist())),
        misses=(Miss(1_200, '\t<name lang="', "e", 'n">Fa', 0.91, 0.1),),
        pairs=PairMap(("e", "\t", "<"), ((0.5, None, 0.1), (-0.2, 0.3, 0.9), (0.0, 0.4, None))),
    )


def sentence(kind: str) -> Sentence:
    """Rules, a scorecard for mixed units, nothing for constant ones."""
    if kind == "constant":
        return Sentence("constant", (), 0.0, "always about 0.00")
    first = Clause("a tab, newline or < is expected", 0.93, 0.0, "", 0.3, 0.4)
    line = Clause("in the blanks that begin a line", -0.05, 0.17, "tag depth", 0.1, 0.1)
    if kind == "mixed":
        text = (
            "0.10; +0.93 if a tab, newline or < is expected; "
            "-0.05 +0.17 x tag depth if in the blanks that begin a line"
        )
        return Sentence("scorecard", (first, line), 0.1, text)
    text = (
        "+0.93 if a tab, newline or < is expected; else -0.05 +0.17 x tag depth "
        "if in the blanks that begin a line; else +0.10"
    )
    return Sentence("rules", (first, line), 0.1, text)


def with_explanations(measures: Measures, characters: int) -> Measures:
    """``measures`` with a made-up explanation of every unit, for a sample of ``characters``."""
    units = tuple(
        replace(one, explanation=tiny_explanation(number, characters))
        for number, one in enumerate(measures.units)
    )
    layers = sorted({one.layer for one in units})
    kept = tuple(Faithfulness(layer, 0.52, 1.45, 6.5, 4.9) for layer in layers)
    return replace(measures, units=units, faithfulness=kept)
