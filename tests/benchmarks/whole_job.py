"""The whole job, notebook preset, process start to built site, against the notebook's steps.

    python -m tests.benchmarks.whole_job [--epochs 50]

Both sides are processes of their own, one after the other: importing, training and sampling on one
side; the same and measures, pages and the built site on the other.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jobs.machine.program_cache import VARIABLE
from tests.benchmarks.work import REAL_TEXT, read_text

EPOCHS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--notebook-side", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.notebook_side:
        notebook_side(arguments.epochs)
        return
    ours = our_side(arguments.epochs)
    command = [sys.executable, "-m", __spec__.name, "--notebook-side"]
    theirs = seconds_of([*command, "--epochs", str(arguments.epochs)], Path.cwd())
    print(f"the notebook's steps, training and sampling: {theirs:.1f} s")
    print(f"Neuronario, everything: {ours:.1f} s; ratio {theirs / ours:.2f}")


def our_side(epochs: int) -> float:
    """``neuronario run`` in an empty folder; prints the wall time of each stage."""
    text = f"path: {REAL_TEXT.resolve()}" if REAL_TEXT.exists() else "builtin: xml"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "neuronario.yml"
        config.write_text(
            f"extends: notebook\ncorpus: {{{text}}}\ntraining: {{epochs: {epochs}}}\n"
        )
        program = (
            "import sys; sys.path.insert(0, sys.argv.pop(1));"
            " from jobs.cli.main import main; main()"
        )
        return seconds_of([sys.executable, "-c", program, str(Path.cwd()), "run"], Path(folder))


def seconds_of(command: list[str], folder: Path) -> float:
    begin = time.perf_counter()
    cold = {**os.environ, VARIABLE: ""}
    subprocess.run(command, cwd=folder, env=cold, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def notebook_side(epochs: int) -> None:
    """Windows as one-hot arrays, ``fit``, then 500 characters by three ``predict`` calls each."""
    import numpy as np

    from tests.benchmarks.reading import SAMPLED, WINDOW, notebook_models, notebook_sample

    corpus = read_text()
    ids, symbols = corpus.training_ids, len(corpus.alphabet)
    starts = np.arange(0, ids.size - WINDOW, WINDOW)
    one_hot = np.eye(symbols, dtype=np.float32)
    inputs = one_hot[ids[starts[:, None] + np.arange(WINDOW)]]
    targets = one_hot[ids[starts + WINDOW]]
    models = notebook_models(symbols)
    models[0].compile(loss="categorical_crossentropy", optimizer="adam")
    models[0].fit(inputs, targets, epochs=epochs, batch_size=30, verbose=0)
    notebook_sample(models, symbols, ids[:WINDOW].tolist(), SAMPLED)


if __name__ == "__main__":
    main()
