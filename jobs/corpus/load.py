"""Read a text from files or generate it, encode it, hold a part of it out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jobs.config.schema import CorpusConfig, TrainingConfig
from jobs.corpus.corpus import Corpus
from jobs.corpus.documents import document_pieces
from jobs.corpus.encode import Encoded, Encoder
from jobs.corpus.sources import Source, corpus_name, find_sources
from jobs.corpus.split import split_documents, split_text
from jobs.corpus.synthetic import CORPUS_SEED, generate
from jobs.corpus.text_file import Budget, text_pieces
from jobs.errors import ExitCode, NeuronarioError

LEAST_DOCUMENTS = 2  # one is held out
LEAST_HELD_OUT = 100  # characters; below that every held-out figure is chance


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
    for piece in document_pieces(text, config.documents):
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
