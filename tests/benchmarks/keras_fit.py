"""Keras: the notebook's way (one-hot arrays, ``fit``) and the fastest settings of the same."""

import numpy as np
import tensorflow as tf

from jobs.engine.batches import BatchPlan
from tests.benchmarks.work import Contender, Work, batches


def contenders(work: Work, plan: BatchPlan, symbols: int) -> list[Contender]:
    if work.regime == "stream":
        return []  # fit cannot carry the states of shuffled or contiguous streams this way
    pairs = batches(plan, work.steps)
    inputs = tf.one_hot(np.concatenate([x for x, _ in pairs]), symbols)
    targets = tf.one_hot(np.concatenate([y for _, y in pairs]), symbols)
    if work.loss == "last":
        targets = targets[:, 0]
    settings = {
        "Keras fit (the notebook's)": {},
        "Keras fit, 32 steps per execution": {"steps_per_execution": 32},
    }
    found = []
    for name, options in settings.items():
        network = model(work, plan.length, symbols)
        network.compile(loss="categorical_crossentropy", optimizer="adam", **options)

        def run(network: tf.keras.Model = network) -> None:
            network.fit(inputs, targets, batch_size=plan.batch, epochs=1, verbose=0)

        found.append(Contender(name, run))
    return found


def model(work: Work, length: int, symbols: int) -> tf.keras.Model:
    """Two LSTM layers and a softmax over one-hot input."""
    start = tf.keras.layers.Input((length, symbols))
    first = tf.keras.layers.LSTM(work.units, return_sequences=True)(start)
    second = tf.keras.layers.LSTM(work.units, return_sequences=work.loss == "every")(first)
    return tf.keras.Model(start, tf.keras.layers.Dense(symbols, activation="softmax")(second))
