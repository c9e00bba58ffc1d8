"""Which units are most unusual at each character of the sample: a way in from the text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.reading_mode import Alignment
from jobs.model.trace import Trace

SHOWN = 10


@dataclass(frozen=True)
class Unusual:
    """One unit at one character of the sample."""

    layer: int  # from 1
    index: int
    deviations: float  # (h - mean) / standard deviation, both on the probe
    value: float  # h


def unusual_units(
    sample: Trace, probe: Trace, alignment: Alignment
) -> tuple[tuple[Unusual, ...], ...]:
    """Per character of ``sample`` the units farthest from their usual value, farthest first."""
    places = [
        (number + 1, unit)
        for number, layer in enumerate(probe.layers)
        for unit in range(layer.units)
    ]
    states = _states([sample.states(number, alignment) for number in range(len(sample.layers))])
    usual = _states([layer.hidden for layer in probe.layers])
    mean, deviation = usual.mean(0), usual.std(0)
    scores = (states - mean) / np.where(deviation > 1e-3, deviation, np.inf)
    order = np.argsort(-np.abs(scores), axis=1, kind="stable")[:, :SHOWN]
    return tuple(
        tuple(
            Unusual(
                places[one][0], places[one][1], float(scores[row, one]), float(states[row, one])
            )
            for one in best
        )
        for row, best in enumerate(order)
    )


def _states(layers: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    return np.concatenate(list(layers), axis=1).astype(np.float64)
