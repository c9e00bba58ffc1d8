"""A stand-in for the record of labels, with just what a comparison reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from report.run_view import RunView, Unit


@dataclass(frozen=True)
class FakeScore:
    shown: float


@dataclass(frozen=True)
class FakeLabel:
    concept: str
    accepted: bool
    score: FakeScore


@dataclass(frozen=True)
class FakeLabels:
    layers: tuple[tuple[FakeLabel, ...], ...]


def labelled(view: RunView, labels: Mapping[str, tuple[str, float]]) -> RunView:
    """``view`` with accepted labels for the units named in ``labels``, as ``L1N3``."""

    def label(unit: Unit) -> FakeLabel:
        concept, score = labels.get(unit.name, ("digit", 0.9))
        return FakeLabel(concept, unit.name in labels, FakeScore(score))

    record = FakeLabels(
        tuple(
            tuple(label(Unit(layer, index)) for index in range(size))
            for layer, size in enumerate(view.network.sizes, start=1)
        )
    )
    return replace(view, measures=MappingProxyType({"labels": record}))
