"""How often each gate is shut or open (saturation as in Karpathy, Johnson and Fei-Fei 2015)."""

from dataclasses import dataclass

import numpy as np

from jobs.model.trace import GATES, LayerTrace

SHUT, OPEN = 0.1, 0.9  # below: left saturated; above: right saturated


@dataclass(frozen=True)
class GateShares:
    """One gate of one unit over the probe."""

    name: str  # input_gate, forget_gate, output_gate
    left: float  # share of characters with the gate below 0.1
    right: float  # share with the gate above 0.9
    mean: float


def gate_shares(layer: LayerTrace) -> tuple[tuple[GateShares, ...], ...]:
    """Per unit, the three gates in the order of ``GATES``."""
    columns = []
    for name in GATES:
        gate = getattr(layer, name)
        left = (gate < SHUT).mean(0, dtype=np.float64)
        right = (gate > OPEN).mean(0, dtype=np.float64)
        mean = gate.mean(0, dtype=np.float64)
        columns.append(
            [
                GateShares(name, float(left[unit]), float(right[unit]), float(mean[unit]))
                for unit in range(layer.units)
            ]
        )
    return tuple(zip(*columns, strict=True))


def character_of(forget_left: float, forget_right: float, output_right: float) -> str:
    """What the corner of the saturation diagram is called; "" in the middle."""
    if forget_right > 0.9:
        return "integrator: it nearly always keeps what it holds"
    if forget_left > 0.9:
        return "feed-forward: it nearly always forgets at once"
    if output_right < 0.01:
        return "private memory: its output gate is almost never open"
    return ""
