"""How well the engine learns: held-out nats per character of a large network on a known text.

    python -m tests.benchmarks.learning [--text tinyshakespeare.txt] [--units 128] [--epochs 30]

Beside each: the frozen n-gram of the same text. The held-out part is the last 10 %; the epoch that
counts is the one with the fewest held-out nats, so the figure is a little better than a third,
unseen part would show. Line ends are made \\n first, as in the published figures.
"""

import argparse
import tempfile
import time
from math import log
from pathlib import Path

import numpy as np

from jobs.config.schema import Config
from jobs.corpus.load import load_corpus
from jobs.machine.tensorflow_start import start_tensorflow
from report.measures.ngram import witten_bell

TEXTS = Path("../shared/corpora")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", default="tinyshakespeare.txt", help="in ../shared/corpora")
    parser.add_argument("--units", type=int, default=128, help="of each of two layers")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--chunk", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.005)
    parser.add_argument("--dropout", type=float, default=0.1)
    options = parser.parse_args()
    text = TEXTS / options.text
    if not text.exists():
        raise SystemExit(f"{text} is not at hand; this benchmark needs it")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / text.name
        plain.write_bytes(text.read_bytes().replace(b"\r\n", b"\n"))
        learn(plain, options)


def learn(text: Path, options: argparse.Namespace) -> None:
    """Train, print every epoch, then the best beside the n-gram."""
    start_tensorflow()
    from jobs.engine.train import train

    config = Config.model_validate(
        {
            "corpus": {"path": str(text)},
            "network": {"layers": (options.units, options.units)},
            "training": {
                "epochs": options.epochs,
                "batch": options.batch,
                "chunk": options.chunk,
                "learning_rate": options.rate,
                "dropout": options.dropout,
            },
        }
    )
    corpus = load_corpus(config.corpus, Path())
    begin = time.perf_counter()
    training = train(
        corpus,
        config,
        on_epoch=lambda record, seconds: print(
            f"epoch {record.epoch}: {record.training_bits * log(2):.4f} nats in training, "
            f"{record.held_out_bits * log(2):.4f} held out, {seconds:.1f} s",
            flush=True,
        ),
    )
    seconds = time.perf_counter() - begin
    ngram = witten_bell(
        corpus.training_ids, np.zeros(0, np.int32), corpus.held_out_ids, len(corpus.alphabet)
    )
    print(
        f"{text.name}, {corpus.characters:,} characters, 2x{options.units}: "
        f"{training.evaluation.held_out_bits * log(2):.4f} nats per held-out character in epoch "
        f"{training.evaluation.best_epoch} of {options.epochs}, {seconds:.0f} s; "
        f"n-gram of up to {ngram.best} characters: {ngram.best_bits.mean() * log(2):.4f}"
    )


if __name__ == "__main__":
    main()
