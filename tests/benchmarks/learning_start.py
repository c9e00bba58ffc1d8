"""Does the default leave the plateau of character frequencies? A table over texts of 3 to 4,000
distinct characters, with the present start and with the one before it (a zero output bias, no
restart).

python -m tests.benchmarks.learning_start                      # the texts that are here
python -m tests.benchmarks.learning_start --epochs 5 more/*.xml
"""

import argparse
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from jobs.config.file import load_config
from jobs.config.presets import preset_path
from jobs.config.schema import Config, CorpusConfig
from jobs.corpus.corpus import Corpus
from jobs.corpus.load import load_corpus
from jobs.errors import NeuronarioError
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.history import EpochRecord, flat_epochs
from tests.benchmarks.many_alphabets import CHARACTERS, dictionary, names_in_many_scripts
from tests.support.places import CORPORA

START = {"before": {"initial_bias": "zero", "flat_epochs": 0}, "after": {}}
LATIN_1 = ("quijote_latin1.txt",)
REAL = (
    *("builtin_candidate_providers_64k.xml", "xkb_evdev.xml", "shakespeare_hamlet.xml"),
    *("quijote_latin1.txt", "linux_kernel.c.txt", "cldr_ar_bidi.xml", "unicode_emoji-test.txt"),
    "tang300_zh.txt",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path, nargs="*", help="more texts, in UTF-8")
    parser.add_argument("--epochs", type=int, default=4, help="of the 20 of the default")
    options = parser.parse_args()
    start_tensorflow()
    print(
        "| text | characters | distinct | unigram | bits before | after | flat before | after | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for source in sources(Path(folder), options.texts):
            corpus = load_corpus(source, Path())
            print(row(corpus, options.epochs), flush=True)


def sources(folder: Path, more: list[Path]) -> list[CorpusConfig]:
    """Built-in, generated, real and given texts, at most so many characters of each."""
    found = [CorpusConfig(builtin="xml", builtin_characters=CHARACTERS)]
    for make in (names_in_many_scripts, dictionary):
        path = folder / f"{make.__name__}.txt"
        path.write_text(make(), encoding="utf-8")
        found.append(CorpusConfig(path=str(path)))
    for path in [*(CORPORA / name for name in REAL if (CORPORA / name).exists()), *more]:
        encoding = "latin-1" if path.name in LATIN_1 else "utf-8"
        found.append(CorpusConfig(path=str(path), encoding=encoding, first_characters=CHARACTERS))
    return found


def row(corpus: Corpus, epochs: int) -> str:
    """One line: held-out bits of the best of the epochs, and how many of them were flat."""
    from jobs.engine.flat_start import unigram_bits

    unigram, began = unigram_bits(corpus), time.perf_counter()
    histories = {name: first_epochs(corpus, start, epochs) for name, start in START.items()}
    seconds = time.perf_counter() - began
    bits = [f"{min(one.held_out_bits for one in history):.3f}" for history in histories.values()]
    flat = [f"{flat_epochs(history, unigram)} of {epochs}" for history in histories.values()]
    return (
        f"| {corpus.name} | {corpus.characters:,} | {len(corpus.alphabet):,} | {unigram:.3f} "
        f"| {bits[0]} | {bits[1]} | {flat[0]} | {flat[1]} | {seconds:.0f} |"
    )


class Enough(Exception):  # noqa: N818 - it is no error
    """The first epochs are done."""


def first_epochs(corpus: Corpus, start: dict[str, object], epochs: int) -> tuple[EpochRecord, ...]:
    """The first ``epochs`` of the default's training."""
    from jobs.engine.train import train

    default = load_config(preset_path("default")).config
    training = default.training.model_copy(update=start)
    config: Config = default.model_copy(update={"training": training})
    history: list[EpochRecord] = []

    def on_epoch(record: EpochRecord, _seconds: float) -> None:
        history.append(record)
        if len(history) == epochs:
            raise Enough

    with suppress(Enough, NeuronarioError):
        train(corpus, config, on_epoch=on_epoch)
    return tuple(history)


if __name__ == "__main__":
    main()
