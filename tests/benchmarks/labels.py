"""What the measures of a run found: headline, best unit and layer probe of each concept.

neuronario run --config my.yml --store runs
python -m tests.benchmarks.labels runs
python -m tests.benchmarks.labels runs --time my.yml      # measures again: seconds, peak memory
"""

import argparse
import resource
import time
from pathlib import Path

from jobs.config.file import load_config
from jobs.corpus.load import load_corpus
from jobs.store.store import Run, read_run
from report.make_report import stored_view
from report.measured import Measured, measured
from report.measures.measure import measure

FIRST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--run", default="latest")
    parser.add_argument("--time", type=Path, metavar="CONFIG", help="configuration of the run")
    options = parser.parse_args()
    run = read_run(options.store, options.run)
    if options.time:
        time_measures(run, options.time)
        return
    found = measured(stored_view(run))
    if found is None:
        raise SystemExit(f"run {run.id} was not measured")
    print_units(found)
    print_concepts(found)


def time_measures(run: Run, config: Path) -> None:
    """Seconds of each stage of the measures alone, and the most memory that the process took."""
    file = load_config(config)
    corpus = load_corpus(file.config.corpus, file.folder, file.config.training)
    content = run.content()
    stages: list[tuple[str, float]] = []
    measure(
        content.network,
        content.probe,
        content.sample,
        corpus,
        content.config,
        lambda name: stages.append((name, time.perf_counter())),
    )
    end = time.perf_counter()
    for (name, began), (_, ended) in zip(stages, [*stages[1:], ("", end)], strict=True):
        print(f"{name:10} {ended - began:7.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{'all':10} {end - stages[0][1]:7.2f} s, peak memory of the process {peak:.2f} GB")


def print_units(found: Measured) -> None:
    """The headline and the units that a reader sees first."""
    headline, null = found.all.headline, found.all.null
    print(f"{headline.sentence}; encoded, not used: {headline.unused}")
    print(
        f"probe: {found.all.characters:,} characters; r by chance {null.strength:.2f}, "
        f"within bigrams {null.within_bigram:.2f}"
    )
    print(
        "\n| rank | unit | verdict | concept | score | bigrams | r within bigrams | explains "
        "| effect, bits |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for one in sorted(found.all.units, key=lambda one: one.rank)[:FIRST]:
        label = one.label
        print(
            f"| {one.rank} | L{one.layer}N{one.index} | {label.verdict} | {label.concept} "
            f"| {label.score.shown:.2f} | {label.bigram.shown:.2f} "
            f"| {label.within_bigram.strength:.2f} | {label.explained:.0%} "
            f"| {one.effect.bits:+.4f} |"
        )


def print_concepts(found: Measured) -> None:
    """Best unit and layer probe of each yes/no concept, beside its controls."""
    print(
        "\n| concept | prevalence | layer | layer probe F1 | best unit F1 | bigrams | untrained |"
    )
    print("|---|---|---|---|---|---|---|")
    for score in sorted(found.all.concept_scores, key=lambda score: (score.concept, score.layer)):
        print(
            f"| {score.concept} | {score.prevalence:.1%} | {score.layer} | {score.probe_f1:.3f} "
            f"| {score.best_unit_f1:.3f} (L{score.layer}N{score.best_unit}) "
            f"| {score.bigram_f1:.3f} | {score.untrained_f1:.3f} |"
        )


if __name__ == "__main__":
    main()
