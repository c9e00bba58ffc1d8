"""What one network is in a few figures, which networks of every cell have."""

from dataclasses import dataclass
from statistics import median

from report.measures.explanations.memory import LENGTHS
from report.measures.explanations.summary import kinds_of
from report.run_view import RunView


@dataclass(frozen=True)
class NetworkFigures:
    """One run; bits are per character of the probe, medians over all units whose state varies."""

    parameters: int
    bits: float
    ngram_bits: float  # of the n-gram that predicts it best
    k90: int | None  # characters that decide 90 % of a unit, median; None: more than ``longest``
    longest: int  # characters, the longest length that was tried
    explained: float  # R2 of the sentences, median
    untrained: float  # the same fit on untrained networks, median
    kinds: tuple[tuple[str, int], ...]  # units of each kind, most frequent first

    @property
    def gain(self) -> float:
        """Bits per character less than the n-gram's."""
        return self.ngram_bits - self.bits


def network_figures(view: RunView) -> NetworkFigures | None:
    """The figures of a run; None where it was measured without explanations, or no unit varies."""
    measures = view.measures.get("measures")
    if measures is None:
        return None
    explained = [one.explanation for one in measures.units]
    live = [one for one in explained if one is not None and one.kind != "constant"]
    if not live or None in explained:
        return None
    beyond = LENGTHS[-1] + 1
    reach = sorted(beyond if one.memory.k90 is None else one.memory.k90 for one in live)
    k90 = reach[(len(reach) - 1) // 2]
    return NetworkFigures(
        parameters=view.network.parameters,
        bits=measures.gap.network_bits,
        ngram_bits=measures.gap.ngram_bits,
        k90=None if k90 == beyond else k90,
        longest=LENGTHS[-1],
        explained=median(one.score.r2 for one in live),
        untrained=median(one.score.untrained for one in live),
        kinds=kinds_of(explained),
    )
