"""What training leaves behind besides the weights. No TensorFlow here: reports read this."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EpochRecord:
    """One epoch; one line of train.jsonl. Wall time is kept elsewhere: it is not reproducible."""

    epoch: int  # from 1
    loss: float  # nats per predicted character on the training part, penalty included
    training_bits: float  # bits per predicted character on the training part, without penalty
    held_out_bits: float  # bits per character on the held-out part, in the network's own regime
    gradient_norm: float  # mean over the epoch's steps of the global norm, before clipping
    learning_rate: float  # at the end of the epoch


@dataclass(frozen=True)
class Evaluation:
    """How well the network predicts the held-out part, and what it is held against."""

    held_out_bits: float  # bits per character of the kept weights
    held_out_characters: int  # characters predicted
    unigram_bits: float  # of character frequencies of the training part (add-one), same characters
    best_epoch: int  # whose weights are kept, from 1
    stopped_early: bool
    restarted_after: int = 0  # epochs given up as flat before training began anew; 0: none


FLAT = 0.98  # of the bits of character frequencies: a training that needs more learned nothing
LEARNED = 0.995  # a kept network that needs more is refused: drawn weights reach 0.999
LEAST_BITS = 1e-3  # a text without surprises is learned


def flat_epochs(history: tuple[EpochRecord, ...], unigram_bits: float) -> int:
    """How many epochs from the first on are no better than character frequencies."""
    for count, record in enumerate(history):
        if record.held_out_bits <= max(FLAT * unigram_bits, LEAST_BITS):
            return count
    return len(history)
