"""How often each gate is shut or open (saturation as in Karpathy, Johnson and Fei-Fei 2015)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.network import Float
from jobs.trace import GATES, LayerTrace

SHUT, OPEN = 0.1, 0.9  # below: left saturated; above: right saturated

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Saturation:
    """One gate of one layer over the probe; arrays are (H,)."""

    left: Array  # share of characters with the gate below 0.1
    right: Array  # share with the gate above 0.9
    mean: Array


def saturation(layer: LayerTrace) -> dict[str, Saturation]:
    """Per gate (``input_gate``, ``forget_gate``, ``output_gate``)."""
    return {name: gate_saturation(getattr(layer, name)) for name in GATES}


def gate_saturation(gate: Float) -> Saturation:
    """Shares over the rows of ``gate`` (T, H)."""
    return Saturation(
        left=(gate < SHUT).mean(0, dtype=np.float64),
        right=(gate > OPEN).mean(0, dtype=np.float64),
        mean=gate.mean(0, dtype=np.float64),
    )


def character_of(forget_left: float, forget_right: float, output_right: float) -> str:
    """What the corner of the saturation diagram is called; "" in the middle."""
    if forget_right > 0.9:
        return "integrator: it nearly always keeps what it holds"
    if forget_left > 0.9:
        return "feed-forward: it nearly always forgets at once"
    if output_right < 0.01:
        return "private memory: its output gate is almost never open"
    return ""
