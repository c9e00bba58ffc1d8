"""The optimiser: Adam (Kingma & Ba 2015) with Keras' defaults and arithmetic, gradient clipping and
the learning-rate schedules.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from jobs.engine.layers import Weights
from jobs.engine.tensors import Tensor

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7


class Moments(NamedTuple):
    """What Adam remembers: first and second moment of the gradient (running means of it and of its
    square), shaped as weights.
    """

    first: Weights
    second: Weights


def zero_moments(weights: Weights) -> Moments:
    """The memory before the first step."""
    zeros = tf.nest.map_structure(tf.zeros_like, weights)
    return Moments(zeros, tf.nest.map_structure(tf.zeros_like, weights))


def global_norm(gradients: Weights) -> Tensor:
    """Euclidean length of all gradients together; float32 scalar."""
    squares = [tf.reduce_sum(array * array) for array in tf.nest.flatten(gradients)]
    return tf.sqrt(tf.add_n(squares))


def clipped(gradients: Weights, norm: Tensor, limit: float) -> Weights:
    """The gradients scaled so that their global norm is at most ``limit``; 0 = no limit."""
    if limit == 0:
        return gradients
    scale = limit / tf.maximum(norm, limit)
    return tf.nest.map_structure(lambda array: array * scale, gradients)  # type: ignore[no-any-return]


def adam(
    weights: Weights, gradients: Weights, moments: Moments, number: Tensor, learning_rate: Tensor
) -> tuple[Weights, Moments]:
    """One step: ``number`` (from 1) is the step's number, float32, for the bias correction."""
    correction = tf.sqrt(1.0 - tf.pow(BETA_2, number)) / (1.0 - tf.pow(BETA_1, number))
    rate = learning_rate * correction
    first = tf.nest.map_structure(
        lambda m, gradient: m + (gradient - m) * (1.0 - BETA_1), moments.first, gradients
    )
    second = tf.nest.map_structure(
        lambda v, gradient: v + (gradient * gradient - v) * (1.0 - BETA_2),
        moments.second,
        gradients,
    )
    new = tf.nest.map_structure(
        lambda weight, m, v: weight - m * rate / (tf.sqrt(v) + EPSILON), weights, first, second
    )
    return new, Moments(first, second)


def scheduled_rate(learning_rate: float, schedule: str, step: Tensor, total: Tensor) -> Tensor:
    """The rate of a step (from 0) of ``total``: constant, or half a cosine down to zero
    (Loshchilov & Hutter 2017, without restarts). float32 tensors in, float32 out.
    """
    if schedule == "constant":
        return tf.constant(learning_rate)
    return learning_rate * 0.5 * (1.0 + tf.cos(math.pi * step / total))
