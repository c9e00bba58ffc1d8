"""How much of a layer its sentences say: derived from the units, never stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from report.measures.explanations.explanation import Explanation, Kind


@dataclass(frozen=True)
class LayerSummary:
    """One layer; shares are of the units whose state varies, constant ones are only counted."""

    layer: int
    units: int
    median: float  # R2 on half B
    half: float  # share of the units with R2 of .5 or more
    most: float  # share with R2 of .8 or more
    untrained: float  # median R2 of the same fit on an untrained layer
    null: float  # largest R2 of any unit's fit on shifted states
    kinds: tuple[tuple[Kind, int], ...]  # most frequent first


def kinds_of(explanations: Sequence[Explanation]) -> tuple[tuple[Kind, int], ...]:
    """How many units are of each kind, most frequent first."""
    kinds = Counter(one.kind for one in explanations)
    return tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))


def layer_summary(layer: int, explanations: Sequence[Explanation]) -> LayerSummary:
    """The summary of ``layer``, given the explanation of each of its units."""
    live = [one for one in explanations if one.kind != "constant"]
    scores = [one.score.r2 for one in live] or [0.0]
    return LayerSummary(
        layer=layer,
        units=len(explanations),
        median=median(scores),
        half=sum(score >= 0.5 for score in scores) / len(scores),
        most=sum(score >= 0.8 for score in scores) / len(scores),
        untrained=median([one.score.untrained for one in live] or [0.0]),
        null=max((one.score.null for one in live), default=0.0),
        kinds=kinds_of(explanations),
    )
