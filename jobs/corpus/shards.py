"""A large text in shards of one size, each with what surrounds it: whoever reads a shard, and
whenever, reads the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.documents import Starts
from jobs.corpus.encode import Ids

SHARD = 1 << 17  # characters
LEAD = 1 << 14  # before a shard, from which is known in what it begins: a tag, a quotation
TAIL = 256  # after a shard, for what speaks of the characters ahead


@dataclass(frozen=True)
class Shard:
    """Some consecutive characters."""

    number: int  # from 0
    start: int  # in the text
    ids: Ids  # (T,)
    lead: Ids  # before them
    tail: Ids  # after them
    warm_up: int  # the last of the lead, which the network reads first; 0 at a document's beginning
    starts: NDArray[np.int64]  # (D,) places in the shard where documents begin

    @property
    def context(self) -> Ids:
        """What the network reads first."""
        return self.lead[len(self.lead) - self.warm_up :]


def shard_count(characters: int) -> int:
    """How many shards a text has."""
    return -(-characters // SHARD)


def shards_of(
    ids: Ids, starts: Starts | None, warm_up: int, numbers: Iterator[int]
) -> Iterator[Shard]:
    """The shards of these ``numbers``.

    Args:
        ids: (T,) the whole text.
        starts: where documents begin; None: it is one.
        warm_up: characters, fewer where a document begins.
        numbers: from 0.
    """
    begins = np.zeros(1, np.int64) if starts is None else starts
    for number in numbers:
        start, end = number * SHARD, min((number + 1) * SHARD, ids.size)
        first = begins[np.searchsorted(begins, start, "right") - 1]  # of the document
        inside = begins[np.searchsorted(begins, start) : np.searchsorted(begins, end)]
        yield Shard(
            number=number,
            start=start,
            ids=ids[start:end],
            lead=ids[max(0, start - max(LEAD, warm_up)) : start],
            tail=ids[end : end + TAIL],
            warm_up=int(min(warm_up, start - first)),
            starts=inside - start,
        )
