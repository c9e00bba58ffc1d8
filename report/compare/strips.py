"""Units of both runs on the same lines of the probe, for the page of a difference."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from jobs.model.network import Float
from report.compare.matching import PAIRED, LayerMatch, UnitMatch
from report.compare.probe_pair import ProbePair
from report.render.palette import levels
from report.render.spans import cells, paint
from report.render.templates import strip as spans_of
from report.run_view import Unit

UNITS = 12  # with strips on the page
CHARACTERS = 160  # of each strip


@dataclass(frozen=True)
class States:
    """One unit on the lines."""

    unit: Unit
    levels: list[int]  # one per character
    text: Markup  # one span a character, with the class of its level
    thousandths: str  # the states times 1000, comma separated, for the read-out


@dataclass(frozen=True)
class Strip:
    """Two units on the same characters, where they differ most."""

    match: UnitMatch
    layer: int
    start: int  # of the characters in the probe
    old: States
    new: States


def strips(pair: ProbePair, text: str, layers: tuple[LayerMatch, ...]) -> tuple[Strip, ...]:
    """At most ``UNITS`` strips: pairs that changed most, then units that resemble another one.

    Args:
        pair: both networks on the probe.
        text: the probe, one character per row of the states.
        layers: the matches that the pair gave.
    """
    chosen = [
        (layer, unit)
        for layer in layers
        for unit in layer.units
        if unit.new is not None
        and (unit.state in PAIRED or unit.nearest is not None)
        and unit.state != "same"
    ]
    chosen.sort(key=lambda entry: _order(*entry))
    return tuple(_strip(pair, text, layer, unit) for layer, unit in chosen[:UNITS])


def _order(layer: LayerMatch, unit: UnitMatch) -> tuple[bool, float, int, int]:
    paired = unit.correlation is not None
    r = unit.correlation if unit.correlation is not None else unit.nearest_correlation or 0.0
    # pairs from the weakest on; units alone from the one that most resembles an old one on
    return not paired, abs(r) if paired else -abs(r), layer.layer, unit.new or 0


def _strip(pair: ProbePair, text: str, layer: LayerMatch, unit: UnitMatch) -> Strip:
    before = unit.old if unit.old is not None else unit.nearest
    assert before is not None and unit.new is not None
    was, now = Unit(layer.layer, before), Unit(layer.layer, unit.new)
    old, new = was.of(pair.old)[:, before], now.of(pair.new)[:, unit.new]
    r = unit.correlation if unit.correlation is not None else unit.nearest_correlation
    sign = -1.0 if r is not None and r < 0 else 1.0
    start = most_different(text, np.abs(new - sign * old))
    part = slice(start, min(start + CHARACTERS, len(text)))
    spans = spans_of(cells(text[part]))
    return Strip(
        match=unit,
        layer=layer.layer,
        start=start,
        old=_states(was, old[part], spans),
        new=_states(now, new[part], spans),
    )


def most_different(text: str, distance: NDArray[np.floating]) -> int:
    """Where the ``CHARACTERS`` with the greatest mean ``distance`` (T,) begin: at a line's start
    where there is one, else anywhere.
    """
    last = max(0, len(text) - CHARACTERS)
    starts = [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]
    starts = [start for start in starts if start <= last]
    if len(starts) < 2:
        starts = list(range(0, last + 1, CHARACTERS // 4))
    total = np.concatenate([[0.0], np.cumsum(distance, dtype=np.float64)])
    sums = [total[min(start + CHARACTERS, len(text))] - total[start] for start in starts]
    return starts[int(np.argmax(sums))]


def _states(unit: Unit, states: Float, spans: list[Markup]) -> States:
    shown = levels(states).tolist()
    return States(
        unit=unit,
        levels=shown,
        text=paint(spans, shown, "p"),
        thousandths=",".join(map(str, np.rint(states * 1000).astype(int).tolist())),
    )
