"""How much of a network's units is found again after a second training, by what changed.

    python -m tests.benchmarks.matching

trains a few networks with the default settings on the embedded corpus and prints the table of
``site_src/comparing.md``: the same seed again, another seed, 10 % more text, and the two ways to
go on from the earlier weights; each with several first trainings, lowest and highest shown.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from jobs.config.file import load_config, preset_path
from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus, corpus_card
from jobs.corpus.load import load_corpus
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.network import Network
from jobs.model.trace import Trace
from report.compare.difference import Difference, compare
from report.compare.wording import figure, share_words
from report.run_view import RunView

PAIRS = 3  # first trainings, with the seeds 0, 1, ...
MORE_TEXT = 1.1


@dataclass(frozen=True)
class Case:
    """One way to train again."""

    name: str
    config: Config
    warm: bool = False


def main() -> None:
    """Train, compare, print."""
    start_tensorflow()
    preset = load_config(preset_path("default")).config
    found: dict[str, list[Difference]] = {}
    bits = []
    for seed in range(PAIRS):
        base = preset.model_copy(update={"seed": seed})
        first = trained(base)
        bits.append(first.evaluation.held_out_bits)
        for case in cases(base):
            second = trained(case.config, first.network if case.warm else None)
            found.setdefault(case.name, []).append(compare(first, second))
            print(f"seed {seed}, {case.name}", file=sys.stderr, flush=True)
    print(
        "| second training | bits per character | layer | pairs above the bar | mean abs. r | "
        "untrained: mean, bar | CKA (untrained) |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, differences in found.items():
        for row in rows(name, differences):
            print(row)
    print(f"held-out bits per character of the first trainings: {span(bits)}")


def cases(base: Config) -> Iterator[Case]:
    """What is measured."""
    grown = base.corpus.model_copy(
        update={"builtin_characters": round(base.corpus.builtin_characters * MORE_TEXT)}
    )
    warm = base.training.model_copy(update={"start": "previous"})
    yield Case("same seed, same text", base)
    yield Case("another seed", base.model_copy(update={"seed": base.seed + PAIRS}))
    yield Case("same seed, 10 % more text", base.model_copy(update={"corpus": grown}))
    yield Case(
        "warm start, 10 % more text",
        base.model_copy(update={"corpus": grown, "training": warm}),
        warm=True,
    )
    yield Case("warm start, same text", base.model_copy(update={"training": warm}), warm=True)


def trained(config: Config, start: Network | None = None, texts: Path = Path()) -> RunView:
    """A run as a comparison sees it, a path of its text below ``texts``; its sample is the
    beginning of the probe.
    """
    from jobs.engine.train import train

    corpus = load_corpus(config.corpus, texts, config.training)
    training = train(corpus, config, start=start)
    probe = traced(training.network, corpus, config, config.probe.characters)
    return RunView(
        config=config,
        card=corpus_card(corpus),
        network=training.network,
        history=training.history,
        evaluation=training.evaluation,
        sample=replace(probe, ids=probe.ids[:100]),
        probe=probe,
        run_id="",
        tool_version="",
    )


def traced(network: Network, corpus: Corpus, config: Config, characters: int) -> Trace:
    """The first ``characters`` of the held-out text."""
    from jobs.engine.trace_text import trace_text

    return trace_text(
        network,
        corpus.held_out_ids[:characters],
        mode=config.training.mode,
        context=corpus.training_ids[-100:],
    )


def rows(name: str, differences: list[Difference]) -> Iterator[str]:
    """One line of the table per layer: from the lowest to the highest of all pairs of trainings."""
    qualities = [found.quality for found in differences if found.quality]
    changes = span([quality.difference for quality in qualities], sign=True)
    for layers in zip(*(found.layers for found in differences), strict=True):
        controls = [layer.control for layer in layers if layer.control]
        means, bars = (span([getattr(one, key) for one in controls]) for key in ("mean", "bar"))
        yield (
            f"| {name} | {changes} | {layers[0].layer} "
            f"| {span([layer.matched for layer in layers], share_words)} "
            f"| {span([layer.mean_correlation for layer in layers])} | {means}, {bars} "
            f"| {span([layer.cka for layer in layers])} "
            f"({span([control.cka for control in controls])}) |"
        )


def span(
    values: Sequence[float | None], words: Callable[[float], str] = figure, *, sign: bool = False
) -> str:
    """``low to high``, or the one value that all have; what has no value is left out."""
    if sign:
        words = partial(figure, sign=True)
    known = sorted(value for value in values if value is not None)
    ends = [words(known[0]), words(known[-1])] if known else ["none"]
    return " to ".join(dict.fromkeys(ends))


if __name__ == "__main__":
    main()
