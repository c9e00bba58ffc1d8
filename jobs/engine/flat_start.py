"""Leaving the first plateau: where training begins, and what is done where it does not get away.

With many characters and a zero output bias, the first steps push the logits of all rare characters
down. Every hidden unit helps at once and saturates, and what is left predicts character
frequencies, for many epochs (tests/benchmarks/README.md). So the output bias starts at the log
frequencies: what those steps would have learnt is there, and the units are free.

Where a training is flat all the same, it begins once more from the same weights at a quarter of
the rate. All of this is a function of the history so far, so a checkpoint need not know of it.
"""

from dataclasses import dataclass, replace

import numpy as np

from jobs.config.schema import Config, TrainingConfig
from jobs.corpus.corpus import Corpus, count_ids
from jobs.model.grow import first_weights
from jobs.model.history import EpochRecord, flat_epochs
from jobs.model.network import Network

LOWER = 0.25  # times the rate of the first attempt
LEAST_STEPS = 200  # before them, a start is young and not flat


@dataclass(frozen=True)
class Attempt:
    """Epochs trained from the first weights with one schedule."""

    after: int  # epochs before it: 0, or those of the flat attempt that is given up
    epochs: int  # that it has, together with ``after`` as many as configured
    learning_rate: float


def first_network(corpus: Corpus, config: Config) -> Network:
    """Untrained weights; the output bias as ``training.initial_bias`` says."""
    network = first_weights(
        corpus.alphabet, config.network.layers, config.seed, config.network.cells
    )
    if config.training.initial_bias == "zero":
        return network
    bias = np.log(character_frequencies(corpus)).astype(np.float32)
    return replace(network, output_bias=bias)


def character_frequencies(corpus: Corpus) -> np.ndarray:
    """(V,) float64 frequencies of the characters in the training part, add-one."""
    counts = count_ids(corpus.training_ids, len(corpus.alphabet)) + 1.0
    frequencies: np.ndarray = counts / counts.sum()
    return frequencies


def unigram_bits(corpus: Corpus) -> float:
    """Bits per held-out character under the character frequencies of the training part, add-one."""
    counts = count_ids(corpus.predicted_ids, len(corpus.alphabet))
    return float(counts @ -np.log2(character_frequencies(corpus))) / corpus.predicted_ids.size


def judged_after(training: TrainingConfig, steps: int) -> int:
    """The epoch after which a start is judged, ``steps`` an epoch; 0: never."""
    if training.flat_epochs == 0:
        return 0
    epoch = max(training.flat_epochs, -(-LEAST_STEPS // steps))
    return epoch if epoch < training.epochs else 0


def attempt_after(
    history: tuple[EpochRecord, ...], unigram: float, training: TrainingConfig, steps: int
) -> Attempt:
    """The attempt that the epoch after ``history`` belongs to; ``steps`` make an epoch."""
    judged = judged_after(training, steps)
    flat = 0 < judged <= len(history) and flat_epochs(history[:judged], unigram) == judged
    if not flat:
        return Attempt(0, training.epochs, training.learning_rate)
    return Attempt(judged, training.epochs - judged, LOWER * training.learning_rate)
