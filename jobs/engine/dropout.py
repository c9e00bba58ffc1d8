"""Dropout between the layers, for networks that would else learn their text by heart.

Of what a layer hands upwards each value is zeroed with probability ``rate`` and the rest divided by
``1 - rate``, so that the mean stays (Srivastava et al. 2014); the recurrent connections are left
alone, or an LSTM could not remember (Zaremba et al. 2014). Only while training.
"""

import tensorflow as tf

from jobs.engine.tensors import Tensor


def dropout_factors(
    rate: float, seed: int, step: Tensor, shard: int, sizes: tuple[int, ...], steps: int, batch: int
) -> tuple[Tensor, ...] | None:
    """What the hidden states handed upwards are multiplied by: 0 or 1 / (1 - rate).

    They follow from the seed and the step alone, so that a resumed training draws the same.

    Args:
        rate: share that is zeroed, 0 to below 1.
        seed: of the run.
        step: int32 scalar, steps taken before.
        shard: which shard of the batch this is.
        sizes: units of each layer.
        steps: T.
        batch: B of this shard.

    Returns:
        per layer (T, B, H) float32; None where the rate is 0.
    """
    if rate == 0:
        return None
    key = tf.stack([tf.constant(seed % 2**31, tf.int32), step])
    factors = []
    for layer, units in enumerate(sizes):
        own = tf.random.experimental.stateless_fold_in(key, shard * len(sizes) + layer)
        drawn = tf.random.stateless_uniform([steps, batch, units], own, alg="philox")
        factors.append(tf.cast(drawn >= rate, tf.float32) / (1.0 - rate))
    return tuple(factors)
