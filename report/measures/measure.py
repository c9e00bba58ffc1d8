"""All measures of a run, in one call: pure NumPy, from the network and its traces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from jobs.config.memory import NGRAM_CHARACTERS
from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.model.network import Float, Network, initial_network
from jobs.model.trace import Trace
from report.measures.ablation.effects import ablate
from report.measures.ablation.numpy_reading import hidden_states_of_each
from report.measures.ablation.steering import UNITS as CLAMPED
from report.measures.ablation.steering import Clamp, clamp
from report.measures.concepts.library import Concept, ConceptTable
from report.measures.concepts.user import all_concepts
from report.measures.contexts import AROUND
from report.measures.explanations.explain import UNTRAINED, explain
from report.measures.explanations.explanation import Faithfulness
from report.measures.explanations.held_out import STREAM, HeldOut, held_out
from report.measures.gap import Gap, gap
from report.measures.labels.controls import (
    UNTRAINED_UNITS,
    ShiftNull,
    bigram_baseline,
    shift_null,
)
from report.measures.labels.fit import fit
from report.measures.labels.linear_probe import ConceptScore
from report.measures.labels.verdict import Label
from report.measures.ngram import witten_bell
from report.measures.parallel import one_core_each, side_by_side
from report.measures.ranking import Headline, headline
from report.measures.self_check import SelfCheck, self_check
from report.measures.unit import Controls, Layers, UnitMeasures, unit_measures
from report.measures.unusual import Unusual, unusual_units

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ConceptCard:
    """What pages need of a concept."""

    name: str
    slug: str
    sentence: str  # completes "high ...", in the language of the report
    kind: str
    anticipates: bool
    family: str


@dataclass(frozen=True)
class Measures:
    """All measures of one run."""

    units: tuple[UnitMeasures, ...]  # by layer, then index
    headline: Headline
    null: Annotated[ShiftNull, Field(alias="chance")]  # every label had to beat it
    concepts: tuple[ConceptCard, ...]
    concept_scores: tuple[ConceptScore, ...]  # by layer, then concept
    gap: Gap
    clamps: tuple[Clamp, ...]
    reading: tuple[tuple[Unusual, ...], ...]  # per character of the sample
    self_check: SelfCheck  # of the probe
    sample_check: SelfCheck
    characters: int  # of the probe
    faithfulness: tuple[Faithfulness, ...] = ()  # by layer; empty: measured by an earlier version

    def unit(self, layer: int, index: int) -> UnitMeasures:
        """The unit ``index`` of ``layer`` (from 1, as in its name)."""
        return next(one for one in self.units if (one.layer, one.index) == (layer, index))

    def by_name(self) -> dict[str, Any]:
        """What readers of a view ask for: all measures, and the parts that many read."""
        layers: dict[int, list[Label]] = {}
        for one in self.units:
            layers.setdefault(one.layer, []).append(one.label)
        by_layer = tuple(tuple(layers[layer]) for layer in sorted(layers))
        return {
            "measures": self,
            "labels": Labels(by_layer),
            "units": self.units,
            "concept_scores": self.concept_scores,
        }


@dataclass(frozen=True)
class Labels:
    """The label of every unit: by layer, then index."""

    layers: tuple[tuple[Label, ...], ...]


@one_core_each()
def measure(
    network: Network,
    probe: Trace,
    sample: Trace,
    corpus: Corpus,
    config: Config,
    progress: Progress | None = None,
) -> Measures:
    """Measure everything.

    Args:
        network: the trained weights.
        probe: its trace on the pinned part of the held-out text.
        sample: its trace on the text that it wrote (for the reading page and the self-check only).
        corpus: whose training part the n-gram learns, and in which the probe stands.
        config: for concepts, language, temperature and seed.
        progress: told the name of each stage as it begins.

    Raises:
        NeuronarioError: 78 where ``report.pygments`` or ``report.concepts`` cannot be used.
    """
    say = progress or (lambda _: None)
    say("concepts")
    text = corpus.text(probe.ids)
    concepts = all_concepts(config.report)
    read = held_out(network, probe, corpus, concepts)
    table = read.probe_table
    say("controls")
    few = _bringing(UNTRAINED, network)  # of which explanations need the text after the probe too
    fresh = untrained_states(network, read, config.seed, range(1, few + 1))
    others = range(few + 1, _bringing(UNTRAINED_UNITS, network) + 1)
    more = untrained_states(network, probe, config.seed, others) if others else ()
    controls = gather_controls(probe, table, _on_probe(fresh, more, probe), config.seed)
    say("n-gram")
    learned = corpus.training_ids[-NGRAM_CHARACTERS:]
    ngram = witten_bell(learned, probe.context, probe.ids, network.alphabet_size)
    say("effects")
    ablated = ablate(network, probe)
    say("labels")
    bigrams = controls.bigram.bigrams
    states = [layer.hidden for layer in probe.layers]
    fits = side_by_side(lambda one: fit(one, table, bigrams), [*states, *controls.untrained])
    fits, untrained = fits[: len(states)], fits[len(states) :]
    # blocks, and documents without what separates them, have no line of their own in the text
    tail = config.corpus.hold_out == "tail" and corpus.starts is None
    first_line = 1 + (_newlines(corpus, corpus.held_out_start) if tail else 0)
    measured = Layers(network, probe, table, controls, fits, untrained, ablated, config.seed)
    labels = measured.labels()
    say("units")
    units = unit_measures(measured, labels, ngram, text, first_line)
    say("explanations")
    explained = explain(network, probe, sample, corpus, read, fresh, config.seed)
    explanations = [one for layer in explained.layers for one in layer]
    units = tuple(
        replace(one, explanation=found) for one, found in zip(units, explanations, strict=True)
    )
    say("clamps")
    clamps = _clamps(network, probe, sample, corpus, config, units, concepts)
    return Measures(
        units=units,
        headline=headline([one.label for one in units], [one.effect for one in units]),
        null=controls.null,
        concepts=tuple(concept_card(one, config.report.language) for one in concepts),
        concept_scores=measured.concept_scores(),
        gap=gap(probe, ngram, table),
        clamps=clamps,
        reading=unusual_units(sample, probe, config.report.alignment),
        self_check=self_check(network, probe),
        sample_check=self_check(network, sample),
        characters=probe.characters,
        faithfulness=explained.faithfulness,
    )


def _newlines(corpus: Corpus, end: int) -> int:
    """Line ends among the first ``end`` characters."""
    if "\n" not in corpus.alphabet:
        return 0
    return int(np.count_nonzero(corpus.ids[:end] == corpus.alphabet.index("\n")))


def concept_card(concept: Concept, language: str) -> ConceptCard:
    """The card of ``concept``."""
    return ConceptCard(
        name=concept.name,
        slug=concept.slug,
        sentence=concept.sentence(language),
        kind=concept.kind,
        anticipates=concept.anticipates,
        family=concept.family,
    )


def gather_controls(
    probe: Trace, table: ConceptTable, untrained: tuple[Float, ...], seed: int
) -> Controls:
    """The controls that all layers share.

    Args:
        probe: what is measured on.
        table: the concepts there.
        untrained: per layer the states of untrained networks.
        seed: of the shifts.
    """
    hidden = np.concatenate([layer.hidden for layer in probe.layers], axis=1)
    before = int(probe.context[-1]) if len(probe.context) else -1
    bigram = bigram_baseline(probe.ids, before, table)
    generator = np.random.Generator(np.random.PCG64(seed))
    return Controls(
        null=shift_null(hidden, table, bigram.bigrams, generator),
        bigram=bigram,
        untrained=untrained,
    )


def untrained_states(
    network: Network, text: Trace | HeldOut, seed: int, networks: Sequence[int] | None = None
) -> tuple[Float, ...]:
    """Per layer (T, networks * H) states of fresh networks of the same shape, side by side.

    As many networks as bring ``UNTRAINED_UNITS`` units of each layer, or those of these numbers
    (from 1).
    """
    streams = max(1, text.characters // STREAM)
    numbers = range(1, _bringing(UNTRAINED_UNITS, network) + 1) if networks is None else networks

    def of_group(group: Sequence[int]) -> tuple[Float, ...]:
        fresh = [
            initial_network(network.alphabet_size, network.sizes, seed + number, network.cells)
            for number in group
        ]
        read = hidden_states_of_each(
            fresh, text.ids, text.context, text.mode.window, streams, text.starts
        )
        return tuple(states.swapaxes(0, 1).reshape(text.characters, -1) for states in read)

    half = -(-len(numbers) // 2)
    groups = [part for part in (numbers[:half], numbers[half:]) if part]
    states = side_by_side(of_group, groups)
    return tuple(np.concatenate(layers, axis=1) for layers in zip(*states, strict=True))


def _on_probe(
    longer: tuple[Float, ...], more: tuple[Float, ...], probe: Trace
) -> tuple[Float, ...]:
    """Per layer the states of both on the probe, which is what ``longer`` begins with."""
    own = [states[: probe.characters] for states in longer]
    if not more:
        return tuple(own)
    return tuple(np.concatenate(pair, axis=1) for pair in zip(own, more, strict=True))


def _bringing(units: int, network: Network) -> int:
    """How many networks bring so many units of each layer."""
    return -(-units // min(network.sizes))


def _clamps(
    network: Network,
    probe: Trace,
    sample: Trace,
    corpus: Corpus,
    config: Config,
    units: tuple[UnitMeasures, ...],
    concepts: tuple[Concept, ...],
) -> tuple[Clamp, ...]:
    strongest = sorted(units, key=lambda one: -abs(one.effect.bits))[:CLAMPED]
    chosen = [
        (one.layer - 1, one.index, one.label.concept if one.label.named else "")
        for one in strongest
    ]
    context = sample.context if len(sample.context) else probe.ids[:AROUND]
    temperature = config.sample.temperature
    return clamp(
        network, probe, context, corpus.alphabet, chosen, concepts, temperature, config.seed
    )
