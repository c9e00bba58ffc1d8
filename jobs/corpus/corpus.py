"""The text as ids: the part that is trained on, then the part that is held out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.documents import Starts
from jobs.corpus.encode import Ids
from jobs.model.alphabet import decode

AT_ONCE = 1 << 20  # characters


@dataclass(frozen=True)
class Corpus:
    """A text as ids; ``alphabet[ids[t]]`` is character t. The alphabet is sorted by code point.

    The training part comes first, then what is held out, in the order of the text within each.
    """

    name: str  # file name without its folder, or "builtin xml"
    ids: Ids  # (characters,) one or two bytes each, read-only
    alphabet: tuple[str, ...]  # (V,) single characters
    held_out_start: int  # ids[held_out_start:] is never trained on
    sha256: str  # of the text as read, in UTF-8
    encoding: str
    bytes: int  # size of the source
    notes: tuple[str, ...]  # what was noticed while reading: BOM dropped, CRLF line ends ...
    entropy: float | None  # bits per character, exact, where the generator knows it
    starts: Starts | None = None  # (D,) where documents begin; None: the text is one

    @property
    def characters(self) -> int:
        """Length of the text."""
        return int(self.ids.shape[0])

    @property
    def training_ids(self) -> Ids:
        """The part that is trained on."""
        return self.ids[: self.held_out_start]

    @property
    def held_out_ids(self) -> Ids:
        """The part that is not."""
        return self.ids[self.held_out_start :]

    @property
    def training_starts(self) -> Starts | None:
        """Where documents of the training part begin."""
        return None if self.starts is None else self.starts[self.starts < self.held_out_start]

    @property
    def held_out_starts(self) -> Starts | None:
        """Where documents of the held-out part begin, from its own beginning."""
        if self.starts is None:
            return None
        return self.starts[self.starts >= self.held_out_start] - self.held_out_start

    @property
    def predicted_ids(self) -> Ids:
        """The held-out characters that are predicted: all but the first of a document."""
        starts = self.held_out_starts
        if starts is None:
            return self.held_out_ids
        predicted = np.ones(self.held_out_ids.size, bool)
        predicted[starts] = False
        return self.held_out_ids[predicted]

    @property
    def documents_sha256(self) -> str | None:
        """Digest of where documents begin; None where the text is one."""
        if self.starts is None:
            return None
        return hashlib.sha256(self.starts.astype("<i8").tobytes()).hexdigest()

    def counts(self) -> NDArray[np.int64]:
        """(V,) occurrences of each character."""
        return count_ids(self.ids, len(self.alphabet))

    def context(self, position: int, most: int) -> Ids:
        """Up to ``most`` characters before ``position``, of the same document."""
        first = max(0, position - most)
        if self.starts is not None:
            first = max(first, int(self.starts[self.starts <= position][-1]))
        return self.ids[first:position]

    def find(self, piece: NDArray[np.integer]) -> int | None:
        """Where ``piece`` (S,) first stands; None where it does not, or is empty."""
        if not 0 < piece.size <= self.characters:
            return None
        places = np.flatnonzero(self.ids[: self.characters - piece.size + 1] == piece[0])
        for offset in range(1, piece.size):
            places = places[self.ids[places + offset] == piece[offset]]
        return int(places[0]) if places.size else None

    def text(self, ids: NDArray[np.integer] | Sequence[int]) -> str:
        """The characters of ``ids``."""
        return decode(ids, self.alphabet)


@dataclass(frozen=True)
class CorpusCard:
    """What a run keeps of its corpus: everything but the text. Written as corpus.json."""

    name: str
    characters: int
    held_out_start: int
    alphabet: tuple[str, ...]
    counts: tuple[int, ...]  # per alphabet character, whole text
    sha256: str
    encoding: str
    bytes: int
    notes: tuple[str, ...]
    entropy: float | None  # bits per character, where the generator knows it
    documents: int = 0  # that the text has; 0: it is one text
    held_out_documents: int = 0  # of them
    documents_sha256: str | None = None  # digest of where they begin


def count_ids(ids: Ids, size: int) -> NDArray[np.int64]:
    """(size,) occurrences of each id; a long text is not copied to larger numbers as a whole."""
    counts = np.zeros(size, np.int64)
    for first in range(0, ids.size, AT_ONCE):
        counts += np.bincount(ids[first : first + AT_ONCE], minlength=size)
    return counts


def corpus_card(corpus: Corpus) -> CorpusCard:
    """The card of ``corpus``."""
    return CorpusCard(
        name=corpus.name,
        characters=corpus.characters,
        held_out_start=corpus.held_out_start,
        alphabet=corpus.alphabet,
        counts=tuple(int(count) for count in corpus.counts()),
        sha256=corpus.sha256,
        encoding=corpus.encoding,
        bytes=corpus.bytes,
        notes=corpus.notes,
        entropy=corpus.entropy,
        documents=0 if corpus.starts is None else corpus.starts.size,
        held_out_documents=0 if corpus.held_out_starts is None else corpus.held_out_starts.size,
        documents_sha256=corpus.documents_sha256,
    )


def with_alphabet(corpus: Corpus, alphabet: tuple[str, ...]) -> Corpus:
    """``corpus`` in the ids of a larger alphabet, which has all its characters.

    Args:
        corpus: the text.
        alphabet: (V,) sorted by code point, as that of a model that knows further characters.
    """
    place = {character: number for number, character in enumerate(alphabet)}
    table = np.array([place[character] for character in corpus.alphabet], np.uint16)
    ids: Ids = table[corpus.ids]
    if len(alphabet) <= 256:
        ids = ids.astype(np.uint8)
    ids.setflags(write=False)
    return replace(corpus, ids=ids, alphabet=alphabet)
