"""The next character that a frozen n-gram expects: what "is expected" means in a sentence.

The Witten-Bell n-gram of report/measures/ngram.py, trained on the training part alone; it knows
nothing of the network, so nothing is circular. Its order is the one with the fewest bits per
character on half A of the probe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import TextIds
from report.measures.ngram import Keys, longer, renumber

LONGEST = 6  # context; longer ones won on none of the project's texts
AT_ONCE = 4_000_000  # probabilities in memory


@dataclass(frozen=True)
class Text:
    """Characters, and those read before them."""

    ids: TextIds  # (T,)
    context: TextIds  # (S,)


@dataclass(frozen=True)
class _Order:
    counts: Any  # (contexts, V) sparse: how often each character followed
    places: tuple[Keys, ...]  # per text (T,) context that ends with each character, -1 unseen


def expected(
    training: TextIds, texts: Sequence[Text], alphabet_size: int, scored: int
) -> list[NDArray[np.int64]]:
    """Per text (T,): after each character, the most probable next one.

    Args:
        training: what the n-gram learns.
        texts: what it reads; its order is chosen on the first ``scored`` characters of the first.
        alphabet_size: V.
        scored: characters.
    """
    orders = _orders(training, texts, alphabet_size)
    found, bits = [], np.zeros(len(orders))
    for number, text in enumerate(texts):
        best = np.zeros((len(orders), len(text.ids)), np.int64)
        size = max(1, AT_ONCE // alphabet_size)
        for start in range(0, len(text.ids), size):
            rows = slice(start, min(start + size, len(text.ids)))
            probability = np.full((rows.stop - start, alphabet_size), 1.0 / alphabet_size)
            for k, order in enumerate(orders):
                probability = _longer_context(order, order.places[number][rows], probability)
                best[k, rows] = probability.argmax(1)
                if number == 0 and start < scored:
                    bits[k] += _bits(probability, text.ids[start + 1 : scored])
        found.append(best)
    chosen = int(np.argmin(bits))
    return [best[chosen] for best in found]


def _bits(probability: NDArray[np.float64], following: TextIds) -> float:
    rows = min(len(probability), len(following))
    given = probability[np.arange(rows), following[:rows]]
    return float(-np.log2(given).sum())


def _longer_context(
    order: _Order, places: Keys, shorter: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(count + kinds p_shorter) / (total + kinds), where the context was seen in training."""
    seen = np.flatnonzero(places >= 0)
    counts = order.counts[places[seen]]
    kinds = np.diff(counts.indptr).astype(np.float64)[:, None]
    mixed = kinds * shorter[seen]
    rows = np.repeat(np.arange(len(seen)), np.diff(counts.indptr))
    mixed[rows, counts.indices] += counts.data
    mixed /= np.asarray(counts.sum(1)).reshape(-1, 1) + kinds
    shorter[seen] = mixed
    return shorter


def _orders(training: TextIds, texts: Sequence[Text], size: int) -> list[_Order]:
    """Counts after contexts of 0 to ``LONGEST`` characters."""
    from scipy.sparse import csr_array  # late: it takes a tenth of a second

    train = training.astype(np.int64)
    # one character more, so that the context before it ends with the last one
    read = [np.concatenate([one.context, one.ids, [0]]).astype(np.int64) for one in texts]
    train_key = np.zeros(len(train), np.int64)
    keys = [np.zeros(len(one), np.int64) for one in read]
    orders = []
    for length in range(LONGEST + 1):
        if length > 0:
            train_key, keys = _next_keys(train_key, keys, train, read, length, size)
        usable = train_key >= 0
        contexts = int(train_key.max(initial=-1)) + 1
        counts = csr_array(
            (np.ones(int(usable.sum())), (train_key[usable], train[usable])),
            shape=(max(1, contexts), size),
        )
        counts.sum_duplicates()
        places = tuple(key[len(one.context) + 1 :] for key, one in zip(keys, texts, strict=True))
        orders.append(_Order(counts, places))
    return orders


def _next_keys(
    train_key: Keys, keys: list[Keys], train: Keys, read: list[Keys], length: int, size: int
) -> tuple[Keys, list[Keys]]:
    longer_train = longer(train_key, train, length, size)
    names, places = np.unique(longer_train, return_inverse=True)
    start = int(np.searchsorted(names, 0))  # -1 stands first where there is any
    numbered = np.where(longer_train >= 0, places.reshape(-1) - start, -1)
    found = [
        renumber(names[start:], longer(key, one, length, size))
        for key, one in zip(keys, read, strict=True)
    ]
    return numbered, found
