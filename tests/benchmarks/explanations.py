"""How well sentences explain the units of runs: one row a layer, and the seconds they take.

python -m tests.benchmarks.explanations STORE_OR_CONFIG ... [--texts FOLDER]

A folder is a store whose newest run is explained; a .yml file is a configuration, trained first
into a temporary store. Texts are looked for by name in --texts (default ../shared/corpora).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from jobs.corpus.load import load_corpus
from jobs.store.store import Run, read_run
from report.measures.concepts.library import evaluate
from report.measures.concepts.user import all_concepts
from report.measures.explanations.explain import Explained, explain
from report.measures.explanations.summary import layer_summary
from report.measures.measure import LEAD, probe_start, untrained_states
from report.measures.parallel import one_core_each
from tests.support.places import CORPORA

COLUMNS = (
    *("text, network", "layer", "median R2", ">= .5", ">= .8", "untrained", "null"),
    *("kinds", "bits", "s"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--texts", type=Path, default=CORPORA)
    options = parser.parse_args()
    print(HEAD)
    for path in options.runs:
        with tempfile.TemporaryDirectory() as folder:
            store = trained(path, Path(folder)) if path.suffix in (".yml", ".yaml") else path
            run = read_run(store)
            found, seconds = explained(run, options.texts)
            print("\n".join(rows(run, found, seconds)), flush=True)


def trained(config: Path, folder: Path) -> Path:
    """A store with one run of ``config``."""
    store = folder / "runs"
    command = [sys.executable, "-m", "neuronario", "run", "--config", str(config)]
    subprocess.run([*command, "--store", str(store), "--no-publish", "--quiet"], check=True)
    return store


def explained(run: Run, texts: Path) -> tuple[Explained, float]:
    """Explanations of a run and the seconds that they took."""
    config = run.config.corpus
    if config.path is not None:
        config = config.model_copy(update={"path": str(texts / Path(config.path).name)})
    corpus = load_corpus(config, texts)
    start = probe_start(corpus, run.probe)
    lead = corpus.text(corpus.ids[max(0, start - LEAD) : start])
    concepts = all_concepts(run.config.report)
    table = evaluate(concepts, corpus.text(run.probe.ids), lead)
    with one_core_each():
        untrained = untrained_states(run.network, run.probe, run.config.seed)
        begin = time.perf_counter()
        found = explain(
            run.network, run.probe, run.sample, corpus, table, untrained, run.config.seed
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
