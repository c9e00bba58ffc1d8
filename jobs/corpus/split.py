"""Which part of a text is held out: its end, or blocks by their own hash; of documents whole ones.

The parts are laid one after the other, training first, so that ``ids[:held_out_start]`` is trained
on and ``ids[held_out_start:]`` is not, whatever the rule.
"""

import hashlib
from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.documents import Starts, laid_in_order, last_documents
from jobs.corpus.encode import Encoded, Ids
from jobs.corpus.fingerprint import LENGTH, Hashes, stretch_hashes

Positions = NDArray[np.int64]
Rule = Literal["tail", "blocks"]

BLOCK = 2_048  # characters of a block on average
KEY = 256  # first characters of a block, which decide whether it is held out
LINE = 500  # characters: where lines are shorter on average, blocks end at line ends
AT_ONCE = 1 << 20  # characters


def split_text(text: Encoded, share: float, rule: Rule) -> tuple[Ids, int]:
    """The ids of ``text``, training part first, and where the held-out part begins.

    Args:
        text: all of it.
        share: that is held out, in (0, 0.5); of blocks about as much.
        rule: ``tail``: the end of the text. ``blocks``: each block whose hash says so; it stays on
            its side however the text around it grows or moves. Within each part blocks keep their
            order, and the state is carried over the places where one was taken out.
    """
    if rule == "tail":
        return text.ids, int(text.ids.size) - round(text.ids.size * share)
    starts = block_starts(text)
    return _laid_apart(text.ids, starts, _held_by_hash(text, starts, share))


def split_documents(text: Encoded, share: float, rule: Rule) -> tuple[Ids, int, Starts]:
    """The same of the documents of ``text``: ids, where the held-out part begins, where each does.

    Args:
        text: with two documents or more.
        share: that is held out.
        rule: ``tail``: the last documents, as many as have the share. ``blocks``: each document
            whose hash says so, whatever comes and goes beside it.
    """
    assert text.starts is not None
    if rule == "tail":
        first = last_documents(text.starts, text.ids.size, share)
        return text.ids, int(text.starts[first]), text.starts
    held = _held_by_hash(text, text.starts, share, key=None)
    order = np.concatenate([np.flatnonzero(~held), np.flatnonzero(held)])
    ids, starts = laid_in_order(text.ids, text.starts, order)
    training = int(np.count_nonzero(~held))
    return ids, int(starts[training]) if training < starts.size else ids.size, starts


def block_starts(text: Encoded) -> Positions:
    """(blocks,) where blocks begin: after characters that the text before them chooses.

    A cut depends on the ``LENGTH`` characters before it alone: what is inserted elsewhere moves no
    cut.
    """
    cuts = [np.zeros(1, np.int64)]
    at_lines = _line_length(text) <= LINE
    newline = text.alphabet.index("\n") if at_lines else -1
    every = BLOCK / (_line_length(text) if at_lines else 1.0)
    bound = np.uint64(min(int(2.0**64 / max(every, 1.0)), 2**64 - 1))
    for first, hashes in hashes_in_blocks(text.ids, text.alphabet):
        after = first + LENGTH + np.flatnonzero(hashes < bound)
        after = after[after < text.ids.size]
        cuts.append(after[text.ids[after - 1] == newline] if at_lines else after)
    return np.concatenate(cuts)


def hashes_in_blocks(ids: Ids, alphabet: tuple[str, ...]) -> Iterator[tuple[int, Hashes]]:
    """First position and fingerprints of the stretches of some consecutive positions, in turn."""
    points = np.array([ord(character) for character in alphabet], np.uint32)
    for first in range(0, max(int(ids.size) - LENGTH + 1, 0), AT_ONCE):
        yield first, stretch_hashes(points[ids[first : first + AT_ONCE + LENGTH - 1]])


def _held_by_hash(
    text: Encoded, starts: Positions, share: float, key: int | None = KEY
) -> NDArray[np.bool_]:
    """(blocks,) whether each is held out: a number in [0, 1) made from its first ``key`` characters
    (None: all) is below ``share``.
    """
    points = np.array([ord(character) for character in text.alphabet], "<u4")
    ends = np.append(starts[1:], text.ids.size)
    held = np.zeros(starts.size, bool)
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        read = text.ids[start : end if key is None else min(end, start + key)]
        digest = hashlib.sha256(points[read].tobytes()).digest()
        held[number] = int.from_bytes(digest[:8], "little") < share * 2.0**64
    return held


def _laid_apart(ids: Ids, starts: Positions, held: NDArray[np.bool_]) -> tuple[Ids, int]:
    """Training blocks, then held-out ones, and where those begin."""
    order = np.concatenate([np.flatnonzero(~held), np.flatnonzero(held)])
    laid, _ = laid_in_order(ids, starts, order)
    lengths = np.append(starts[1:], ids.size) - starts
    return laid, int(lengths[~held].sum())


def _line_length(text: Encoded) -> float:
    """Mean characters of a line; infinite without line ends."""
    if "\n" not in text.alphabet:
        return float("inf")
    newline = text.alphabet.index("\n")
    lines = sum(
        int(np.count_nonzero(text.ids[first : first + AT_ONCE] == newline))
        for first in range(0, text.ids.size, AT_ONCE)
    )
    return text.ids.size / lines
