"""How often each gate is shut or open (saturation as in Karpathy, Johnson and Fei-Fei 2015)."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from jobs.model.trace import GATES, LayerTrace

SHUT, OPEN = 0.1, 0.9  # below: shut ("left saturated" in the paper); above: open


@dataclass(frozen=True)
class GateShares:
    """One gate of one unit over the probe."""

    name: str  # input_gate, forget_gate, output_gate
    shut: Annotated[float, Field(alias="left")]  # share of characters with the gate below 0.1
    open: Annotated[float, Field(alias="right")]  # share with the gate above 0.9
    mean: float


def gate_shares(layer: LayerTrace) -> tuple[tuple[GateShares, ...], ...]:
    """Per unit, the three gates in the order of ``GATES``."""
    columns = []
    for name in GATES:
        gate = getattr(layer, name)
        shut = (gate < SHUT).mean(0, dtype=np.float64)
        open_ = (gate > OPEN).mean(0, dtype=np.float64)
        mean = gate.mean(0, dtype=np.float64)
        columns.append(
            [
                GateShares(name, float(shut[unit]), float(open_[unit]), float(mean[unit]))
                for unit in range(layer.units)
            ]
        )
    return tuple(zip(*columns, strict=True))


def gate_role(forget_shut: float, forget_open: float, output_open: float) -> str:
    """What the corner of the saturation diagram is called; "" in the middle."""
    if forget_open > 0.9:
        return "integrator: it nearly always keeps what it holds"
    if forget_shut > 0.9:
        return "feed-forward: it nearly always forgets at once"
    if output_open < 0.01:
        return "private memory: its output gate is almost never open"
    return ""
