"""What a network's weights have ever read, as fingerprints of its training texts.

A warm start goes on from weights that have read other texts than tonight's training part: where
the held-out share grew, or lines changed their order, what is held out tonight may be among them.
Two kinds of fingerprint are kept: of stretches of 64 characters, wherever they stand, and of whole
lines, whatever their order. Of each kind only those below a bound are kept, always the same ones
(sampling by value: Broder 1997), so that a record stays small and two records can be compared.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.fingerprint import LENGTH, Hashes, stretch_hashes
from jobs.model.alphabet import decode

AT_ONCE = 1 << 20  # characters
MOST = 1 << 16  # fingerprints of a kind that are kept
ALL = 2**64 - 1
EVERY = 16  # of stretches at most one in so many is kept
LEAST_LINE = 12  # characters, blanks around it apart: shorter lines are alike by chance

TextIds = NDArray[np.integer]


@dataclass(frozen=True)
class Sketch:
    """The fingerprints of a kind that are below a bound."""

    below: int  # every fingerprint below it was kept
    hashes: Hashes  # (n,) sorted, no two alike


@dataclass(frozen=True)
class Seen:
    """All training texts that some weights have read."""

    stretches: Sketch
    lines: Sketch


def seen_of(ids: TextIds, alphabet: tuple[str, ...]) -> Seen:
    """The record of one training text, (T,) ids."""
    bound = ALL // EVERY
    stretches = (hashes[hashes < np.uint64(bound)] for hashes in _stretches(ids, alphabet))
    lines = (hashes for hashes, _ in _lines(ids, alphabet))
    return Seen(_sketch(stretches, bound), _sketch(lines, ALL))


def joined(one: Seen, other: Seen) -> Seen:
    """What either has read."""
    return Seen(_both(one.stretches, other.stretches), _both(one.lines, other.lines))


def share_read_before(
    ids: TextIds, alphabet: tuple[str, ...], earlier: Seen | None, training: Seen
) -> float:
    """Share of a text that stands in ``earlier`` and not in ``training``: the larger of the shares
    of its stretches and of the characters in its lines.

    What the training part repeats of itself is no fault and does not count: a fresh network is
    tested on such a text, too.

    Args:
        ids: (T,) the text, as what is held out.
        alphabet: of ``ids``.
        earlier: what the weights had read before; None: nothing.
        training: what they read now.
    """
    if earlier is None:
        return 0.0
    stretches = _share(
        ((hashes, np.ones(hashes.size)) for hashes in _stretches(ids, alphabet)),
        earlier.stretches,
        training.stretches,
    )
    return max(stretches, _share(_lines(ids, alphabet), earlier.lines, training.lines))


def _share(
    stretches: Iterable[tuple[Hashes, NDArray[np.float64]]], earlier: Sketch, training: Sketch
) -> float:
    """Weight of the fingerprints in ``earlier`` alone, of those that both records would hold."""
    bound = np.uint64(min(earlier.below, training.below))
    known, total = 0.0, 0.0
    for hashes, weights in stretches:
        kept = hashes < bound
        alone = np.isin(hashes, earlier.hashes) & ~np.isin(hashes, training.hashes)
        known += float(weights[kept & alone].sum())
        total += float(weights[kept].sum())
    return known / total if total else 0.0


def _stretches(ids: TextIds, alphabet: tuple[str, ...]) -> Iterator[Hashes]:
    points = np.array([ord(character) for character in alphabet], np.uint32)
    for first in range(0, max(int(ids.size) - LENGTH + 1, 0), AT_ONCE):
        yield stretch_hashes(points[ids[first : first + AT_ONCE + LENGTH - 1]])


def _lines(ids: TextIds, alphabet: tuple[str, ...]) -> Iterator[tuple[Hashes, NDArray[np.float64]]]:
    """Fingerprints of whole lines, and their characters."""
    rest = ""
    for first in range(0, int(ids.size), AT_ONCE):
        last = first + AT_ONCE >= ids.size
        lines = (rest + decode(ids[first : first + AT_ONCE], alphabet)).split("\n")
        rest = "" if last else lines.pop()
        whole = [line.strip() for line in lines]
        whole = [line for line in whole if len(line) >= LEAST_LINE]
        digests = b"".join(blake2b(line.encode(), digest_size=8).digest() for line in whole)
        yield np.frombuffer(digests, "<u8"), np.array([*map(len, whole)], np.float64)


def _sketch(stretches: Iterable[Hashes], below: int) -> Sketch:
    kept = np.zeros(0, np.uint64)
    for hashes in stretches:
        kept = np.union1d(kept, hashes)
        if kept.size > MOST:
            below, kept = int(kept[MOST]), kept[:MOST]
    return Sketch(below, kept)


def _both(one: Sketch, other: Sketch) -> Sketch:
    below = min(one.below, other.below)
    hashes = np.union1d(one.hashes, other.hashes)
    return _sketch([hashes[hashes < np.uint64(below)]], below)
