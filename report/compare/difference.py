"""Everything that changed from one run to another, gathered before anything is printed."""

from dataclasses import dataclass

import numpy as np

from jobs.machine.runtime import Runtime
from report.compare.explanation_changes import (
    ExplanationChange,
    explanation_changes,
    unit_explanations,
)
from report.compare.inputs import InputChange, input_changes
from report.compare.label_changes import (
    ConceptChange,
    LabelChange,
    concept_changes,
    label_changes,
    labelled,
    unit_labels,
)
from report.compare.matching import LayerMatch, match_layer, not_comparable
from report.compare.probe_pair import ProbePair, pair_probes
from report.compare.quality import NOISE_FLOOR, Quality, quality
from report.compare.same_ground import contamination, judged, other_settings, settings_words
from report.compare.seed_noise import SeedNoise
from report.compare.untrained import Control, reading, untrained_control
from report.run_view import RunView

EXCERPT = 40  # characters of each sample, from the first difference on


@dataclass(frozen=True)
class SampleChange:
    """The two sampled texts."""

    old_characters: int
    new_characters: int
    first_difference: int | None  # characters before it are equal; None: the texts are equal
    old_excerpt: str
    new_excerpt: str


@dataclass(frozen=True)
class Difference:
    """What changed between two runs, in reading order."""

    old_run: str
    new_run: str
    inputs: tuple[InputChange, ...]
    runtimes_known: bool  # whether processor and software were compared, too
    settings: tuple[str, ...]  # seed and keys of network and training that differ
    contaminated: str  # why the compared text was not new to both networks; "" where it was
    reason: str  # why the networks could not be compared at all; empty where they could
    reread: bool  # the old network has read the new run's probe for this comparison
    outside: int  # probe characters left out: the old alphabet does not have them
    quality: Quality | None
    layers: tuple[LayerMatch, ...]
    labelled: tuple[int, int] | None  # units with an accepted label; None: a run has no labels
    labels: tuple[LabelChange, ...]  # of pairs of units, changed or not
    concepts: tuple[ConceptChange, ...]
    sample: SampleChange
    explanations: tuple[ExplanationChange, ...] = ()  # of pairs of units; none without them
    noise: SeedNoise | None = None  # what another seed alone changes; None: no sweep measured it

    @property
    def comparable(self) -> bool:
        """Whether quality and every layer could be compared."""
        return not self.reason and all(layer.comparable for layer in self.layers)

    @property
    def empty(self) -> bool:
        """Whether the runs are equal at the precision that is printed."""
        return (
            not self.inputs
            and self.comparable
            and self.quality is not None
            and abs(self.quality.difference) < 0.0005
            and all(unit.state in ("same", "dead") for layer in self.layers for unit in layer.units)
            and not any(label.changed for label in self.labels)
            and not any(concept.changed for concept in self.concepts)
            and not any(change.changed for change in self.explanations)
            and self.sample.first_difference is None
        )


def compare(
    old: RunView,
    new: RunView,
    runtimes: tuple[Runtime, Runtime] | None = None,
    noise_floor: float = NOISE_FLOOR,
    noise: SeedNoise | None = None,
) -> Difference:
    """Compare two runs.

    Args:
        old: the earlier run, or the baseline.
        new: the later run; its probe is the text that both are compared on.
        runtimes: on what they were made (old, new), where it is known.
        noise_floor: bits per character below which a difference is not called a change.
        noise: what a sweep of the new run's configuration measured; its bits take the place of
            ``noise_floor``.
    """
    pair = pair_probes(old, new)
    comparable = isinstance(pair, ProbePair)
    layers = (
        _layers(old, new, pair)
        if isinstance(pair, ProbePair)
        else tuple(
            not_comparable(layer, pair, size) for layer, size in enumerate(new.network.sizes)
        )
    )
    settings, contaminated = other_settings(old, new), contamination(old, new)
    unlike = "" if judged(settings, noise) else settings_words(settings, noise)
    before, after = unit_labels(old), unit_labels(new)
    known = before is not None and after is not None
    return Difference(
        old_run=old.run_id,
        new_run=new.run_id,
        inputs=input_changes(old, new, runtimes),
        runtimes_known=runtimes is not None,
        settings=settings,
        contaminated=contaminated,
        reason="" if comparable else str(pair),
        reread=isinstance(pair, ProbePair) and pair.reread,
        outside=pair.outside if isinstance(pair, ProbePair) else 0,
        quality=quality(pair, noise_floor, contaminated or unlike, noise)
        if isinstance(pair, ProbePair)
        else None,
        layers=layers,
        labelled=(len(labelled(before)), len(labelled(after)))
        if before is not None and after is not None
        else None,
        labels=label_changes(before or {}, after or {}, layers) if known else (),
        concepts=concept_changes(old, new) if known else (),
        sample=_sample(old.sample_text, new.sample_text),
        explanations=explanation_changes(unit_explanations(old), unit_explanations(new), layers),
        noise=noise,
    )


def shared_start(old: RunView, new: RunView) -> bool:
    """Whether unit i of one run grew from the same weights as unit i of the other."""
    warm = new.config.training.start == "previous"
    return old.network.sizes == new.network.sizes and (warm or old.config.seed == new.config.seed)


def _layers(old: RunView, new: RunView, pair: ProbePair) -> tuple[LayerMatch, ...]:
    own_index_first = shared_start(old, new)
    matches = []
    for layer, size in enumerate(new.network.sizes):
        if layer >= len(old.network.sizes):
            matches.append(not_comparable(layer, "the old network has no such layer", size))
            continue
        before = old.network.sizes[layer]
        if before != size:
            matches.append(not_comparable(layer, f"{before} units before, {size} now", size))
            continue
        matches.append(
            match_layer(
                layer,
                pair.old[layer][pair.used],
                pair.new[layer][pair.used],
                _control(new, pair, layer),
                own_index_first=own_index_first,
            )
        )
    for layer in range(len(new.network.sizes), len(old.network.sizes)):
        matches.append(not_comparable(layer, "the new network has no such layer", 0))
    return tuple(matches)


def _control(new: RunView, pair: ProbePair, layer: int) -> Control:
    """Untrained networks of the new run's shape and regime on its probe."""
    probe = new.probe
    read = reading(probe.ids, probe.context, pair.used, probe.mode.window, probe.starts)
    return untrained_control(new.network.alphabet_size, new.network.sizes, read, new.network.cells)[
        layer
    ]


def _sample(old: str, new: str) -> SampleChange:
    if old == new:
        return SampleChange(len(old), len(new), None, "", "")
    length = min(len(old), len(new))
    differs = np.flatnonzero([old[place] != new[place] for place in range(length)])
    place = int(differs[0]) if differs.size else length
    end = place + EXCERPT
    return SampleChange(len(old), len(new), place, old[place:end], new[place:end])
