"""The noise floor is measured by a sweep; without one that is said."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.config.schema import TrainingConfig
from report.compare.difference import compare
from report.compare.gate import check_gate
from report.compare.gate_file import Gate
from report.compare.output import text
from report.compare.seed_noise import SeedNoise, seed_noise
from report.compare.wording import interval_words
from tests.support.compare_runs import network, text_of, view

TEXT = text_of(4_000, 3)
SIZE = len(set(TEXT))
LIMIT = Gate(max_bpc_increase=0.0)


def noisier(seed):
    """A run whose network predicts a little worse than that of seed 0 on the same text."""
    net = network(0, SIZE)
    rest = np.random.default_rng(seed).normal(0, 0.5, net.output_bias.shape).astype(np.float32)
    return view(replace(net, output_bias=net.output_bias + rest), text=TEXT, seed=seed)


OLD = view(network(0, SIZE), text=TEXT)
WIDE = SeedNoise(5, 1.0, 50.0, (0.03, 0.05))
NARROW = SeedNoise(5, 1e-6, 1e-5, ())


def test_the_floor_is_the_prediction_interval_of_a_difference():
    noise = seed_noise([0.517, 0.544, 0.556, 0.547, 0.562], [[0.5, 0.6, 0.5, 0.6, 0.5]])
    assert noise.bits_sd == pytest.approx(0.01733, abs=1e-4)
    assert noise.bits == pytest.approx(2.776 * np.sqrt(2) * 0.01733, abs=1e-3)
    assert len(noise.explained) == 1
    draws = np.random.default_rng(0).normal(0, 1, (4_000, 7))
    inside = [abs(row[5] - row[6]) <= seed_noise(row[:5].tolist(), []).bits for row in draws]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.012)
    assert seed_noise([0.5], []) is None


def test_another_seed_is_judged_where_its_noise_is_measured():
    new = noisier(1)
    assert compare(OLD, new).quality.verdict == "n/a"
    assert "is not measured (`neuronario sweep` does)" in text(compare(OLD, new))
    assert compare(OLD, new, noise=WIDE).quality.verdict == "no clear change"
    judged = compare(OLD, new, noise=NARROW)
    assert judged.quality.verdict == "worse"
    assert "seed differs; another seed alone changes up to 0.000 bits (5 seeds)" in text(judged)


def test_other_settings_have_no_verdict_whatever_is_measured():
    new = replace(
        noisier(0), config=OLD.config.model_copy(update={"training": TrainingConfig(epochs=3)})
    )
    assert compare(OLD, new, noise=NARROW).quality.verdict == "n/a"


def test_the_measured_floor_takes_the_place_of_the_assumed_one():
    new = noisier(0)
    assumed, measured = compare(OLD, new), compare(OLD, new, noise=WIDE)
    assert (assumed.quality.verdict, measured.quality.verdict) == ("worse", "no clear change")
    assert "no sweep has measured it" in interval_words(assumed.quality)
    assert "50.000 bits, by which two seeds" in interval_words(measured.quality)
    assert "(5 were measured)" in interval_words(measured.quality)


def test_a_gate_allows_what_another_seed_alone_may_give():
    (assumed,) = check_gate(LIMIT, compare(OLD, noisier(0))).checks
    assert not assumed.passed and "is not measured" in assumed.reason
    (measured,) = check_gate(LIMIT, compare(OLD, noisier(0), noise=WIDE)).checks
    assert measured.passed and "up to 50.000 bits (5 seeds)" in measured.reason
    (narrow,) = check_gate(LIMIT, compare(OLD, noisier(1), noise=NARROW)).checks
    assert not narrow.passed
    (other,) = check_gate(LIMIT, compare(OLD, noisier(1))).checks
    assert other.passed and "not compared" in other.reason
