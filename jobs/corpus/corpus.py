"""The text: read from files or generated, turned into character ids, split into two parts."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jobs.config.schema import CorpusConfig, SeparatorConfig, TrainingConfig
from jobs.corpus.documents import Starts, separated
from jobs.corpus.encode import Encoded, Encoder, Ids
from jobs.corpus.sources import Source, corpus_name, find_sources
from jobs.corpus.split import split_documents, split_text
from jobs.corpus.synthetic import CORPUS_SEED, generate
from jobs.corpus.text_file import Budget, text_pieces
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.alphabet import decode

LEAST_DOCUMENTS = 2  # one is held out
LEAST_HELD_OUT = 100  # characters; below that every held-out figure is chance
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


def load_corpus(
    config: CorpusConfig, folder: Path, training: TrainingConfig | None = None
) -> Corpus:
    """Read or generate the text that ``config`` names; relative paths start at ``folder``.

    With ``training``, a text too short for one of its windows is refused as well.

    Raises:
        NeuronarioError: 66 no such file; 77 not readable; 74 I/O error; 78 unknown encoding;
            65 empty, too short, too large, undecodable, binary, damaged compression, not a regular
            file, changed meanwhile, lone surrogates, too many distinct characters or too few
            documents.
    """
    text, origin = _generated(config) if not config.paths else _read(config, folder)
    if not text.ids.size:
        raise NeuronarioError(f"{origin.place}: empty; give a text", ExitCode.BAD_DATA)
    notes = (*origin.notes, *text.notes)
    if len(text.alphabet) == 1:
        notes = (*notes, "warning: one distinct character only, there is nothing to learn")
    starts = text.starts
    if starts is None:
        ids, held_out_start = split_text(text, config.held_out, config.hold_out)
    else:
        _require_documents(starts.size, config, origin.place)
        ids, held_out_start, starts = split_documents(text, config.held_out, config.hold_out)
        held_out = int(np.count_nonzero(starts >= held_out_start))
        notes = (*notes, f"{starts.size:,} documents, {held_out:,} held out")
    _require_length(text.ids.size, held_out_start, origin.place, training)
    return Corpus(
        name=origin.name,
        ids=ids,
        alphabet=text.alphabet,
        held_out_start=held_out_start,
        sha256=text.sha256,
        encoding=config.encoding if config.paths else "utf-8",
        bytes=origin.bytes,
        notes=notes,
        entropy=origin.entropy,
        starts=starts,
    )


@dataclass(frozen=True)
class _Origin:
    """Where a text comes from."""

    name: str
    place: str  # for messages
    bytes: int
    notes: tuple[str, ...] = ()
    entropy: float | None = None


def _generated(config: CorpusConfig) -> tuple[Encoded, _Origin]:
    assert config.builtin is not None  # the schema: one of the two
    generated = generate(config.builtin, config.builtin_characters, CORPUS_SEED)
    text = generated.text[: config.first_characters]
    name = f"builtin {config.builtin}"
    encoder = Encoder(name, config.max_alphabet)
    encoder.add(text)
    notes = () if len(text) == len(generated.text) else (_head_note(len(text)),)
    return encoder.finish(), _Origin(
        name,
        name,
        len(generated.text.encode()),
        notes,
        generated.entropy_bits_per_character,
    )


def _read(config: CorpusConfig, folder: Path) -> tuple[Encoded, _Origin]:
    sources = find_sources(config.paths, folder)
    place = sources[0].name if len(sources) == 1 else corpus_name(config.paths, sources)
    encoder = Encoder(place, config.max_alphabet)
    budget = Budget(config.max_bytes)
    files = 0
    notes: tuple[str, ...] = ()
    for source in sources:
        begin = encoder.characters
        if config.documents is not None:
            encoder.begin_document()
        if _add(encoder, source, config, budget):
            notes = (_head_note(encoder.characters),)
        files += encoder.characters > begin
        if notes:
            break
    if len(sources) > 1:
        notes = (*notes, f"{files:,} files with text")
    name = corpus_name(config.paths, sources)
    return encoder.finish(), _Origin(name, place, budget.stored, (*budget.notes(), *notes))


def _add(encoder: Encoder, source: Source, config: CorpusConfig, budget: Budget) -> bool:
    """Read one source into ``encoder``; true where ``first_characters`` ended it."""
    most = config.first_characters
    text = text_pieces(source, config.encoding, budget, whole=most is None)
    pieces: Iterable[str | None] = text
    if isinstance(config.documents, SeparatorConfig):
        pieces = separated(text, config.documents.separator)
    for piece in pieces:
        if piece is None:
            encoder.begin_document()
            continue
        left = len(piece) if most is None else most - encoder.characters
        encoder.add(piece[:left])
        if left < len(piece):
            return True
    return False


def _head_note(characters: int) -> str:
    return f"first {characters:,} characters used, the rest is left out"


def _require_documents(count: int, config: CorpusConfig, source: str) -> None:
    if count < LEAST_DOCUMENTS:
        found = "no document" if count == 0 else "one document"
        how = "name several files" if config.documents == "file" else "look at the separator"
        raise NeuronarioError(
            f"{source}: {found} only; corpus.documents needs two at least, to hold one out: "
            f"{how}, or leave the key out",
            ExitCode.BAD_DATA,
        )


def _require_length(
    characters: int, held_out_start: int, source: str, training: TrainingConfig | None
) -> None:
    """The held-out part must carry figures, the training part one window and what follows it."""
    held_out = characters - held_out_start
    if held_out < LEAST_HELD_OUT:
        raise NeuronarioError(
            f"{source}: too short: {held_out:,} of its {characters:,} characters are held out, at "
            f"least {LEAST_HELD_OUT} are needed; give a longer text or raise corpus.held_out",
            ExitCode.BAD_DATA,
        )
    if training is None or training.regime == "stream":  # streams are fitted to the text
        return
    if held_out_start <= training.window:
        raise NeuronarioError(
            f"{source}: too short: {held_out_start:,} characters are trained on, training.window "
            f"{training.window:,} needs at least {training.window + 1:,}; give a longer text or "
            "lower training.window",
            ExitCode.BAD_DATA,
        )
