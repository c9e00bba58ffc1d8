"""The optimiser against Keras' own."""

import numpy as np
import tensorflow as tf

from jobs.engine.adam import adam, clipped, global_norm, scheduled_rate, zero_moments
from jobs.engine.layers import to_device, to_network
from tests.support.engine_cases import random_network


def test_ten_steps_equal_keras():
    weights = to_device(random_network(seed=1))
    moments = zero_moments(weights)
    variables = [tf.Variable(array) for array in tf.nest.flatten(weights)]
    optimiser = tf.keras.optimizers.Adam(0.01)
    for number in range(1, 11):
        gradients = to_device(random_network(seed=10 + number))
        weights, moments = adam(
            weights, gradients, moments, tf.constant(float(number)), tf.constant(0.01)
        )
        optimiser.apply_gradients(zip(tf.nest.flatten(gradients), variables, strict=True))
    for ours, theirs in zip(tf.nest.flatten(weights), variables, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)


def test_clipping_scales_only_what_is_too_long():
    gradients = to_device(random_network())
    norm = global_norm(gradients)
    flat = np.concatenate([array.ravel() for array in to_network(gradients).arrays().values()])
    np.testing.assert_allclose(norm, np.linalg.norm(flat), rtol=1e-5)
    np.testing.assert_allclose(global_norm(clipped(gradients, norm, 1.0)), 1.0, rtol=1e-5)
    np.testing.assert_allclose(global_norm(clipped(gradients, norm, 1e6)), norm, rtol=1e-5)
    assert clipped(gradients, norm, 0.0) is gradients


def test_cosine_schedule_equals_keras():
    decay = tf.keras.optimizers.schedules.CosineDecay(0.1, 50)
    for step in (0, 1, 25, 49):
        ours = scheduled_rate(0.1, "cosine", tf.constant(float(step)), tf.constant(50.0))
        np.testing.assert_allclose(ours, decay(step), atol=1e-7)
    assert float(
        scheduled_rate(0.1, "constant", tf.constant(3.0), tf.constant(50.0))
    ) == np.float32(0.1)
