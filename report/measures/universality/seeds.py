"""The runs of one setting, which differ in the seed alone: each unit looked for in the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from jobs.model.network import Float, initial_network
from report.measures.ablation.numpy_reading import hidden_states
from report.measures.labels.verdict import Label
from report.measures.parallel import one_core_each
from report.measures.universality.figures import NetworkFigures, network_figures
from report.measures.universality.layers import (
    EXCESS,
    Array,
    Found,
    Halves,
    alike,
    find,
    halves,
    predicted,
    rotations,
)
from report.run_view import RunView

UNTRAINED_SEEDS = (1_000_003, 2_000_003)  # far from what a user would take for a run
SURE = 0.7  # |r| of a unit that is the same in a plain sense
STREAM = 500  # characters of one of the untrained networks' parallel streams


@dataclass(frozen=True)
class UnitInSeeds:
    """One unit of one run, looked for in the runs with the other seeds."""

    layer: int  # from 1
    index: int
    live: bool
    found: int  # in how many of the others, beyond rotation and untrained networks
    others: int
    r: float  # median over the others of |r| with the best partner
    least: float  # the smallest of them
    rotated: float  # mean of the same in rotated layers
    untrained: float  # the larger |r| of two untrained networks
    predicted: float  # R2 from all states of the same layer of another seed, median
    predicted_untrained: float  # the same from an untrained network


@dataclass(frozen=True)
class LayerInSeeds:
    """One layer over all ordered pairs of runs; shares are of the live units."""

    layer: int  # from 1
    units: int
    live: float  # units a run, mean
    r: float  # median of |r|
    high: float  # its 90th percentile
    rotated: float  # median of the rotated |r|
    untrained: float  # median of the untrained |r|
    above: float  # share with |r| more than .1 above the rotated
    far_above: float  # more than .2
    found: float  # share found in at least one other seed
    found_by_chance: float  # the same where every other layer is a random rotation
    found_in_all: float  # share found in every other seed
    sure_in_all: float  # share with |r| above .7 in every other seed
    cka: float  # linear CKA of two runs, mean
    cka_untrained: float  # of a run and an untrained network, mean
    predicted: float  # median R2 from another seed
    predicted_untrained: float  # from an untrained network


@dataclass(frozen=True)
class ConceptInSeeds:
    """How many units are labelled with a concept, in each run."""

    concept: str
    units: tuple[int, ...]  # by seed

    @property
    def seeds(self) -> int:
        """In how many runs there is such a unit."""
        return sum(count > 0 for count in self.units)


@dataclass(frozen=True)
class SeedConcepts:
    """What a page of one run tells of the concepts in all of them."""

    runs: int
    labelled: Mapping[str, int]  # concept -> runs with a unit for it; the others have none

    def of(self, concept: str) -> int:
        """In how many runs a unit has the label ``concept``."""
        return self.labelled.get(concept, 0)


@dataclass(frozen=True)
class Explained:
    """How well the sentences of one layer say its units, in each run."""

    layer: int  # from 1
    median: tuple[float, ...]  # R2, by seed
    untrained: tuple[float, ...]  # of the same fit on an untrained layer


@dataclass(frozen=True)
class Seeds:
    """One setting, measured over its seeds."""

    seeds: tuple[int, ...]
    bits: tuple[float, ...]  # per character of the held-out text, by seed
    labelled: tuple[int, ...]  # units with a label, by seed
    layers: tuple[LayerInSeeds, ...]
    concepts: tuple[ConceptInSeeds, ...]  # those of most seeds first
    explained: tuple[Explained, ...]  # () where the runs have no explanations
    units: tuple[tuple[UnitInSeeds, ...], ...]  # by seed
    # by seed; () where the runs have no explanations, or by an earlier version
    figures: tuple[NetworkFigures, ...] = ()


@dataclass(frozen=True)
class _Pairs:
    """One layer of one run against all others."""

    found: list[Found]
    untrained: Array  # (H,)
    predicted: list[Array]
    predicted_untrained: Array
    cka: list[float]
    cka_untrained: float


def measure_seeds(views: Sequence[RunView]) -> Seeds:
    """Measure runs that differ in their seeds alone, on one probe; of one run no layers and units.

    Raises:
        ValueError: the runs have other probes, alphabets or sizes.
    """
    with one_core_each():  # many small products: threads would only wait for each other
        return _measure(views)


def _measure(views: Sequence[RunView]) -> Seeds:
    first = views[0]
    for view in views:
        if (
            view.card.alphabet != first.card.alphabet
            or view.network.sizes != first.network.sizes
            or not np.array_equal(view.probe.ids, first.probe.ids)
        ):
            raise ValueError("runs of one setting must have the same probe, alphabet and sizes")
    layers: list[LayerInSeeds] = []
    units: list[list[tuple[UnitInSeeds, ...]]] = []
    untrained = _untrained(first)
    for number in range(len(first.network.sizes) if len(views) > 1 else 0):
        states = [halves(view.probe.layers[number].hidden) for view in views]
        fresh = [halves(one[number]) for one in untrained]
        pairs = [_pairs(states, place, fresh) for place in range(len(views))]
        rows = [_units(number, own, pair) for own, pair in zip(states, pairs, strict=True)]
        layers.append(_layer(number, states, pairs, rows))
        units.append(rows)
    return Seeds(
        seeds=tuple(view.config.seed for view in views),
        bits=tuple(view.evaluation.held_out_bits for view in views),
        labelled=tuple(sum(bool(label.named) for label in _labels(view)) for view in views),
        layers=tuple(layers),
        concepts=_concepts(views),
        explained=_explained(views),
        units=tuple(
            tuple(unit for rows in units for unit in rows[place]) for place in range(len(views))
        ),
        figures=_figures(views),
    )


def _figures(views: Sequence[RunView]) -> tuple[NetworkFigures, ...]:
    found = [network_figures(view) for view in views]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else ()


def _untrained(view: RunView) -> list[tuple[Float, ...]]:
    """The states, per layer (T, H), of untrained networks on the probe."""
    probe, network = view.probe, view.network
    streams = 1 if probe.mode.window else max(1, probe.characters // STREAM)
    return [
        hidden_states(
            initial_network(network.alphabet_size, network.sizes, seed, network.cells),
            probe.ids,
            probe.context,
            probe.mode.window,
            streams,
            probe.starts,
        )
        for seed in UNTRAINED_SEEDS
    ]


def _pairs(states: Sequence[Halves], place: int, fresh: Sequence[Halves]) -> _Pairs:
    own = states[place]
    others = [state for number, state in enumerate(states) if number != place]
    turned = rotations(own.units)
    return _Pairs(
        found=[find(own, other, turned) for other in others],
        untrained=np.max([find(own, other, turned[:1]).r for other in fresh], axis=0),
        predicted=[predicted(own, other) for other in others],
        predicted_untrained=np.max([predicted(own, other) for other in fresh], axis=0),
        cka=[alike(own, other) for other in others],
        cka_untrained=max(alike(own, other) for other in fresh),
    )


def _units(number: int, own: Halves, pair: _Pairs) -> tuple[UnitInSeeds, ...]:
    r = np.array([found.r for found in pair.found])
    count = np.sum([found.found(pair.untrained) for found in pair.found], axis=0)
    rotated = np.mean([found.rotated for found in pair.found], axis=0)
    share = np.median(pair.predicted, axis=0)
    return tuple(
        UnitInSeeds(
            layer=number + 1,
            index=index,
            live=bool(own.live[index]),
            found=int(count[index]),
            others=len(pair.found),
            r=float(np.median(r[:, index])),
            least=float(r[:, index].min()),
            rotated=float(rotated[index]),
            untrained=float(pair.untrained[index]),
            predicted=float(share[index]),
            predicted_untrained=float(pair.predicted_untrained[index]),
        )
        for index in range(own.units)
    )


def _layer(
    number: int,
    states: Sequence[Halves],
    pairs: Sequence[_Pairs],
    rows: Sequence[tuple[UnitInSeeds, ...]],
) -> LayerInSeeds:
    live = [own.live for own in states]

    def over_pairs(values: Sequence[Sequence[Array]]) -> Array:
        """The live units of all ordered pairs, in one row."""
        return np.concatenate(
            [one[mask] for own, mask in zip(values, live, strict=True) for one in own]
            or [np.zeros(1)]
        )

    r = over_pairs([[found.r for found in pair.found] for pair in pairs])
    rotated = over_pairs([[found.rotated for found in pair.found] for pair in pairs])
    by_chance = [
        1.0 - np.prod([1.0 - found.found_by_chance(pair.untrained) for found in pair.found], axis=0)
        for pair in pairs
    ]
    by_chance = [one[mask] for one, mask in zip(by_chance, live, strict=True)]
    units = [unit for row in rows for unit in row if unit.live]
    share = max(1, len(units))
    return LayerInSeeds(
        layer=number + 1,
        units=states[0].units,
        live=float(np.mean([mask.sum() for mask in live])),
        r=_median(r),
        high=float(np.percentile(r, 90)) if r.size else 0.0,
        rotated=_median(rotated),
        untrained=_median(over_pairs([[pair.untrained] for pair in pairs])),
        above=float(np.mean(r > rotated + EXCESS)) if r.size else 0.0,
        far_above=float(np.mean(r > rotated + 2 * EXCESS)) if r.size else 0.0,
        found=sum(unit.found > 0 for unit in units) / share,
        found_by_chance=float(np.mean(np.concatenate(by_chance))) if r.size else 0.0,
        found_in_all=sum(unit.found == unit.others for unit in units) / share,
        sure_in_all=sum(unit.least > SURE for unit in units) / share,
        cka=float(np.mean([value for pair in pairs for value in pair.cka])),
        cka_untrained=float(np.mean([pair.cka_untrained for pair in pairs])),
        predicted=_median(over_pairs([pair.predicted for pair in pairs])),
        predicted_untrained=_median(over_pairs([[pair.predicted_untrained] for pair in pairs])),
    )


def _median(values: Array) -> float:
    return float(np.median(values)) if values.size else 0.0


def _labels(view: RunView) -> list[Label]:
    measures = view.measures.get("measures")
    return [] if measures is None else [unit.label for unit in measures.units]


def _concepts(views: Sequence[RunView]) -> tuple[ConceptInSeeds, ...]:
    counts: dict[str, list[int]] = {}
    for place, view in enumerate(views):
        for label in _labels(view):
            if label.named:
                counts.setdefault(label.concept, [0] * len(views))[place] += 1
    found = [ConceptInSeeds(concept, tuple(units)) for concept, units in counts.items()]
    return tuple(sorted(found, key=lambda one: (-one.seeds, -sum(one.units), one.concept)))


def _explained(views: Sequence[RunView]) -> tuple[Explained, ...]:
    """Median R2 of the units whose state varies, by layer; () where a run has no explanations."""
    rows = []
    for layer in range(1, len(views[0].network.sizes) + 1):
        medians, untrained = [], []
        for view in views:
            measures = view.measures.get("measures")
            scores = [
                unit.explanation.score
                for unit in (measures.units if measures else ())
                if unit.layer == layer
                and unit.explanation is not None
                and unit.explanation.kind != "constant"
            ]
            if not scores:
                return ()
            medians.append(median(score.r2 for score in scores))
            untrained.append(median(score.untrained for score in scores))
        rows.append(Explained(layer, tuple(medians), tuple(untrained)))
    return tuple(rows)
