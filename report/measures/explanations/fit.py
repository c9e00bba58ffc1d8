"""The whole fit: from states to printed sentences, many units at once.

The same procedure makes the sentences of a run's units, of circularly shifted states (the null) and
of an untrained network (the control). Units are taken ``TOGETHER`` at a time, each group on one
core, so that results do not depend on the number of cores.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.explanations.clauses import CLAUSES, Half, half_of
from report.measures.explanations.columns import columns
from report.measures.explanations.explanation import Form
from report.measures.explanations.features import Facts, Vocabulary
from report.measures.explanations.rules import RuleLists
from report.measures.explanations.scorecard import Scorecards
from report.measures.explanations.sentence import Printed, printed
from report.measures.health import CONSTANT
from report.measures.parallel import side_by_side

TOGETHER = 50  # units
# rules are easier to read: a scorecard must tell so much more of the variance of half A
PREFERENCE = 0.02
CHOSEN_AFTER = 4  # clauses: further ones are searched for the better form alone


class Fitter:
    """Makes sentences from a vocabulary and the facts of half A."""

    def __init__(self, vocabulary: Vocabulary, facts: Facts) -> None:
        self.vocabulary, self.facts = vocabulary, facts
        matrix = columns(vocabulary, facts)
        self.half: Half = half_of(matrix, self.facts, len(vocabulary.concepts))

    def sentences(self, states: Float) -> list[Printed]:
        """One sentence for each column of ``states`` (T, U), of half A."""
        groups = [
            states[:, start : start + TOGETHER] for start in range(0, states.shape[1], TOGETHER)
        ]
        return [one for group in side_by_side(self._group, groups) for one in group]

    def _group(self, states: Float) -> list[Printed]:
        raw = states.T.astype(np.float64)
        deviation = raw.std(1)
        live = np.flatnonzero(deviation >= CONSTANT)
        centred = raw[live] - raw[live].mean(1, keepdims=True)
        y = (centred / deviation[live, None]).astype(np.float32)
        means = [round(float(row.mean()), 2) + 0.0 for row in raw]
        found = [Printed("constant", (), mean, mean) for mean in means]
        if len(live) == 0:
            return found
        rules, cards = RuleLists(self.half, y), Scorecards(self.half, y)
        everything = np.arange(len(y))
        rules.grow(everything, range(CHOSEN_AFTER))
        cards.grow(everything, range(CHOSEN_AFTER))
        scored = cards.error < rules.error - PREFERENCE * self.half.size
        for lists, chosen in ((cards, np.flatnonzero(scored)), (rules, np.flatnonzero(~scored))):
            lists.grow(chosen, range(CHOSEN_AFTER, CLAUSES))
        for place, unit in enumerate(live):
            form: Form = "scorecard" if scored[place] else "rules"
            clauses = (cards if scored[place] else rules).clauses[place]
            found[unit] = printed(form, clauses, self.facts, self.vocabulary, raw[unit])
        return found


def simulate(
    sentences: Sequence[Printed], facts: Facts, vocabulary: Vocabulary
) -> NDArray[np.float64]:
    """(T, U) what the sentences say of a text."""
    rows = side_by_side(lambda one: one.simulate(facts, vocabulary)[0], sentences)
    return np.array(rows).T
