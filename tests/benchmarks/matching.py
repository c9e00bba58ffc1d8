"""How much of a network's units is found again after a second training, by what changed.

    python -m tests.benchmarks.matching

trains a few networks with the default settings on the embedded corpus and prints the table of
``site_src/comparing.md``: the same seed again, another seed, 10 % more text, and the two ways to
go on from the earlier weights. Takes about two minutes on a quiet machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from jobs.config import Config
from jobs.config_file import load_config, preset_path
from jobs.corpus import corpus_card, load_corpus
from jobs.network import Network
from jobs.tensorflow_start import start_tensorflow
from report.compare.difference import Difference, compare
from report.compare.wording import decimals, percent
from report.run_view import RunView

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
    base = load_config(preset_path("default")).config
    first = trained(base)
    print(
        "| second training | bits per character | layer | pairs above the bar | mean abs. r | "
        "untrained: mean, bar | CKA (untrained) | units |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for case in cases(base):
        second = trained(case.config, first.network if case.warm else None)
        for row in rows(case.name, compare(first, second)):
            print(row, flush=True)


def cases(base: Config) -> Iterator[Case]:
    """What is measured."""
    grown = base.corpus.model_copy(
        update={"builtin_characters": round(base.corpus.builtin_characters * MORE_TEXT)}
    )
    warm = base.training.model_copy(update={"start": "previous"})
    yield Case("same seed, same text", base)
    yield Case("another seed", base.model_copy(update={"seed": 1}))
    yield Case("same seed, 10 % more text", base.model_copy(update={"corpus": grown}))
    yield Case(
        "warm start, 10 % more text",
        base.model_copy(update={"corpus": grown, "training": warm}),
        warm=True,
    )
    yield Case("warm start, same text", base.model_copy(update={"training": warm}), warm=True)


def trained(config: Config, start: Network | None = None) -> RunView:
    """A run as a comparison sees it; its sample is the beginning of the probe."""
    from jobs.tracer import trace_text
    from jobs.train import train

    corpus = load_corpus(config.corpus, Path(), config.training)
    training = train(corpus, config, start=start)
    probe = trace_text(
        training.network,
        corpus.held_out_ids[: config.probe.characters],
        regime=config.training.regime,
        window=config.training.window,
        context=corpus.training_ids[-100:],
    )
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


def rows(name: str, difference: Difference) -> Iterator[str]:
    """One line of the table per layer."""
    quality = difference.quality
    assert quality is not None and quality.interval is not None
    low, high = (decimals(end, sign=True) for end in quality.interval)
    for layer in difference.layers:
        control = layer.control
        assert control is not None
        counts = ", ".join(f"{count} {state}" for state, count in layer.counts().items())
        yield (
            f"| {name} | {decimals(quality.difference, sign=True)} ({low} to {high}) "
            f"| {layer.layer} | {percent(layer.matched)} | {decimals(layer.mean_correlation)} "
            f"| {decimals(control.mean)}, {decimals(control.bar)} "
            f"| {decimals(layer.cka)} ({decimals(control.cka)}) | {counts} |"
        )


if __name__ == "__main__":
    main()
