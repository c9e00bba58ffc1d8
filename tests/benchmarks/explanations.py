"""How well sentences explain the units of runs: one row a layer, and the seconds they take.

python -m tests.benchmarks.explanations STORE_OR_CONFIG ... [--texts FOLDER]
    [--units 512,512 [--epochs 2]]

A folder is a store whose newest run is explained; a .yml file is a configuration, trained first
into a temporary store. Texts are looked for by name in --texts (default ../shared/corpora). Below
the rows stand the seconds of each part, and of the processor in all its threads. --units takes an
untrained network of that size in place of the run's, or one trained for so many --epochs, to see
what size costs.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from jobs.corpus.corpus import Corpus
from jobs.corpus.load import load_corpus
from jobs.model.network import initial_network
from jobs.store.store import Run, read_run
from report.measures.concepts.user import all_concepts
from report.measures.explanations import explain as explain_module
from report.measures.explanations.explain import Explained
from report.measures.explanations.fit import Fitter
from report.measures.explanations.held_out import held_out
from report.measures.explanations.summary import layer_summary
from report.measures.explanations.tables import Tables
from report.measures.measure import untrained_states
from report.measures.parallel import one_core_each
from tests.support.places import CORPORA

WIDE_RATE = 0.003  # of hundreds of units
PARTS = (  # what is within another part stands after "of these"
    ("expected characters and vocabulary", explain_module, "_gather"),
    ("memory", explain_module, "memory"),
    ("of these on shifted states", explain_module, "Chance"),  # two layers at once: each counts
    ("sentences, also of shifted states and of an untrained layer", Fitter, "sentences"),
    ("what ladders share", Tables, "__init__"),
    ("ladders", Tables, "ladders"),
    ("simulations", explain_module, "simulate"),
    ("maps of pairs", explain_module, "_pair_maps"),
    ("faithfulness", explain_module, "faithfulness"),
    ("everything", explain_module, "explain"),
)
COLUMNS = (
    *("text, network", "layer", "median R2", ">= .5", ">= .8", "untrained", "null"),
    *("kinds", "bits", "s"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--texts", type=Path, default=CORPORA)
    parser.add_argument("--units", help="an untrained network of so many units a layer: 512,512")
    parser.add_argument("--epochs", type=int, default=0, help="train that network first")
    options = parser.parse_args()
    print(HEAD)
    for path in options.runs:
        with tempfile.TemporaryDirectory() as folder:
            store = trained(path, Path(folder)) if path.suffix in (".yml", ".yaml") else path
            run = read_run(store)
            if options.units:
                sizes = tuple(map(int, options.units.split(",")))
                run = another(run, sizes, options.epochs, options.texts)
            clock = Clock()
            with clock.timing(PARTS):
                found, seconds = explained(run, options.texts)
            print("\n".join(rows(run, found, seconds)), flush=True)
            print(clock.table(), flush=True)


class Clock:
    """Seconds and processor seconds by the name of a part."""

    def __init__(self) -> None:
        self.spent: dict[str, tuple[float, float]] = {}

    @contextmanager
    def timing(self, parts: Sequence[tuple[str, Any, str]]) -> Iterator[None]:
        """Time every call of each ``(name, owner, function)`` meanwhile."""
        with ExitStack() as stack:
            for name, owner, function in parts:
                timed = self.timed(name, getattr(owner, function))
                stack.enter_context(patch.object(owner, function, timed))
            yield

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, whose time is added to ``name``."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            begin, processor = time.perf_counter(), time.process_time()
            found = function(*args, **kwargs)
            seconds, spent = self.spent.get(name, (0.0, 0.0))
            seconds += time.perf_counter() - begin
            self.spent[name] = (seconds, spent + time.process_time() - processor)
            return found

        return call

    def table(self) -> str:
        """One row a part."""
        lines = [f"| {name} | {one:.2f} | {two:.2f} |" for name, (one, two) in self.spent.items()]
        return "\n".join(["| part | s | processor s |\n|---|---|---|", *lines])


def another(run: Run, sizes: tuple[int, ...], epochs: int, texts: Path) -> Any:
    """What is read of the run, with a network of ``sizes`` on the same texts: untrained, or trained
    for ``epochs``.
    """
    from jobs.engine.trace_text import trace_text  # late: TensorFlow takes seconds
    from jobs.engine.train import train

    network = initial_network(run.network.alphabet_size, sizes, run.config.seed)
    if epochs:
        training = {"epochs": epochs, "learning_rate": WIDE_RATE}
        config = run.config.model_copy(
            update={
                "network": run.config.network.model_copy(update={"layers": sizes}),
                "training": run.config.training.model_copy(update=training),
            }
        )
        network = train(corpus_of(run, texts), config).network
    probe, sample = (
        trace_text(network, one.ids, mode=one.mode, context=one.context, starts=one.starts)
        for one in (run.probe, run.sample)
    )
    return SimpleNamespace(
        config=run.config, card=run.card, network=network, probe=probe, sample=sample
    )


def trained(config: Path, folder: Path) -> Path:
    """A store with one run of ``config``."""
    store = folder / "runs"
    command = [sys.executable, "-m", "neuronario", "run", "--config", str(config)]
    subprocess.run([*command, "--store", str(store), "--no-publish", "--quiet"], check=True)
    return store


def corpus_of(run: Run, texts: Path) -> Corpus:
    """The run's text, a file looked for by its name in ``texts``."""
    config = run.config.corpus
    if config.path is not None:
        config = config.model_copy(update={"path": str(texts / Path(config.path).name)})
    return load_corpus(config, texts)


def explained(run: Run, texts: Path) -> tuple[Explained, float]:
    """Explanations of a run and the seconds that they took."""
    corpus = corpus_of(run, texts)
    with one_core_each():
        read = held_out(run.network, run.probe, corpus, all_concepts(run.config.report))
        untrained = untrained_states(run.network, read, run.config.seed)
        begin = time.perf_counter()
        found = explain_module.explain(
            run.network, run.probe, run.sample, corpus, read, untrained, run.config.seed
        )
        return found, time.perf_counter() - begin


def rows(run: Run, found: Explained, seconds: float) -> Sequence[str]:
    """One row a layer."""
    name = f"{run.card.name}, {'+'.join(map(str, run.network.sizes))}"
    lines = []
    for number, (units, kept) in enumerate(
        zip(found.layers, found.faithfulness, strict=True), start=1
    ):
        one = layer_summary(number, units)
        kinds = ", ".join(f"{count} {kind}" for kind, count in one.kinds)
        bits = f"{kept.simulated:.2f} ({kept.true:.2f})"
        lines.append(
            f"| {name} | {number} | {one.median:.3f} | {one.half:.0%} | {one.most:.0%} "
            f"| {one.untrained:.2f} | {one.null:.3f} | {kinds} | {bits} | {seconds:.1f} |"
        )
    return lines


if __name__ == "__main__":
    main()
