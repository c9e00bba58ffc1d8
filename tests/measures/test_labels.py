"""Scores against plain definitions; false labels on untrained networks and shuffled concepts."""

import numpy as np
import pytest

from jobs.network import initial_network
from jobs.synthetic import generate_xml
from report.measures.concepts import Concept, ConceptTable, evaluate, library
from report.measures.controls import best_threshold, chance, look_up
from report.measures.forward import stream_states
from report.measures.labels import LEAST_POSITIVE, fit, halves, usable_concepts
from report.measures.scores import auc, f1_interval, pearson_interval
from report.measures.verdicts import judge
from tests.golden_networks import QUOTE
from tests.measures.golden_measures import golden_run


def table_of(*columns, kinds=None):
    kinds = kinds or ["yes/no"] * len(columns)
    concepts = tuple(
        Concept(f"c{place}", "", "", kind, lambda text: np.zeros(len(text), bool))
        for place, kind in enumerate(kinds)
    )
    return ConceptTable(concepts, np.stack(columns, axis=1).astype(np.float32))


def noisy(truth, generator, spread=0.4):
    return (truth * 2.0 - 1.0 + generator.normal(0, spread, truth.shape)).astype(np.float32)


def test_fit_finds_sign_and_threshold_and_scores_the_other_half():
    generator = np.random.default_rng(0)
    truth = generator.random(2_000) < 0.3
    hidden = np.stack([noisy(truth, generator), -noisy(truth, generator)], axis=1)
    table = table_of(truth)
    found = fit(hidden, table)
    assert found.sign[:, 0].tolist() == [1, -1]
    part = halves(2_000).b
    for unit, sign in ((0, 1), (1, -1)):
        threshold = found.threshold[unit, 0]
        state = hidden[part, unit]
        predicted = state > threshold if sign > 0 else state <= threshold
        hits, real = (predicted & truth[part]).sum(), truth[part].sum()
        assert found.f1_b[unit, 0] == pytest.approx(2 * hits / (predicted.sum() + real))
        expected = np.corrcoef(predicted, truth[part])[0, 1]
        assert found.matthews_b[unit, 0] == pytest.approx(expected, abs=1e-6)
        correlation = sign * np.corrcoef(state, truth[part])[0, 1]
        assert found.strength_b[unit, 0] == pytest.approx(correlation, abs=1e-5)


def test_threshold_comes_from_half_a_alone():
    generator = np.random.default_rng(1)
    truth = generator.random(2_000) < 0.3
    hidden = noisy(truth, generator)[:, None]
    before = fit(hidden, table_of(truth))
    hidden[1_000:] = generator.normal(0, 5, (1_000, 1))
    after = fit(hidden, table_of(truth))
    assert before.threshold[0, 0] == after.threshold[0, 0]
    assert before.f1_a[0, 0] == after.f1_a[0, 0] and before.f1_b[0, 0] > after.f1_b[0, 0]


def test_rare_and_constant_concepts_are_left_out():
    rare = np.zeros(2_000)
    rare[: LEAST_POSITIVE - 1] = 1
    rare[-LEAST_POSITIVE:] = 1
    usual = np.arange(2_000) % 3 == 0
    table = table_of(rare, usual, np.full(2_000, 5.0), kinds=["yes/no", "yes/no", "number"])
    assert usable_concepts(table, halves(2_000)).tolist() == [False, True, False]


def test_look_up_knows_what_two_characters_tell_and_nothing_more():
    generator = np.random.default_rng(2)
    ids = generator.integers(0, 4, 4_000).astype(np.int32)
    pair = np.concatenate([[False], (ids[1:] == 2) & (ids[:-1] == 1)])
    third = np.concatenate([[False] * 2, (ids[:-2] == 1)])
    found = look_up(ids, -1, table_of(pair, third))
    assert found.f1_b[0] == 1.0 and found.strength_b[0] == 1.0
    assert found.strength_b[1] < 0.1


def test_chance_is_the_maximum_over_units_and_concepts():
    generator = np.random.default_rng(3)
    smooth = np.cumsum(generator.normal(0, 1, (4_000, 8)), axis=0).astype(np.float32)
    truth = np.repeat(generator.random(80) < 0.5, 50)
    table = table_of(truth, np.roll(truth, 900))
    few = chance(smooth[:, 3:4], table, np.random.default_rng(0))
    many = chance(smooth, table, np.random.default_rng(0))
    assert 0 < few.strength < many.strength < 1
    short = chance(smooth[:1_000], table_of(truth[:1_000]), np.random.default_rng(0))
    assert (short.strength, short.shifts) == (1.0, 0)


def test_best_threshold_maximises_f1():
    score = np.array([0.1, 0.2, 0.2, 0.7, 0.9], np.float32)
    truth = np.array([0, 0, 1, 1, 1], np.float32)
    assert best_threshold(score, truth) == pytest.approx(0.2)
    assert best_threshold(score, np.array([0, 0, 0, 1, 1], np.float32)) == pytest.approx(0.7)


def test_auc_and_intervals():
    score = np.array([1, 2, 2, 3], np.float32)
    assert auc(score, np.array([False, True, False, True])) == pytest.approx(3.5 / 4)
    assert auc(score, np.ones(4, bool)) == 0.5
    generator = np.random.default_rng(4)
    truth = np.repeat(generator.random(100) < 0.4, 50)
    predicted = truth ^ (generator.random(5_000) < 0.1)
    low, high = f1_interval(predicted, truth, 0)
    f1 = 2 * (predicted & truth).sum() / (predicted.sum() + truth.sum())
    assert low < f1 < high and 0.005 < high - low < 0.2
    low, high = pearson_interval(noisy(truth, generator), truth.astype(np.float32), 0)
    assert 0.7 < low < high < 1.0


def accepted(hidden, table, ids, before, fresh):
    null = chance(hidden, table, np.random.default_rng(0))
    labels = judge(
        hidden, table, fit(hidden, table), null, look_up(ids, before, table), fit(fresh, table), 0
    )
    return sum(label.accepted for label in labels)


def test_untrained_units_are_labelled_no_more_often_than_one_percent():
    text = generate_xml(12_000, 1).text
    alphabet = sorted(set(text))
    ids = np.array([alphabet.index(character) for character in text], np.int32)
    table = evaluate(library(), text[4_000:], text[:4_000])
    labelled = units = 0
    for seed in range(4):
        own, other = (
            stream_states(
                initial_network(len(alphabet), (50, 50), 10 * seed + more),
                ids[4_000:],
                ids[3_900:4_000],
                streams=16,
            )
            for more in (1, 2)
        )
        for hidden, fresh in zip(own, other, strict=True):
            labelled += accepted(hidden, table, ids[4_000:], int(ids[3_999]), fresh)
            units += hidden.shape[1]
    assert units == 400 and labelled <= 0.01 * units


def test_shuffled_concepts_label_nothing():
    run = golden_run(2)
    table = evaluate(library(), run.text, run.lead)
    hidden = np.concatenate([layer.hidden for layer in run.trace.layers], axis=1)
    quiet = np.zeros_like(hidden)
    ids, before = run.trace.ids, int(run.trace.context[-1])
    assert accepted(hidden, table, ids, before, quiet) == 8
    for shift in (700, 1_300, 2_100):
        moved = ConceptTable(table.concepts, np.roll(table.values, shift, axis=0))
        assert accepted(hidden, moved, ids, before, quiet) == 0


def test_a_state_that_mostly_shows_something_else_is_labelled_in_part():
    run = golden_run(1)
    table = evaluate(library(), run.text, run.lead)
    hidden = run.trace.layers[0].hidden.copy()
    quoted = hidden[:, QUOTE] > 0
    # the sign still tells the quote exactly, the size follows something else
    size = np.where(np.arange(len(hidden)) % 5 == 0, 0.9, 0.1)
    hidden[:, QUOTE] = np.where(quoted, size, -0.01).astype(np.float32)
    label = judge(
        hidden,
        table,
        fit(hidden, table),
        chance(hidden, table, np.random.default_rng(0)),
        look_up(run.trace.ids, int(run.trace.context[-1]), table),
        None,
        0,
    )[QUOTE]
    assert label.explained < 0.5 and label.accepted and not label.clear
