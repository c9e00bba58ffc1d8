"""What the measures of a run found: headline, best unit and layer probe of each concept.

neuronario run --config my.yml --store runs
python -m tests.benchmarks.labels runs
"""

import argparse
from pathlib import Path

from jobs.pipeline import read_run
from report.assembly import stored_view
from report.measured import measured

FIRST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--run", default="latest")
    options = parser.parse_args()
    run = read_run(options.store, options.run)
    found = measured(stored_view(run))
    if found is None:
        raise SystemExit(f"run {run.id} was not measured")
    headline = found.all.headline
    print(f"{headline.sentence}; encoded, not used: {headline.unused}")
    print(
        f"probe: {found.all.characters:,} characters; r by chance {found.all.chance.strength:.2f}, "
        f"within {found.all.chance.within:.2f}"
    )
    print(
        "\n| rank | unit | verdict | concept | score | look-up | r within pairs | explains "
        "| effect, bits |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for one in sorted(found.all.units, key=lambda one: one.rank)[:FIRST]:
        label = one.label
        print(
            f"| {one.rank} | L{one.layer}N{one.index} | {label.verdict} | {label.concept} "
            f"| {label.score.shown:.2f} | {label.look_up.shown:.2f} "
            f"| {label.within.strength:.2f} | {label.explained:.0%} "
            f"| {one.effect.bits:+.4f} |"
        )
    print(
        "\n| concept | prevalence | layer | layer probe F1 | best unit F1 | look-up | untrained |"
    )
    print("|---|---|---|---|---|---|---|")
    for score in sorted(found.all.concept_scores, key=lambda score: (score.concept, score.layer)):
        print(
            f"| {score.concept} | {score.prevalence:.1%} | {score.layer} | {score.probe_f1:.3f} "
            f"| {score.best_unit_f1:.3f} (L{score.layer}N{score.best_unit}) "
            f"| {score.look_up_f1:.3f} | {score.untrained_f1:.3f} |"
        )


if __name__ == "__main__":
    main()
