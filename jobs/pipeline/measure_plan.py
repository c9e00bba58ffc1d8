"""What ``neuronario measure`` measures: the text, and what is asked of it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs import __version__
from jobs.config.file import load_config
from jobs.config.limits import WARM_UP
from jobs.corpus.corpus import Corpus, with_alphabet
from jobs.corpus.known_text import KnownText, read_known_text
from jobs.corpus.load import load_corpus
from jobs.corpus.shards import LEAD, SHARD, Shard, shard_count, shards_of
from jobs.corpus.sources import STANDARD_INPUT
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.runtime import current_runtime
from jobs.pipeline.reports import large_text, report_digest
from jobs.pipeline.trace_files import Unknown, check_replacement, unknown_record, unknown_refused
from jobs.store.manifest import digest
from jobs.store.run import Run

if TYPE_CHECKING:
    from jobs.pipeline.reports import LargeText

FORMAT = "neuronario-measures 1"
MOST_BYTES = 4_000_000_000  # of all texts; each character takes a byte or two in memory


@dataclass(frozen=True)
class MeasureOptions:
    """What the command line says."""

    texts: tuple[str, ...]
    out: Path
    encoding: str | None = None  # None: that of the run's own text
    unknown: Unknown = "fail"
    replacement: str = ""  # of the alphabet
    warm_up: int = WARM_UP  # characters; a network with windows reads one of them instead
    workers: int = 1
    scheduler: str = ""  # address of a Dask scheduler; "": this machine
    wait_seconds: int = 0


@dataclass(frozen=True)
class MeasurePlan:
    """A text that is measured for a run."""

    run: Run
    text: KnownText
    own: Corpus | None  # the run's own text
    about: dict[str, Any]  # what is measured and how; its ``key`` is a digest of what decides it

    def asked(self) -> "LargeText":
        """What is asked of the text; the run's sentences are found again for it, which takes as
        long as finding them.

        Raises:
            NeuronarioError: 65, the run has no measures.
        """
        return large_text(self.run, self.own)

    @property
    def count(self) -> int:
        """How many shards there are."""
        return shard_count(self.text.ids.size)

    def shards(self, numbers: Iterable[int]) -> Iterator[Shard]:
        """The shards of these numbers."""
        warm_up = self.about["shards"]["warm_up"]
        return shards_of(self.text.ids, self.text.starts, warm_up, iter(numbers))


def make_plan(run: Run, options: MeasureOptions, config_path: Path | None) -> MeasurePlan:
    """Read the texts.

    Raises:
        NeuronarioError: 2, the replacement is no character of the alphabet; 65, unknown characters
            or an unusable text; 65, 66 the run.
    """
    check_replacement(options.unknown, options.replacement, run)
    text = known_text(run, options)
    own, missing = own_text(run, config_path)
    return MeasurePlan(run, text, own, description(run, options, text, missing))


def known_text(run: Run, options: MeasureOptions) -> KnownText:
    """The text in the run's alphabet.

    Raises:
        NeuronarioError: 65, unknown characters, or nothing to measure; else as reading it.
    """
    text = read_known_text(
        options.texts,
        run.card.alphabet,
        run.config.corpus,
        encoding=options.encoding or run.card.encoding,
        replacement=options.replacement if options.unknown == "replace" else "",
        max_bytes=MOST_BYTES,
    )
    if text.unknown and options.unknown == "fail":
        places = [(one.count, str(one)) for one in text.unknown]
        raise unknown_refused(text.name, places, run)
    if text.ids.size == 0:
        raise NeuronarioError(
            f"{text.name}: no character to measure; give a text in the alphabet of run {run.id}",
            ExitCode.BAD_DATA,
        )
    return text


def own_text(run: Run, config_path: Path | None) -> tuple[Corpus | None, str]:
    """The text that the run was trained on, which its sentences need: they speak of what an n-gram
    of it expects. None, and why, where it is not at hand.
    """
    settings, card = run.config.corpus, run.card
    if STANDARD_INPUT in settings.paths:
        return None, "the run's own text came from standard input"
    try:
        folder = Path() if config_path is None else load_config(config_path).folder
        corpus = load_corpus(settings, folder)
    except NeuronarioError as error:
        return None, f"the run's own text is not at hand ({error})"
    same = (corpus.sha256, corpus.held_out_start) == (card.sha256, card.held_out_start)
    if not same or not set(corpus.alphabet) <= set(card.alphabet):
        return None, "the run's own text has changed since"
    if corpus.alphabet != card.alphabet:
        corpus = with_alphabet(corpus, card.alphabet)
    return corpus, ""


def description(run: Run, options: MeasureOptions, text: KnownText, missing: str) -> dict[str, Any]:
    """What is measured and how: plain JSON values; ``key`` is a digest of all that decides the
    result.
    """
    mode = run.config.training.mode
    about: dict[str, Any] = {
        "format": FORMAT,
        "neuronario": __version__,
        "run": run.id,
        "content_id": run.manifest.content_id,
        "held_out_bits": run.evaluation.held_out_bits,
        "probe_characters": run.probe.characters,
        "text": {
            "name": text.name,
            "characters": text.characters,
            "sha256": text.sha256,
            "documents": 0 if text.starts is None else int(text.starts.size),
            "notes": list(text.notes),
            "is_the_training_text": text.sha256 == run.card.sha256,
        },
        "unknown": unknown_record(
            options.unknown, options.replacement, [one.count for one in text.unknown]
        ),
        "measured_characters": int(text.ids.size),
        "shards": {
            "count": shard_count(text.ids.size),
            "characters": SHARD,
            "warm_up": _warm_up(run, options),
            "lead_of_concepts": max(LEAD, _warm_up(run, options)),
        },
        "regime": mode.regime,
        "window": mode.window,
        "sentences_left_out": missing,
    }
    starts = b"" if text.starts is None else text.starts.astype("<i8").tobytes()
    decides = {
        **about,
        "starts": hashlib.sha256(starts).hexdigest(),
        "runtime": current_runtime().stored(),
        "program": report_digest(),
    }
    return {**about, "key": digest(decides)}


def _warm_up(run: Run, options: MeasureOptions) -> int:
    return run.config.training.mode.window or options.warm_up
