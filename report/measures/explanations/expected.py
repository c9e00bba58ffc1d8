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
from report.measures.ngram import Keys, longer, renumber, witten_bell

LONGEST = 6  # context; longer ones won on none of the project's texts
AT_ONCE = 4_000_000  # probabilities in memory


@dataclass(frozen=True)
class Text:
    """Characters, and those read before them."""

    ids: TextIds  # (T,)
    context: TextIds  # (S,)


@dataclass(frozen=True)
class Order:
    """What followed each context of one length in training."""

    names: Keys  # (contexts,) sorted; a context's number is its place
    counts: Any  # (contexts, V) sparse: how often each character followed


@dataclass(frozen=True)
class Expectation:
    """The frozen n-gram, up to the order that was chosen."""

    orders: tuple[Order, ...]  # by length of the context
    alphabet_size: int

    def after(self, text: Text) -> NDArray[np.int64]:
        """(T,) after each character of ``text`` the most probable next one."""
        places = _places(self.orders, text, self.alphabet_size)
        # the longest context that was seen says which the shorter ones are: equal ones, one answer
        longest = (places >= 0).sum(0) - 1
        last = places[longest, np.arange(places.shape[1])]
        key = longest * (places.max(initial=0) + 1) + last
        _, first, same = np.unique(key, return_index=True, return_inverse=True)
        seen = places[:, first]
        best = np.zeros(seen.shape[1], np.int64)
        size = max(1, AT_ONCE // self.alphabet_size)
        for start in range(0, len(best), size):
            rows = slice(start, start + size)
            found = _probabilities(self.orders, seen[:, rows], self.alphabet_size)
            best[rows] = found.argmax(1)
        return best[same.reshape(-1)]


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
    learned = expectation(training, texts[0], alphabet_size, scored)
    return [learned.after(text) for text in texts]


def expectation(training: TextIds, text: Text, alphabet_size: int, scored: int) -> Expectation:
    """The n-gram of ``training``, its order chosen on the first ``scored`` characters of ``text``;
    the other arguments as of :func:`expected`.
    """
    bits = witten_bell(training, text.context, text.ids[:scored], alphabet_size).bits
    longest = int(bits[: LONGEST + 1].sum(1).argmin())
    return Expectation(_learned(training, alphabet_size, longest), alphabet_size)


def _probabilities(
    orders: Sequence[Order], places: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """(T, V) by the longest context, given the number of each context (orders, T)."""
    probability = np.full((places.shape[1], size), 1.0 / size)
    for order, place in zip(orders, places, strict=True):
        probability = _longer_context(order, place, probability)
    return probability


def _longer_context(
    order: Order, places: Keys, shorter: NDArray[np.float64]
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


def _learned(training: TextIds, size: int, longest: int) -> tuple[Order, ...]:
    """Counts after contexts of 0 to ``longest`` characters."""
    from scipy.sparse import csr_array  # late: it takes a tenth of a second

    train = training.astype(np.int64)
    key = np.zeros(len(train), np.int64)
    orders = []
    for length in range(longest + 1):
        names = np.zeros(1, np.int64)
        if length > 0:
            added = longer(key, train, length, size)
            found, numbers = np.unique(added, return_inverse=True)
            start = int(np.searchsorted(found, 0))  # -1 stands first where there is any
            names = found[start:]
            key = np.where(added >= 0, numbers.reshape(-1) - start, -1)
        usable = key >= 0
        counts = csr_array(
            (np.ones(int(usable.sum())), (key[usable], train[usable])),
            shape=(max(1, len(names)), size),
        )
        counts.sum_duplicates()
        orders.append(Order(names, counts))
    return tuple(orders)


def _places(orders: Sequence[Order], text: Text, size: int) -> NDArray[np.int64]:
    """(orders, T) number of the context of each length that ends with each character; -1 unseen."""
    # one character more, so that the context before it ends with the last one
    read = np.concatenate([text.context, text.ids, [0]]).astype(np.int64)
    key = np.zeros(len(read), np.int64)
    places = np.zeros((len(orders), len(text.ids)), np.int64)
    for length, order in enumerate(orders):
        if length > 0:
            key = renumber(order.names, longer(key, read, length, size))
        places[length] = key[len(text.context) + 1 :]
    return places
