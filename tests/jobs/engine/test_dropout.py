"""Dropout: the right share, the same for the same step, other for every other."""

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine.dropout import dropout_factors

SIZES = (40, 30)


def drawn(step=0, part=0, seed=1, rate=0.3):
    return [
        factors.numpy()
        for factors in dropout_factors(rate, seed, tf.constant(step), part, SIZES, 50, 20)
    ]


def test_the_share_is_zeroed_and_the_mean_stays():
    first, second = drawn()
    assert first.shape == (50, 20, 40)
    assert second.shape == (50, 20, 30)
    np.testing.assert_allclose(np.unique(first), [0.0, 1 / 0.7], rtol=1e-6)
    assert (first == 0).mean() == pytest.approx(0.3, abs=0.01)  # 40,000 draws: 4 deviations
    assert first.mean() == pytest.approx(1.0, abs=0.015)


def test_every_step_part_layer_and_seed_draws_its_own():
    first, second = drawn()
    np.testing.assert_array_equal(first, drawn()[0])
    assert np.any(first[..., :30] != second)
    for other in (drawn(step=1), drawn(part=1), drawn(seed=2)):
        kept = ((first > 0) == (other[0] > 0)).mean()
        assert kept == pytest.approx(0.7 * 0.7 + 0.3 * 0.3, abs=0.015)  # as if independent


def test_no_rate_no_factors():
    assert dropout_factors(0.0, 1, tf.constant(0), 0, SIZES, 5, 2) is None


def test_a_seed_of_32_bits_is_taken():
    assert drawn(seed=2**32 - 1)[0].shape == (50, 20, 40)
