"""The text: read from a file or generated, turned into character ids, split into two parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jobs.config.schema import CorpusConfig, TrainingConfig
from jobs.corpus.synthetic import CORPUS_SEED, generate
from jobs.corpus.text_file import character_notes, read_text_file
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.alphabet import decode
from jobs.printable import shown

LEAST_HELD_OUT = 100  # characters; below that every held-out figure is chance
CODE_POINTS = 0x110000


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


def load_corpus(
    config: CorpusConfig, folder: Path, training: TrainingConfig | None = None
) -> Corpus:
    """Read or generate the text that ``config`` names; relative paths start at ``folder``.

    With ``training``, a text too short for one of its windows is refused as well.

    Raises:
        NeuronarioError: 66 no such file; 77 not readable; 74 I/O error; 78 unknown encoding;
            65 empty, too short, too large, undecodable, binary, compressed, not a regular file,
            changed meanwhile, lone surrogates or too many distinct characters.
    """
    path = None if config.path is None else folder / config.path
    entropy: float | None = None
    notes: tuple[str, ...] = ()
    if path is None:
        assert config.builtin is not None  # the schema: one of the two
        generated = generate(config.builtin, config.builtin_characters, CORPUS_SEED)
        name, text, encoding = f"builtin {config.builtin}", generated.text, "utf-8"
        size = len(text.encode())
        entropy = generated.entropy_bits_per_character
    else:
        file = read_text_file(path, config.encoding, config.max_bytes)
        name, text, encoding = shown(path.name), file.text, config.encoding
        size, notes = file.bytes, file.notes
    if config.first_characters is not None:
        text, cut = text[: config.first_characters], len(text)
        notes = (*notes, f"first {len(text):,} of {cut:,} characters used")
    notes = (*notes, *character_notes(text))
    source = name if path is None else shown(path)
    ids, alphabet = _encode(text, source, config.max_alphabet)
    if len(alphabet) == 1:
        notes = (*notes, "warning: one distinct character only, there is nothing to learn")
    held_out_start = len(ids) - round(len(ids) * config.held_out)
    _require_length(len(ids), held_out_start, source, training)
    return Corpus(
        name=name,
        ids=ids,
        alphabet=alphabet,
        held_out_start=held_out_start,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        encoding=encoding,
        bytes=size,
        notes=notes,
        entropy=entropy,
    )


def _encode(text: str, source: str, max_alphabet: int) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Ids of the characters (read-only) and the alphabet, sorted by code point."""
    if not text:
        raise NeuronarioError(f"{source}: empty; give a text", ExitCode.BAD_DATA)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    # A table over all code points instead of np.unique: no sorting of 100 million characters.
    present = np.zeros(CODE_POINTS, bool)
    present[points] = True
    if present[0xD800:0xE000].any():
        place = int(np.argmax((points >= 0xD800) & (points < 0xE000)))
        raise NeuronarioError(
            f"{source}: half a surrogate pair (U+{points[place]:04X}) at character {place:,}; "
            "it is no character: repair the text",
            ExitCode.BAD_DATA,
        )
    letters = np.flatnonzero(present)
    if letters.size > max_alphabet:
        raise NeuronarioError(
            f"{source}: {letters.size:,} distinct characters; at most {max_alphabet:,} are allowed "
            "(corpus.max_alphabet): raise it, or shorten the text (corpus.first_characters)",
            ExitCode.BAD_DATA,
        )
    table = np.zeros(CODE_POINTS, np.int32)
    table[letters] = np.arange(letters.size, dtype=np.int32)
    ids = table[points]
    ids.setflags(write=False)
    return ids, tuple(chr(point) for point in letters)


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
