"""The fit: printed sentences are what is simulated; causal, deterministic, nothing in noise."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from jobs.model.network import initial_network
from report.measures import parallel
from report.measures.ablation.numpy_reading import hidden_states
from report.measures.concepts.library import evaluate, library
from report.measures.explanations.clauses import CLAUSE, FURTHER, Found, best_clauses
from report.measures.explanations.expected import Text as Reading
from report.measures.explanations.expected import expected
from report.measures.explanations.features import Facts, Flag, Text, vocabulary
from report.measures.explanations.fit import Fitter, simulate
from report.measures.explanations.rules import rule_gain
from report.measures.explanations.search import NONE, Condition
from report.measures.explanations.sentence import printed
from report.measures.explanations.tables import r_squared
from report.measures.explanations.values import Fit
from tests.support.slow_sentence import SlowText
from tests.support.slow_sentence import simulate as slow_simulate
from tests.support.tiny_view import XML

HALF = 1_500
BEFORE = 20
TWO = ("inside a tag, between < and >", "inside a word, after its first letter")


@cache
def prepared():
    """A text of countries with some disorder, its facts and the states of a random LSTM on it."""
    random = np.random.default_rng(5)
    rows = [part + "\n" for part in XML.split("\n") if part]
    text = "".join(rows[int(random.integers(len(rows)))] for _ in range(400))[: 2 * HALF + BEFORE]
    alphabet = tuple(sorted(set(text)))
    ids = np.array([alphabet.index(one) for one in text], np.int32)
    context, ids = ids[:BEFORE], ids[BEFORE:]
    network = initial_network(len(alphabet), (6,), 3)
    states = hidden_states(network, ids, context, 0)[0] * 3
    return alphabet, context, ids, np.clip(states, -0.99, 0.99).astype(np.float32)


def read(ids):
    alphabet, context, own, _ = prepared()
    table = evaluate(
        library(),
        "".join(alphabet[index] for index in ids),
        "".join(alphabet[index] for index in context),
    )
    following = expected(own, [Reading(ids, context)], len(alphabet), HALF)[0]
    return Text(ids, context, following, table)


@cache
def fitted():
    alphabet, _, ids, states = prepared()
    text = read(ids)
    named = vocabulary(text, alphabet, slice(0, HALF))
    facts = named.facts(text)
    fitter = Fitter(named, facts.at(slice(0, HALF)))
    with parallel.one_core_each():
        return text, named, facts, fitter, fitter.sentences(states[:HALF])


def score(fitter, facts, named, states):
    found = fitter.sentences(states[:HALF])
    said = simulate(found, facts.at(slice(HALF, 2 * HALF)), named)
    return r_squared(states[HALF : 2 * HALF].astype(float), said)


def test_the_printed_line_read_by_another_reader_says_the_same():
    text, named, facts, _, sentences = fitted()
    alphabet, context, ids, states = prepared()
    slow = SlowText(
        text="".join(alphabet[index] for index in ids),
        before="".join(alphabet[index] for index in context),
        expected=[alphabet[index] for index in text.expected],
        facts={
            text.table.concepts[column].english: text.table.values[:, column] > 0
            for column in named.concepts
        },
        numbers=dict(zip(named.numbers, facts.numbers.astype(float), strict=True)),
    )
    forms = set()
    for unit, one in enumerate(sentences):
        values = one.simulate(facts, named)[0]
        line = one.text(named)
        again = np.array(slow_simulate(line, slow))
        assert np.abs(values - again).max() < 0.0051, line
        forms.add(one.form)
        b = slice(HALF, 2 * HALF)
        h = states[b, unit].astype(float)[:, None]
        assert r_squared(h, values[b, None]) == pytest.approx(
            r_squared(h, again[b, None]), abs=2e-3
        )
    assert forms <= {"rules", "scorecard"} and forms


def test_later_characters_change_nothing_before_them():
    _, named, facts, _, sentences = fitted()
    _, _, ids, _ = prepared()
    other = ids.copy()
    other[1_000:] = np.roll(other[1_000:], 333)
    changed = named.facts(read(other))
    assert np.array_equal(changed.symbols[:4, :1_000], facts.symbols[:4, :1_000])
    for one in sentences:
        assert np.array_equal(
            one.simulate(changed, named)[0][:1_000], one.simulate(facts, named)[0][:1_000]
        )
    assert any(
        not np.array_equal(one.simulate(changed, named)[0], one.simulate(facts, named)[0])
        for one in sentences
    )


def test_units_of_a_random_network_are_explained_and_noise_is_not():
    _, named, facts, fitter, _ = fitted()
    states = prepared()[3]
    assert np.median(score(fitter, facts, named, states)) > 0.6
    noise = np.random.default_rng(1).normal(0, 0.4, states.shape).astype(np.float32)
    assert score(fitter, facts, named, noise).max() <= 0.01


def test_clauses_are_few_and_worth_their_place():
    _, named, _, _, sentences = fitted()
    for one in sentences:
        assert 1 <= len(one.terms) <= 8
        for term in one.terms:
            assert term.worth >= 0.0049
            assert term.value == round(term.value, 2)
            for condition in term.found.conditions:
                assert len(condition.plus) + len(condition.minus) <= 6
                assert condition.place < 0 or condition.plus, one.text(named)


def said(state):
    """The sentence of one ``state`` (HALF,)."""
    return fitted()[3].sentences(state[:, None].astype(np.float32))[0]


def flag(name):
    _, named, facts, _, _ = fitted()
    words = [one.words for one in named.flags]
    return facts.flags[words.index(name), :HALF]


@pytest.mark.parametrize(("second", "clauses"), [(0.08, 2), (0.02, 1)])
def test_a_clause_worth_less_than_half_a_percent_is_not_said(second, clauses):
    inside, letter = map(flag, TWO)
    other = letter.astype(float) - np.polyval(np.polyfit(inside, letter, 1), inside)
    state = 0.8 * (inside - inside.mean()) / inside.std() + second * other / other.std()
    assert (second**2 / (0.8**2 + second**2) > 0.005) == (clauses == 2)
    found = said(0.5 * state)
    assert len(found.terms) == clauses, found.text(fitted()[1])


@pytest.mark.parametrize(("share", "clauses"), [(0.014, 6), (0.008, 5)])
def test_a_sixth_clause_must_be_worth_more_than_one_of_the_first_five(share, clauses):
    assert share > CLAUSE and (share > FURTHER) == (clauses == 6)
    flags = np.random.default_rng(3).random((6, HALF)) < 0.5
    parts = 2.0 * flags - 1.0
    y = np.sqrt([0.3, 0.25, 0.2, 0.15, 0.1 - share, share]) @ parts
    _, named, facts, _, _ = fitted()
    nowhere = np.full_like(facts.symbols[:, :HALF], named.symbols.count)
    named = replace(
        named, concepts=(), numbers=(), strings=(), flags=tuple(Flag(one, one) for one in "abcdef")
    )
    fitter = Fitter(named, Facts(nowhere, flags, np.zeros((0, HALF), np.float32)))
    found = fitter.sentences((0.5 * y / y.std()).astype(np.float32)[:, None])[0]
    assert (found.form, len(found.terms)) == ("scorecard", clauses)


def test_a_line_is_held_against_clauses_that_are_as_short():
    """Four letters by kind tell more, but take three conditions or more; a line takes two."""
    _, named, facts, fitter, _ = fitted()
    number = named.numbers.index("characters since the last «<»")
    inside, symbols = flag(TWO[0]), named.symbols
    vowels = symbols.belongs[symbols.items.index("a vowel")][fitter.facts.symbols[:4]]
    letters = symbols.belongs[symbols.items.index("a letter")][fitter.facts.symbols[:4]]
    line = np.where(inside, np.minimum(facts.numbers[number, :HALF], 30), 0.0)
    line[inside] -= line[inside].mean()
    four = (letters & (vowels == [[False], [True], [False], [True]])).all(0)
    y = line / line.std() + 1.36 * (four - four.mean()) / four.std()
    y = (y / y.std()).astype(np.float32)[None]
    weights = np.stack([y, np.ones_like(y), 0 * y])
    found = best_clauses(fitter.half, weights, rule_gain, always=False)[0][0]
    assert found.number == number and len(found.conditions) == 1


def test_a_scorecard_says_a_single_condition_without_denying_it():
    _, named, _, fitter, _ = fitted()
    common = [one for one in range(len(named.flags)) if fitter.facts.flags[one].mean() > 0.6]
    assert common
    for one in common:
        denied = Found((Condition(NONE, one, (), (), True),))
        state = np.where(fitter.facts.flags[one], 0.3, -0.2)
        found = printed("scorecard", [denied], fitter.facts, named, state)
        assert not found.terms[0].found.conditions[0].denied
        assert (found.terms[0].value, found.rest) == (0.5, -0.2)
        assert np.array_equal(found.simulate(fitter.facts, named)[0], state)


def test_order_of_units_changes_nothing():
    _, named, _, fitter, sentences = fitted()
    order = np.random.default_rng(0).permutation(6)
    with parallel.one_core_each():
        again = fitter.sentences(prepared()[3][:HALF, order])
    for place, unit in enumerate(order):
        assert again[place].text(named) == sentences[unit].text(named)


def test_one_core_and_two_give_the_same_bits(monkeypatch):
    _, _, _, fitter, _ = fitted()
    many = np.concatenate([np.roll(prepared()[3], shift, 0) for shift in range(0, 60, 6)], 1)
    with parallel.one_core_each():
        two = fitter.sentences(many[:HALF])
        monkeypatch.setattr(parallel, "AT_ONCE", 1)
        one = fitter.sentences(many[:HALF])
    assert one == two and len(one) == 60


@pytest.mark.parametrize("form", ["rules", "scorecard"])
def test_values_of_many_lists_are_the_least_squares_of_each(form):
    """Lists of unlike length, with and without a number, fitted in one go."""
    _, named, _, fitter, sentences = fitted()
    state = prepared()[3][:HALF, 0].astype(float)
    parts = [Found((one,)) for term in sentences[0].terms for one in term.found.conditions][:3]
    assert len(parts) == 3
    lists = [parts, [replace(parts[0], number=0), parts[1]], [], parts[:1]]
    used = [clause for one in lists for clause in one]
    found = Fit(form, used, fitter.facts, named, state).values(lists)
    for clauses, (values, left) in zip(lists, found, strict=True):
        holds = [one.holds(fitter.facts, named.symbols) for one in clauses]
        if form == "rules":
            holds = [one & ~np.any(holds[:place], axis=0) for place, one in enumerate(holds)]
        rest = np.ones(HALF, bool) if form == "scorecard" else ~np.any(holds, axis=0)
        rows = [*holds, rest * np.ones(HALF)]
        lines = [
            fitter.facts.numbers[one.number] * mask
            for one, mask in zip(clauses, holds, strict=True)
            if one.number != NONE
        ]
        design = np.array([*rows, *lines]).T
        best, *_ = np.linalg.lstsq(design, state, rcond=None)
        assert left == pytest.approx(((state - design @ best) ** 2).sum(), rel=1e-4)
        assert [value for value, _ in values] == pytest.approx(best[: len(rows)], abs=1e-3)
        slopes = [slope for _, slope in values if slope]
        assert slopes == pytest.approx(best[len(rows) :], abs=1e-3)
