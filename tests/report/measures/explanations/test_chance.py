"""A sentence must tell more of half A than chance does."""

from functools import cache

import numpy as np
import pytest

from report.measures.explanations.chance import (
    HIGHEST,
    SHIFTS,
    TIMES,
    Chance,
    beyond,
    of_half_b,
)
from report.measures.explanations.sentence import Printed
from tests.report.measures.explanations.test_fit import HALF, fitted, prepared


def slow_states(units: int) -> np.ndarray:
    """(T, U) states that drift, and know nothing of the text."""
    random = np.random.default_rng(0)
    steps = random.normal(size=(2 * HALF, units)).astype(np.float32)
    found = np.zeros_like(steps)
    for place in range(1, len(steps)):
        found[place] = 0.8 * found[place - 1] + 0.3 * steps[place]
    return np.tanh(found)


@cache
def drifting() -> Chance:
    return Chance(fitted()[3], slow_states(40), slice(0, HALF), slice(HALF, 2 * HALF), 0)


def test_drifting_states_follow_clauses_by_luck_but_no_sentence_is_kept():
    _, named, facts, _, _ = fitted()
    chance, facts = drifting(), facts.at(slice(HALF, 2 * HALF))
    lucky = [
        of_half_b(found, states, facts, named)
        for found, states in zip(chance.found, chance.of_b, strict=True)
    ]
    assert np.max(lucky) > 0.01
    assert chance.null(facts, named).max() <= 0.01


def test_what_tells_twice_as_much_as_the_other_shifts_stays():
    chance = drifting()
    told = [max(one.told for one in found) for found in chance.found]
    assert chance.floor() == min(TIMES * max(told), HIGHEST)
    for own in range(SHIFTS):
        others = [one for place, one in enumerate(told) if place != own]
        assert chance.floor(own) == min(TIMES * max(others), HIGHEST)


def test_the_floor_is_no_higher_than_what_counts_as_unexplained():
    chance = drifting()
    chance.found[0][0] = Printed("rules", (), 0.0, 0.0, told=0.9)
    assert chance.floor() == HIGHEST
    drifting.cache_clear()


def test_a_sentence_below_the_floor_says_the_mean():
    sentences = fitted()[4]
    told = sentences[0].told
    assert told > 0.2
    assert beyond([sentences[0]], told) == [sentences[0]]
    (silent,) = beyond([sentences[0]], told + 1e-6)
    assert (silent.form, silent.terms, silent.rest) == ("rules", (), sentences[0].mean)


def test_what_a_sentence_tells_of_half_a_is_its_score_there():
    _, named, _, fitter, sentences = fitted()
    states = prepared()[3][:HALF].astype(float)
    for unit, one in enumerate(sentences):
        said = one.simulate(fitter.facts, named)[0]
        left = ((states[:, unit] - said) ** 2).sum()
        total = ((states[:, unit] - states[:, unit].mean()) ** 2).sum()
        assert one.told == pytest.approx(1 - left / total, abs=0.01)
        assert one.mean == pytest.approx(states[:, unit].mean(), abs=0.005)
