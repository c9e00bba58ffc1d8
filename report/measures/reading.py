"""Which units are most unusual at each character of the sample: a way in from the text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.trace import Trace

SHOWN = 10


@dataclass(frozen=True)
class Reading:
    """The most unusual units at each of T characters of the sample; arrays are (T, 10)."""

    layer: NDArray[np.int64]  # from 1
    index: NDArray[np.int64]
    unusual: NDArray[np.float64]  # (h - mean) / standard deviation, both on the probe
    value: NDArray[np.float64]  # h


def reading(sample: Trace, probe: Trace, alignment: str) -> Reading:
    """Units of ``sample`` farthest from their usual value on ``probe``, farthest first."""
    places = [
        (number, unit)
        for number, layer in enumerate(probe.layers, start=1)
        for unit in range(layer.units)
    ]
    states = _states(
        [
            sample.predicting_hidden(number)
            if alignment == "predict"
            else sample.layers[number].hidden
            for number in range(len(sample.layers))
        ]
    )
    usual = _states([layer.hidden for layer in probe.layers])
    mean, deviation = usual.mean(0), usual.std(0)
    scores = (states - mean) / np.where(deviation > 1e-3, deviation, np.inf)
    order = np.argsort(-np.abs(scores), axis=1, kind="stable")[:, :SHOWN]
    named = np.array(places, np.int64)
    return Reading(
        layer=named[order, 0],
        index=named[order, 1],
        unusual=np.take_along_axis(scores, order, axis=1),
        value=np.take_along_axis(states, order, axis=1),
    )


def _states(layers: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    return np.concatenate(list(layers), axis=1).astype(np.float64)
