import numpy as np
import pytest

from jobs.config.schema import ReportConfig
from report.measures.activation import (
    activation,
    character_means,
    units_below_threshold,
)
from report.run_view import Unit
from tests.support.tiny_view import tiny_view


def test_statistics_by_hand():
    hidden = np.array([[0.5, -0.95], [-0.5, 0.95], [0.0, 0.95]], np.float32)
    found = activation(hidden)
    assert found.characters == 3
    np.testing.assert_allclose(found.mean, [0, 0.95 / 3], atol=1e-7)
    np.testing.assert_allclose(found.standard_deviation, hidden.std(0), atol=1e-6)
    np.testing.assert_allclose(found.minimum, [-0.5, -0.95], atol=1e-7)
    np.testing.assert_allclose(found.maximum, [0.5, 0.95], atol=1e-7)
    np.testing.assert_allclose(found.mean_absolute, [1 / 3, 0.95], atol=1e-7)
    np.testing.assert_allclose(found.saturated, [0, 1])


def test_character_means_by_hand():
    ids = np.array([0, 2, 0, 2], np.int32)
    hidden = np.array([[0.1], [0.4], [0.3], [0.8]], np.float32)
    found = character_means(ids, hidden)
    assert found.ids.tolist() == [0, 2]
    assert found.counts.tolist() == [2, 2]
    np.testing.assert_allclose(found.means[:, 0], [0.2, 0.6], atol=1e-7)
    between = 0.2**2
    np.testing.assert_allclose(found.explained, [between / hidden.var()], rtol=1e-5)


def test_too_short_a_text_claims_nothing():
    found = character_means(np.arange(50, dtype=np.int32), np.zeros((50, 1), np.float32))
    assert not found.beyond_chance.any()
    assert found.explained_by_chance.tolist() == [1.0]


@pytest.fixture(scope="module")
def random_text():
    return np.random.default_rng(5).integers(0, 20, 6_000).astype(np.int32)


def test_a_unit_that_follows_a_character_is_beyond_chance(random_text):
    noise = np.random.default_rng(6).normal(0, 0.1, random_text.shape)
    hidden = (np.where(random_text == 3, 0.8, -0.2) + noise).astype(np.float32)[:, None]
    found = character_means(random_text, hidden)
    assert found.beyond_chance[3, 0]
    assert found.explained[0] > 0.7 > found.explained_by_chance[0]


def test_a_unit_that_only_drifts_is_not(random_text):
    """A slow unit has large per-character means in any text; the shifts know that."""
    claims = []
    for seed in range(10):
        steps = np.random.default_rng(seed).normal(0, 0.1, random_text.shape)
        drift = np.tanh(np.cumsum(steps)).astype(np.float32)[:, None]
        claims.append(character_means(random_text, drift).beyond_chance.mean())
    assert np.mean(claims) < 0.05


def test_threshold_looks_at_the_whole_text():
    """The notebook's fifth defect: it looked at the first character only."""
    view = tiny_view()
    states = np.abs(view.sample.layers[0].hidden)
    mean, first = states.mean(0), states[0]
    # a threshold between a unit's first value and its mean tells the two readings apart
    unit = int(np.argmax(np.abs(mean - first)))
    threshold = float((mean[unit] + first[unit]) / 2)
    left_out = units_below_threshold(tiny_view(report=ReportConfig(min_mean_activation=threshold)))
    assert (Unit(1, unit) in left_out) == (mean[unit] < threshold)
    assert (Unit(1, unit) in left_out) != (first[unit] < threshold)
    for found, value in left_out.items():
        expected = np.abs(found.of(view.sample.layers).hidden)[:, found.index].mean()
        assert value == pytest.approx(expected, abs=1e-6)


def test_threshold_zero_leaves_nobody_out():
    assert units_below_threshold(tiny_view()) == {}
