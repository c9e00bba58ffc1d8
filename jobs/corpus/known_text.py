"""A large text in the alphabet of a network: ids of one or two bytes, made while it is read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jobs.config.schema import CorpusConfig
from jobs.corpus.documents import Starts, document_pieces
from jobs.corpus.encode import CODE_POINTS, GrowingIds, Ids
from jobs.corpus.sources import corpus_name, find_sources
from jobs.corpus.text_file import Budget, text_pieces
from jobs.corpus.unknown_characters import UnknownCharacter, unknown_characters


@dataclass(frozen=True)
class UnknownPlace:
    """A character that the network does not know, and where it stands first."""

    character: str
    count: int
    file: str
    line: int  # from 1; lines end at U+000A
    column: int  # from 1

    def __str__(self) -> str:
        times = "once," if self.count == 1 else f"{self.count:,} times, first"
        return (
            f"U+{ord(self.character):04X} {self.character!a} {times} at {self.file}, "
            f"line {self.line:,}, column {self.column:,}"
        )


@dataclass(frozen=True)
class KnownText:
    """One text or several documents."""

    name: str
    ids: Ids  # (T,) read-only
    starts: Starts | None  # (D,) where documents begin; None: all is one text
    characters: int  # as read, those that are unknown included
    sha256: str  # of the text as read, in UTF-8
    unknown: tuple[UnknownPlace, ...]  # in the order of their first places
    notes: tuple[str, ...]


def read_known_text(
    paths: tuple[str, ...],
    alphabet: Sequence[str],
    corpus: CorpusConfig,
    *,
    encoding: str,
    replacement: str,
    max_bytes: int,
) -> KnownText:
    """Read files, folders and patterns as a corpus is read; memory holds the ids, not the text.

    Args:
        paths: what to read, from the working directory on.
        alphabet: of the network.
        corpus: says what a document is.
        encoding: of the files.
        replacement: stands for every unknown character; "": they are left out.
        max_bytes: of all files together, unpacked.

    Raises:
        NeuronarioError: 65, 66, 74, 77 as :func:`jobs.corpus.text_file.text_pieces`.
    """
    sources = find_sources(paths, Path())
    budget = Budget(max_bytes, encoding_key="--encoding", limit_key="")
    reading = _Reading(alphabet, replacement)
    for source in sources:
        reading.begin_file(source.name)
        text = text_pieces(source, encoding, budget)
        for piece in document_pieces(text, corpus.documents):
            if piece is None:
                reading.ids.begin_document()
            else:
                reading.add(piece)
    return reading.finish(corpus_name(paths, sources), budget.notes())


class _Reading:
    """Takes the text in pieces."""

    def __init__(self, alphabet: Sequence[str], replacement: str) -> None:
        self.alphabet = alphabet
        self.ids = GrowingIds()
        if len(alphabet) > 256:
            self.ids.widen()
        self.table = np.zeros(CODE_POINTS, self.ids.ids.dtype)
        self.known = np.zeros(CODE_POINTS, bool)
        points = [ord(character) for character in alphabet]
        if replacement:
            self.table[:] = alphabet.index(replacement)
        self.table[points] = np.arange(len(alphabet))
        self.known[points] = True
        self.replaces = bool(replacement)
        self.characters = 0
        self.digest = hashlib.sha256()
        self.unknown: dict[str, UnknownPlace] = {}
        self.file, self.line, self.column = "", 1, 1

    def begin_file(self, name: str) -> None:
        self.file, self.line, self.column = name, 1, 1

    def add(self, text: str) -> None:
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        known = self.known[points]
        ids = self.table[points]
        if not known.all():
            self._remember(text)
            ids = ids if self.replaces else ids[known]
        self.ids.append(ids)
        self.characters += len(text)
        self.digest.update(text.encode("utf-8", "surrogatepass"))
        self._pass_over(text)

    def finish(self, name: str, notes: tuple[str, ...]) -> KnownText:
        ids = self.ids.finish()
        ids.setflags(write=False)
        return KnownText(
            name,
            ids,
            self.ids.starts(),
            self.characters,
            self.digest.hexdigest(),
            tuple(self.unknown.values()),
            notes,
        )

    def _remember(self, text: str) -> None:
        for one in unknown_characters(text, self.alphabet):
            self.unknown[one.character] = self._counted(one, text)

    def _counted(self, one: UnknownCharacter, text: str) -> UnknownPlace:
        before = self.unknown.get(one.character)
        if before is not None:
            return UnknownPlace(
                one.character, before.count + one.count, before.file, before.line, before.column
            )
        newlines = text.count("\n", 0, one.place)
        column = one.place - text.rfind("\n", 0, one.place)
        return UnknownPlace(
            one.character,
            one.count,
            self.file,
            self.line + newlines,
            column if newlines else self.column + one.place,
        )

    def _pass_over(self, text: str) -> None:
        newlines = text.count("\n")
        self.line += newlines
        after = len(text) - (text.rfind("\n") + 1)
        self.column = after + 1 if newlines else self.column + after
