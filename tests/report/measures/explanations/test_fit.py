"""The fit: printed sentences are what is simulated; causal, deterministic, nothing in noise."""

from functools import cache

import numpy as np
import pytest

from jobs.model.network import initial_network
from report.measures import parallel
from report.measures.ablation.numpy_cells import stream_states
from report.measures.concepts.library import evaluate, library
from report.measures.explanations.expected import Text as Reading
from report.measures.explanations.expected import expected
from report.measures.explanations.features import Text, vocabulary
from report.measures.explanations.fit import Fitter, simulate
from report.measures.explanations.tables import r_squared
from tests.support.slow_sentence import SlowText
from tests.support.slow_sentence import simulate as slow_simulate
from tests.support.tiny_view import XML

HALF = 1_500
BEFORE = 20


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
    states = stream_states(network, ids, context)[0] * 3
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
    named = vocabulary(text, alphabet, HALF)
    facts = named.facts(text)
    fitter = Fitter(named, facts, HALF)
    with parallel.one_core_each():
        return text, named, facts, fitter, fitter.sentences(states[:HALF])


def score(fitter, facts, named, states):
    found = fitter.sentences(states[:HALF])
    said = simulate(found, facts.part(HALF, 2 * HALF), named)
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
        assert 1 <= len(one.terms) <= 5
        for term in one.terms:
            assert term.worth >= 0.0049
            assert term.value == round(term.value, 2)
            for condition in term.found.conditions:
                assert len(condition.plus) + len(condition.minus) <= 6
                assert condition.place < 0 or condition.plus, one.text(named)


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
