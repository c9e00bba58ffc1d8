"""Texts of several documents: where each begins.

The network begins anew at every document, and none is cut by the hold-out. With
``documents: file`` each file is one; with a separator each stretch between two occurrences of it,
and a file's end ends a document as well. A separator is found from the left, belongs to no document
and is not read. Empty documents do not count.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.config.schema import SeparatorConfig
from jobs.corpus.encode import Ids

Starts = NDArray[np.int64]  # (D,) sorted positions at which documents begin
GAP = -1  # in place of a character: the state after it is zero


def document_pieces(
    pieces: Iterator[str], documents: Literal["file"] | SeparatorConfig | None
) -> Iterator[str | None]:
    """The text of one file in pieces, as ``corpus.documents`` says; None where a document begins.

    Args:
        pieces: the text.
        documents: None: all files are one text, and nothing begins.
    """
    if documents is None:
        yield from pieces
        return
    yield None
    if isinstance(documents, SeparatorConfig):
        yield from separated(pieces, documents.separator)
    else:
        yield from pieces


def separated(pieces: Iterator[str], separator: str) -> Iterator[str | None]:
    """A text without its separators, in pieces; None where one stood.

    Args:
        pieces: the text; a separator may stand across their ends.
        separator: not empty.
    """
    kept = len(separator) - 1  # characters that may begin a separator
    tail = ""
    for piece in pieces:
        *documents, tail = (tail + piece).split(separator)
        for document in documents:
            if document:
                yield document
            yield None
        ready = len(tail) - kept
        if ready > 0:
            yield tail[:ready]
            tail = tail[ready:]
    if tail:
        yield tail


def document_ends(starts: Starts, size: int) -> Starts:
    """(D,) where each document ends, of a text of ``size`` characters."""
    return np.append(starts[1:], size)


def last_documents(starts: Starts, size: int, share: float) -> int:
    """The first of the last documents that have ``share`` of all characters; never document 0."""
    behind = size - starts  # characters from each document on
    enough = np.flatnonzero(behind >= share * size)
    return max(1, int(enough[-1]))


def laid_in_order(ids: Ids, starts: Starts, order: NDArray[np.int64]) -> tuple[Ids, Starts]:
    """The documents in another order, and where each begins then."""
    ends = document_ends(starts, ids.size)
    laid = np.concatenate([ids[starts[number] : ends[number]] for number in order])
    laid.setflags(write=False)
    lengths = (ends - starts)[order]
    return laid, np.cumsum(lengths) - lengths


def with_gaps(ids: NDArray[np.integer], starts: Starts) -> NDArray[np.int32]:
    """(T + D,) the text with a ``GAP`` before each document."""
    return np.insert(ids.astype(np.int32), starts, GAP)
