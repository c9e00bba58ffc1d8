"""The text: read from a file or generated, turned into character ids, split into two parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Corpus:
    """A text as ids; ``alphabet[ids[t]]`` is character t. The alphabet is sorted by code point."""

    name: str  # file name without its folder, or "builtin xml"
    ids: NDArray[np.int32]  # (characters,), read-only
    alphabet: tuple[str, ...]  # (V,) single characters
    held_out_start: int  # ids[held_out_start:] is never trained on
    sha256: str  # of the text as read, in UTF-8
    encoding: str
    bytes: int  # size of the source
    notes: tuple[str, ...]  # what was noticed while reading: BOM dropped, CRLF line ends ...
    entropy: float | None  # bits per character, exact, where the generator knows it

    @property
    def characters(self) -> int:
        """Length of the text."""
        return int(self.ids.shape[0])

    @property
    def training_ids(self) -> NDArray[np.int32]:
        """The part that is trained on."""
        return self.ids[: self.held_out_start]

    @property
    def held_out_ids(self) -> NDArray[np.int32]:
        """The part that is not."""
        return self.ids[self.held_out_start :]

    def counts(self) -> NDArray[np.int64]:
        """(V,) occurrences of each character."""
        return np.bincount(self.ids, minlength=len(self.alphabet)).astype(np.int64)

    def text(self, ids: NDArray[np.int32] | Sequence[int]) -> str:
        """The characters of ``ids``."""
        return "".join(self.alphabet[index] for index in ids)


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
    )
