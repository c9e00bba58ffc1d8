"""What the sentences keep of the network: its bits when they take the place of a layer's states."""

from dataclasses import dataclass

from report.measured import measured
from report.measures.explanations.explanation import Faithfulness
from report.panels.panel import Section
from report.run_view import RunView


@dataclass(frozen=True)
class FaithfulLayer:
    """One layer with the share of the way from the mean state to the truth that is kept."""

    figures: Faithfulness
    kept: float | None  # None: the states make no difference at all


@dataclass(frozen=True)
class FaithfulBox:
    """The section."""

    layers: tuple[FaithfulLayer, ...]
    half: int


def faithful(view: RunView) -> FaithfulBox | None:
    """One row a layer; nothing for a run that was measured before."""
    measures = measured(view)
    if measures is None or not measures.all.faithfulness:
        return None
    layers = tuple(FaithfulLayer(one, kept(one)) for one in measures.all.faithfulness)
    return FaithfulBox(layers, measures.all.characters // 2)


def kept(one: Faithfulness) -> float | None:
    """Share of the bits lost by the mean state that the sentences win back."""
    lost = one.mean_state - one.true
    return None if lost <= 0 else (one.mean_state - one.simulated) / lost


SECTION = Section("faithfulness", page="run", order=55, prepare=faithful)
