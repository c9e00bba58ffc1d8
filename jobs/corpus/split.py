"""Where a text is cut: its documents, and which of its pieces are held out.

The parts are laid one after the other, training first, so that ``ids[:held_out_start]`` is trained
on and ``ids[held_out_start:]`` is not, whatever the rule. Where a piece follows another one that
it does not follow in the text, and where a document begins, the network's state starts anew.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.encode import Encoded, Ids
from jobs.corpus.fingerprint import LENGTH, Hashes, stretch_hashes
from jobs.errors import ExitCode, NeuronarioError

Positions = NDArray[np.int64]

BLOCK = 2_048  # characters of a block on average
KEY = 256  # first characters of a block, which decide whether it is held out
LINE = 500  # characters: where lines are shorter on average, blocks end at line ends
AT_ONCE = 1 << 20  # characters


@dataclass(frozen=True)
class Split:
    """A text in its two parts."""

    ids: Ids  # (characters,) training part, then held-out part; read-only
    starts: Positions  # (pieces,) where the state starts anew; the first is 0
    held_out_start: int
    documents: int  # 0 where the text is not divided into documents


def split_text(
    text: Encoded, files: Positions, separator: str | None, by_file: bool, share: float, rule: str
) -> Split:
    """Cut ``text`` into documents and parts.

    Args:
        text: all of it.
        files: (files,) where each file begins.
        separator: what ends a document; None: nothing in the text does.
        by_file: whether each file is a document.
        share: that is held out.
        rule: ``tail``: the end of the text, whole documents where there are any. ``blocks``: each
            document, or each block where there are none, is held out by its own hash: it stays on
            its side however the text grows.

    Raises:
        NeuronarioError: 65, there is a single document; the separator does not occur.
    """
    size = int(text.ids.size)
    whole = np.zeros(1, np.int64)
    documents = files if by_file else whole
    if separator is not None:
        documents = np.unique(np.concatenate([files, _after_separator(text, separator)]))
        documents = documents[documents < size]
    divided = by_file or separator is not None
    if divided and documents.size < 2:
        raise NeuronarioError(
            "corpus.documents: the text is a single document, and whole documents are held out; "
            "name more files, another separator, or leave corpus.documents out",
            ExitCode.BAD_DATA,
        )
    count = int(documents.size) if divided else 0
    if rule == "tail":
        start = size - round(size * share)
        if divided:  # the nearest beginning of a document, but never all of the text
            start = int(documents[1:][np.argmin(np.abs(documents[1:] - start))])
        return Split(text.ids, documents, start, count)
    pieces = documents if divided else block_starts(text)
    held = _held_by_hash(text, pieces, share, whole_piece=divided)
    return _laid_apart(text.ids, pieces, held, count, joined=not divided)


def pieces_digest(starts: Positions) -> str:
    """SHA-256 of where the state starts anew; "" where that is the beginning alone."""
    return "" if starts.size < 2 else hashlib.sha256(starts.astype("<i8").tobytes()).hexdigest()


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


def _after_separator(text: Encoded, separator: str) -> Positions:
    """(n,) positions right after each occurrence, found from the left without overlap."""
    number = {character: place for place, character in enumerate(text.alphabet)}
    found = np.zeros(0, np.int64)
    if all(character in number for character in separator):
        found = np.flatnonzero(text.ids == number[separator[0]])
        found = found[found + len(separator) <= text.ids.size]
        for place, character in enumerate(separator[1:], start=1):
            found = found[text.ids[found + place] == number[character]]
    if not found.size:
        raise NeuronarioError(
            f"corpus.documents: the separator {separator!a:.60} does not occur in the text; it "
            "is taken literally, line ends included",
            ExitCode.BAD_DATA,
        )
    after = found + len(separator)
    if (np.diff(found) >= len(separator)).all():
        return after
    kept, end = [], -1
    for start in found.tolist():
        if start >= end:
            end = start + len(separator)
            kept.append(end)
    return np.array(kept, np.int64)


def _held_by_hash(
    text: Encoded, starts: Positions, share: float, *, whole_piece: bool
) -> NDArray[np.bool_]:
    """(pieces,) whether each is held out: a number in [0, 1) made from its text is below share."""
    points = np.array([ord(character) for character in text.alphabet], "<u4")
    ends = np.append(starts[1:], text.ids.size)
    held = np.zeros(starts.size, bool)
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        key = text.ids[start : end if whole_piece else min(end, start + KEY)]
        digest = hashlib.sha256(points[key].tobytes()).digest()
        held[number] = int.from_bytes(digest[:8], "little") < share * 2.0**64
    return held


def _laid_apart(
    ids: Ids, starts: Positions, held: NDArray[np.bool_], documents: int, *, joined: bool
) -> Split:
    """Training pieces, then held-out ones; with ``joined``, neighbours stay in one piece."""
    ends = np.append(starts[1:], ids.size)
    order = np.concatenate([np.flatnonzero(~held), np.flatnonzero(held)])
    laid = np.concatenate([ids[starts[number] : ends[number]] for number in order])
    laid.setflags(write=False)
    sizes = (ends - starts)[order]
    new_starts = np.cumsum(sizes) - sizes
    training = int((~held).sum())
    held_out_start = int(sizes[:training].sum())
    if joined:
        follows = np.zeros(order.size, bool)
        follows[1:] = np.diff(order) == 1
        if training < order.size:
            follows[training] = False
        new_starts = new_starts[~follows]
    return Split(laid, new_starts, held_out_start, documents)


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
