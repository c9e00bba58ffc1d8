"""Scores against plain definitions; false labels on untrained networks and shuffled concepts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from jobs.corpus.synthetic import generate_xml
from jobs.model.network import initial_network
from jobs.model.reading_mode import ReadingMode
from report.measures.ablation.numpy_reading import hidden_states
from report.measures.concepts.library import Concept, ConceptTable, evaluate, library
from report.measures.labels.controls import (
    UNTRAINED_UNITS,
    ShiftedHalf,
    best_threshold,
    bigram_baseline,
    shift_null,
)
from report.measures.labels.fit import LEAST_POSITIVE, fit, halves, usable_concepts
from report.measures.labels.scores import auc, f1_interval, mid_ranks, pearson_interval, spearman
from report.measures.labels.verdict import label_units
from report.measures.labels.within_bigram import bigram_ids, deviations
from report.measures.measure import untrained_states
from tests.support.golden_measures import golden_run
from tests.support.golden_networks import QUOTE


def table_of(*columns, kinds=None):
    kinds = kinds or ["yes/no"] * len(columns)
    concepts = tuple(
        Concept(f"c{place}", "", "", kind, lambda text: np.zeros(len(text), bool))
        for place, kind in enumerate(kinds)
    )
    return ConceptTable(concepts, np.stack(columns, axis=1).astype(np.float32))


SAME = np.zeros(2_000, np.int64)  # one bigram everywhere


def noisy(truth, generator, spread=0.4):
    return (truth * 2.0 - 1.0 + generator.normal(0, spread, truth.shape)).astype(np.float32)


def test_fit_finds_sign_and_threshold_and_scores_the_other_half():
    generator = np.random.default_rng(0)
    truth = generator.random(2_000) < 0.3
    hidden = np.stack([noisy(truth, generator), -noisy(truth, generator)], axis=1)
    table = table_of(truth)
    found = fit(hidden, table, SAME)
    assert found.sign[:, 0].tolist() == [1, -1]
    part = halves(2_000).evaluation
    for unit, sign in ((0, 1), (1, -1)):
        threshold = found.threshold[unit, 0]
        state = hidden[part, unit]
        predicted = state > threshold if sign > 0 else state <= threshold
        hits, real = (predicted & truth[part]).sum(), truth[part].sum()
        assert found.evaluation.f1[unit, 0] == pytest.approx(2 * hits / (predicted.sum() + real))
        expected = np.corrcoef(predicted, truth[part])[0, 1]
        assert found.evaluation.matthews[unit, 0] == pytest.approx(expected, abs=1e-6)
        correlation = sign * np.corrcoef(state, truth[part])[0, 1]
        assert found.evaluation.strength[unit, 0] == pytest.approx(correlation, abs=1e-5)


def test_threshold_comes_from_the_selection_half_alone():
    generator = np.random.default_rng(1)
    truth = generator.random(2_000) < 0.3
    hidden = noisy(truth, generator)[:, None]
    before = fit(hidden, table_of(truth), SAME)
    hidden[1_000:] = generator.normal(0, 5, (1_000, 1))
    after = fit(hidden, table_of(truth), SAME)
    assert before.threshold[0, 0] == after.threshold[0, 0]
    assert before.selection.f1[0, 0] == after.selection.f1[0, 0]
    assert before.evaluation.f1[0, 0] > after.evaluation.f1[0, 0]


def test_rare_and_constant_concepts_are_left_out():
    rare = np.zeros(2_000)
    rare[: LEAST_POSITIVE - 1] = 1
    rare[-LEAST_POSITIVE:] = 1
    usual = np.arange(2_000) % 3 == 0
    table = table_of(rare, usual, np.full(2_000, 5.0), kinds=["yes/no", "yes/no", "number"])
    assert usable_concepts(table, halves(2_000)).tolist() == [False, True, False]


def test_bigrams_know_what_two_characters_tell_and_nothing_more():
    generator = np.random.default_rng(2)
    ids = generator.integers(0, 4, 4_000).astype(np.int32)
    pair = np.concatenate([[False], (ids[1:] == 2) & (ids[:-1] == 1)])
    third = np.concatenate([[False] * 2, (ids[:-2] == 1)])
    found = bigram_baseline(ids, -1, table_of(pair, third))
    assert found.evaluation.f1[0] == 1.0 and found.evaluation.strength[0] == 1.0
    assert found.evaluation.strength[1] < 0.1


def test_the_shift_null_is_the_maximum_over_units_and_concepts():
    generator = np.random.default_rng(3)
    smooth = np.cumsum(generator.normal(0, 1, (4_000, 8)), axis=0).astype(np.float32)
    truth = np.repeat(generator.random(80) < 0.5, 50)
    table = table_of(truth, np.roll(truth, 900))
    bigrams = generator.integers(0, 30, 4_000)
    few = shift_null(smooth[:, 3:4], table, bigrams, np.random.default_rng(0))
    many = shift_null(smooth, table, bigrams, np.random.default_rng(0))
    assert 0 < few.strength < many.strength < 1
    assert 0 < few.within_bigram < many.within_bigram < 1
    assert many.within_bigram != many.strength
    one = shift_null(smooth, table, np.zeros(4_000, np.int64), np.random.default_rng(0))
    assert one.within_bigram == pytest.approx(one.strength, abs=1e-5)
    short = shift_null(smooth[:1_000], table_of(truth[:1_000]), bigrams, np.random.default_rng(0))
    assert (short.strength, short.within_bigram, short.shifts) == (1.0, 1.0, 0)


def test_shifted_halves_correlate_over_all_places_and_within_bigrams():
    generator = np.random.default_rng(5)
    bigrams = generator.integers(0, 40, 1_000)
    hidden = (generator.normal(0, 1, (1_000, 3)) + bigrams[:, None] / 20).astype(np.float32)
    columns = np.stack([hidden[:, 0] > 0.5, generator.random(1_000) < 0.1], axis=1)
    columns = np.concatenate([columns, bigrams[:, None] % 2], axis=1).astype(np.float32)
    overall, within = ShiftedHalf(hidden, bigrams).correlations(columns)
    for unit in range(3):
        for column in range(3):
            state, truth = hidden[:, unit], columns[:, column]
            expected = np.corrcoef(state, truth)[0, 1]
            assert overall[unit, column] == pytest.approx(expected, abs=1e-4)
            if column == 2:  # told by the bigram: nothing is left within it
                assert within[unit, column] == 0.0
                continue
            left = [
                np.concatenate(
                    [one[bigrams == pair] - one[bigrams == pair].mean() for pair in range(40)]
                )
                for one in (state, truth)
            ]
            expected = np.corrcoef(*left)[0, 1]
            assert within[unit, column] == pytest.approx(expected, abs=1e-4)


def test_deviations_are_from_the_mean_of_the_same_two_characters():
    ids = np.array([1, 2, 1, 2, 0], np.int32)
    bigrams = bigram_ids(ids, 2)
    assert [bigrams[0] == bigrams[2], bigrams[1] == bigrams[3], bigrams[0] == bigrams[1]] == [
        True,
        True,
        False,
    ]
    assert bigram_ids(ids, -1)[0] not in bigram_ids(ids, -1)[1:]
    values = np.array([[1.0], [5.0], [3.0], [9.0], [7.0]], np.float32)
    assert deviations(values, bigrams).ravel().tolist() == [-1.0, -2.0, 1.0, 2.0, 0.0]


def test_best_threshold_maximises_f1():
    score = np.array([0.1, 0.2, 0.2, 0.7, 0.9], np.float32)
    truth = np.array([0, 0, 1, 1, 1], np.float32)
    assert best_threshold(score, truth) == pytest.approx(0.2)
    assert best_threshold(score, np.array([0, 0, 0, 1, 1], np.float32)) == pytest.approx(0.7)


@pytest.mark.parametrize("decimals", [1, 6])
def test_ranks_and_their_correlation_are_those_of_scipy(decimals):
    left, right = np.random.default_rng(8).normal(size=(2, 300)).round(decimals).astype(np.float32)
    np.testing.assert_array_equal(mid_ranks(left), stats.rankdata(left))
    assert spearman(left, right) == pytest.approx(stats.spearmanr(left, right).statistic)
    assert spearman(left, np.zeros(300, np.float32)) == 0.0


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


def labels_of(hidden, table, ids, before, fresh):
    bigram = bigram_baseline(ids, before, table)
    null = shift_null(hidden, table, bigram.bigrams, np.random.default_rng(0))
    scores = fit(hidden, table, bigram.bigrams)
    untrained = None if fresh is None else fit(fresh, table, bigram.bigrams)
    return label_units(hidden, table, scores, null, bigram, untrained, 0)


def counted(labels):
    return sum(label.accepted for label in labels), sum(label.partly for label in labels)


@pytest.mark.long
def test_untrained_units_are_labelled_no_more_often_than_one_percent():
    text = generate_xml(12_000, 1).text
    alphabet = sorted(set(text))
    ids = np.array([alphabet.index(character) for character in text], np.int32)
    table = evaluate(library(), text[4_000:], text[:4_000])

    def states(seed):
        network = initial_network(len(alphabet), (50, 50), seed)
        return hidden_states(network, ids[4_000:], ids[3_900:4_000], 0, streams=16)

    labelled = units = 0
    for seed in range(4):
        others = [states(1_000 * seed + more) for more in range(1, 5)]
        for layer, hidden in enumerate(states(1_000 * seed)):
            fresh = np.concatenate([other[layer] for other in others], axis=1)
            labels = labels_of(hidden, table, ids[4_000:], int(ids[3_999]), fresh)
            labelled += sum(counted(labels))
            units += len(labels)
    assert units == 400 and labelled <= 0.01 * units


def test_enough_units_of_untrained_networks_are_the_bar():
    run = golden_run(2)
    states = untrained_states(run.network, run.trace, 0)
    size = run.network.sizes[0]
    assert len(states) == 2
    for layer in states:
        assert UNTRAINED_UNITS <= layer.shape[1] < UNTRAINED_UNITS + size
        assert len(layer) == run.trace.characters
        copies = layer.reshape(len(layer), -1, size)
        assert np.abs(copies[:, 0] - copies[:, 1]).max() > 0.01  # different weights


@pytest.mark.parametrize("window", [0, 6])
def test_an_untrained_network_of_a_number_is_the_same_beside_others(window):
    run = golden_run(2)
    text = replace(run.trace, mode=ReadingMode(window))
    together = untrained_states(run.network, text, 0, [1, 2, 3])
    for layer, states in enumerate(together):
        size = run.network.sizes[layer]
        for number in (1, 2, 3):
            alone = untrained_states(run.network, text, 0, [number])[layer]
            own = states[:, (number - 1) * size : number * size]
            np.testing.assert_array_equal(own, alone)


def test_shuffled_concepts_label_nothing():
    run = golden_run(2)
    table = evaluate(library(), run.text, run.lead)
    hidden = np.concatenate([layer.hidden for layer in run.trace.layers], axis=1)
    quiet = np.zeros_like(hidden)
    ids, before = run.trace.ids, int(run.trace.context[-1])
    assert counted(labels_of(hidden, table, ids, before, quiet)) == (8, 0)
    for shift in (700, 1_300, 2_100):
        moved = ConceptTable(table.concepts, np.roll(table.values, shift, axis=0))
        assert counted(labels_of(hidden, moved, ids, before, quiet)) == (0, 0)


def test_a_state_that_mostly_shows_something_else_is_labelled_but_explains_little():
    run = golden_run(1)
    table = evaluate(library(), run.text, run.lead)
    hidden = run.trace.layers[0].hidden.copy()
    quoted = hidden[:, QUOTE] > 0
    # the sign still tells the quote exactly, the size follows something else
    size = np.where(np.arange(len(hidden)) % 5 == 0, 0.9, 0.1)
    hidden[:, QUOTE] = np.where(quoted, size, -0.01).astype(np.float32)
    label = labels_of(hidden, table, run.trace.ids, int(run.trace.context[-1]), None)[QUOTE]
    assert label.explained < 0.5 and label.accepted


class Mixed:
    """A text of two characters, and a concept that the current one tells in nine cases of ten."""

    def __init__(self):
        generator = np.random.default_rng(6)
        self.ids = generator.integers(0, 2, 6_000).astype(np.int32)
        state = np.repeat(generator.random(120) < 0.5, 50)  # carried for 50 characters
        self.truth = np.where(generator.random(6_000) < 0.1, state, self.ids == 1)
        self.generator = generator

    def label(self, hidden, fresh=None):
        table = table_of(self.truth)
        states = np.asarray(hidden, np.float32)[:, None]
        return labels_of(states, table, self.ids, -1, fresh)[0]

    def noise(self, spread):
        return self.generator.normal(0, spread, len(self.ids))


def test_a_unit_that_reads_the_character_alone_is_not_labelled():
    text = Mixed()
    label = text.label((text.ids == 1) + text.noise(0.05))
    assert label.verdict == "characters"
    assert label.score.shown > 0.9 and abs(label.within_bigram.strength) < label.within_bigram.null


def test_a_unit_that_adds_memory_to_the_character_follows_in_part():
    text = Mixed()
    hidden = text.truth * 0.8 + (text.ids == 1) * 0.4 + text.noise(0.45)
    label = text.label(hidden)
    assert label.score.shown < label.bigram.shown  # the table answers better
    assert (label.verdict, label.accepted, label.partly) == ("partly", False, True)
    assert label.named == "partly c0"
    low, high = label.within_bigram.interval
    assert low < label.within_bigram.strength < high
    assert label.margin == pytest.approx(
        low - max(label.within_bigram.null, label.within_bigram.untrained)
    )
    # the same memory in untrained networks is the echo of the text
    again = text.label(hidden, fresh=(hidden * -1)[:, None].astype(np.float32))
    assert again.verdict == "characters" and again.within_bigram.untrained == pytest.approx(
        abs(again.within_bigram.strength), abs=1e-5
    )


def test_a_faint_memory_is_no_label():
    text = Mixed()
    hidden = text.truth * 0.8 + (text.ids == 1) * 0.4 + text.noise(1.2)
    label = text.label(hidden)
    assert label.within_bigram.margin > 0 and label.strength_interval[0] < 0.5 < label.interval[0]
    assert label.verdict == "characters" and label.named == ""


def test_the_concept_that_is_remembered_is_chosen_before_a_stronger_one():
    text = Mixed()
    hidden = text.truth * 0.4 + (text.ids == 1) * 0.8 + text.noise(0.4)
    table = table_of(text.ids == 1, text.truth)
    label = labels_of(hidden.astype(np.float32)[:, None], table, text.ids, -1, None)[0]
    strength = np.corrcoef(hidden, text.ids == 1)[0, 1]
    assert strength > label.score.strength  # what it is most, the character tells
    assert label.concept == "c1" and label.partly
