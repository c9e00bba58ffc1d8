"""What width and ``training.l1`` do to legibility, and what they cost: a row a setting and text.

    python -m tests.benchmarks.legible [--texts FOLDER] [--only xkb]

trains each setting with several seeds on texts of different kinds (the embedded one, and those of
--texts, default ../shared/corpora), explains every unit, and looks for each unit in the other
seeds. All settings of a text have the same epochs and the same probe. Explained shares are medians
over the units that vary, of all seeds; *found* are units found in another seed beyond rotation and
untrained networks, and beside it how many that would be by chance.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

from jobs.config.file import load_config, preset_path
from jobs.config.schema import Config
from jobs.corpus.load import load_corpus
from jobs.machine.tensorflow_start import start_tensorflow
from report.measures.explanations.summary import LayerSummary, layer_summary
from report.measures.measure import measure
from report.measures.universality.seeds import Seeds, measure_seeds
from report.run_view import RunView
from tests.benchmarks.matching import traced, trained
from tests.support.places import CORPORA

SEEDS = (0, 1, 2)
CHARACTERS = 150_000  # of each text
EPOCHS = 10
PROBE = 10_000
SAMPLE = 500
WIDE = (100, 100)
SETTINGS = (  # sizes, l1
    ((50, 50), 0.0),
    (WIDE, 0.0),
    (WIDE, 0.0003),
    (WIDE, 0.001),
)
TEXTS: dict[str, dict[str, object]] = {
    "embedded XML": {"builtin": "xml", "builtin_characters": CHARACTERS},
    "C source": {"path": "linux_kernel.c.txt"},
    "English prose": {"path": "nietzsche.txt"},
    "xkb XML": {"path": "xkb_evdev.xml"},
}
COLUMNS = (
    *("text", "units, l1", "bits (sd)", "live", "explained", ">= .5", ">= .8", "untrained"),
    *("labels", "abs r (rotated)", "found (by chance)"),
)


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, default=CORPORA)
    parser.add_argument("--only", default="", help="texts whose name contains this")
    options = parser.parse_args()
    start_tensorflow()
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    for name in TEXTS:
        if options.only not in name:
            continue
        for sizes, l1 in SETTINGS:
            config = configuration(name, sizes, l1)
            views = [view_of(config, options.texts, seed) for seed in SEEDS]
            print(row(f"{name} | {list(sizes)}, {l1:g}", views, measure_seeds(views)), flush=True)


def configuration(text: str, sizes: Sequence[int], l1: float) -> Config:
    """The default, with as much of ``text`` as all settings read."""
    preset = load_config(preset_path("default")).config
    corpus = {"builtin": None, **TEXTS[text], "first_characters": CHARACTERS}
    return preset.model_copy(
        update={
            "corpus": preset.corpus.model_copy(update=corpus),
            "network": preset.network.model_copy(update={"layers": tuple(sizes)}),
            "training": preset.training.model_copy(update={"epochs": EPOCHS, "l1": l1}),
            "probe": preset.probe.model_copy(update={"characters": PROBE}),
        }
    )


def view_of(config: Config, texts: Path, seed: int) -> RunView:
    """A measured run; its sample is the beginning of the probe."""
    config = config.model_copy(update={"seed": seed})
    view = trained(config, texts=texts)
    corpus = load_corpus(config.corpus, texts, config.training)
    sample = traced(view.network, corpus, config, SAMPLE)
    measures = measure(view.network, view.probe, sample, corpus, config)
    print(f"seed {seed}: {view.evaluation.held_out_bits:.3f} bits", file=sys.stderr, flush=True)
    return replace(view, sample=sample, measures=measures.by_name())


def row(name: str, views: Sequence[RunView], seeds: Seeds) -> str:
    """One line; figures of both layers in turn."""
    bits = f"{mean(seeds.bits):.3f} ({stdev(seeds.bits):.3f})"
    summaries = list(zip(*map(summaries_of, views), strict=True))
    cells = [
        bits,
        both(f"{one.live:.0f}" for one in seeds.layers),
        both(f"{mean(one.median for one in layer):.2f}" for layer in summaries),
        both(f"{mean(one.half for one in layer):.0%}" for layer in summaries),
        both(f"{mean(one.most for one in layer):.0%}" for layer in summaries),
        both(f"{mean(one.untrained for one in layer):.2f}" for layer in summaries),
        " ".join(map(str, seeds.labelled)),
        both(f"{one.r:.2f} ({one.rotated:.2f})" for one in seeds.layers),
        both(f"{one.found:.0%} ({one.found_by_chance:.0%})" for one in seeds.layers),
    ]
    return f"| {name} | {' | '.join(cells)} |"


def summaries_of(view: RunView) -> Iterator[LayerSummary]:
    """Of each layer."""
    units = view.measures["measures"].units
    for layer in range(1, len(view.network.sizes) + 1):
        yield layer_summary(layer, [one.explanation for one in units if one.layer == layer])


def both(figures: Iterator[str]) -> str:
    """Layers 1 and 2."""
    return ", ".join(figures)


if __name__ == "__main__":
    main()
