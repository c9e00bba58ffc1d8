"""A frozen n-gram: what can be predicted from the last few characters alone.

Witten-Bell interpolation (Witten and Bell 1991), every order from 0 to ``ORDER``:
p_k(x | c) = (count(c x) + D(c) p_{k-1}(x | shorter c)) / (count(c) + D(c)), where D(c) is the
number of different characters seen after the context c; p_{-1} = 1 / V. Trained on the training
part only, never changed while reading the probe.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import TextIds

Keys = NDArray[np.int64]

ORDER = 7  # longest context; more never paid on the project's texts


@dataclass(frozen=True)
class Ngram:
    """Bits of each character of the probe."""

    bits: NDArray[np.float64]  # (ORDER + 1, T) by length of the longest context
    best: int  # order with the fewest bits on this probe: a choice in the n-gram's favour

    @property
    def best_bits(self) -> NDArray[np.float64]:
        """(T,) bits of the best order."""
        chosen: NDArray[np.float64] = self.bits[self.best]
        return chosen


def witten_bell(training: TextIds, context: TextIds, probe: TextIds, alphabet_size: int) -> Ngram:
    """Train on ``training`` and score ``probe`` (T,), read after ``context`` (S,)."""
    text = np.concatenate([context, probe]).astype(np.int64)
    train = training.astype(np.int64)
    skip = len(context)
    probability = np.full(len(probe), 1.0 / alphabet_size)
    bits = np.zeros((ORDER + 1, len(probe)))
    # context of length k before each character, as a number; -1 where it never occurred in training
    train_key, text_key = np.zeros(len(train), np.int64), np.zeros(len(text), np.int64)
    for order in range(ORDER + 1):
        if order > 0:
            train_key, text_key = _longer(train_key, text_key, train, text, order, alphabet_size)
        count, seen, kinds = _counts(train_key, text_key, train, text, alphabet_size)
        total = seen[skip:] + kinds[skip:]
        mixed = (count[skip:] + kinds[skip:] * probability) / np.maximum(total, 1.0)
        probability = np.where(total > 0, mixed, probability)
        bits[order] = -np.log2(probability)
    return Ngram(bits, int(np.argmin(bits.mean(1))))


def _longer(
    train_key: Keys, text_key: Keys, train: Keys, text: Keys, order: int, size: int
) -> tuple[Keys, Keys]:
    """Contexts one character longer, renumbered; the first ``order`` characters have none."""
    added = longer(train_key, train, order, size)
    names, places = np.unique(added, return_inverse=True)
    places = np.where(added >= 0, places.reshape(-1), -1)
    return places, renumber(names, longer(text_key, text, order, size))


def longer(key: Keys, symbols: Keys, order: int, size: int) -> Keys:
    """(T,) contexts of ``order`` characters, given those of one less; -1 where there is none."""
    added = np.full(len(symbols), -1, np.int64)
    known = key[order:] >= 0
    added[order:] = np.where(known, key[order:] * size + symbols[: len(symbols) - order], -1)
    return added


def renumber(names: Keys, keys: Keys) -> Keys:
    """Places of ``keys`` in the sorted ``names``; -1 where it is -1 or missing."""
    if len(names) == 0:
        return np.full(len(keys), -1, np.int64)
    places = np.minimum(np.searchsorted(names, keys), len(names) - 1)
    return np.where((names[places] == keys) & (keys >= 0), places, -1)


def _counts(
    train_key: Keys, text_key: Keys, train: Keys, text: Keys, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For each character of the text: count of context and character, count of the context, number
    of different characters after the context, in the training part.
    """
    usable = train_key >= 0
    pairs, pair_count = np.unique(train_key[usable] * size + train[usable], return_counts=True)
    contexts, first, kinds = np.unique(pairs // size, return_index=True, return_counts=True)
    context_count = np.add.reduceat(pair_count, first) if len(first) else np.zeros(0, np.int64)
    pair_place = renumber(pairs, np.where(text_key >= 0, text_key * size + text, -1))
    context_place = renumber(contexts, text_key)

    def looked_up(values: NDArray[np.int64], places: Keys) -> NDArray[np.float64]:
        if len(values) == 0:
            return np.zeros(len(places))
        return np.where(places >= 0, values[places], 0).astype(np.float64)

    return (
        looked_up(pair_count, pair_place),
        looked_up(context_count, context_place),
        looked_up(kinds, context_place),
    )
