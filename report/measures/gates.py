"""How often each gate is shut or open (saturation as in Karpathy, Johnson and Fei-Fei 2015)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from jobs.model.trace import LayerTrace

SHUT, OPEN = 0.1, 0.9  # below: shut ("left saturated" in the paper); above: open


@dataclass(frozen=True)
class GateShares:
    """One gate of one unit over the probe."""

    name: str  # LSTM: input_gate, forget_gate, output_gate; GRU: update_gate, reset_gate
    shut: Annotated[float, Field(alias="left")]  # share of characters with the gate below 0.1
    open: Annotated[float, Field(alias="right")]  # share with the gate above 0.9
    mean: float


def gate_shares(layer: LayerTrace) -> tuple[tuple[GateShares, ...], ...]:
    """Per unit, the gates that its cell has; none in a plain RNN."""
    if not layer.gates:
        return ((),) * layer.units
    columns = []
    for name, gate in layer.gates.items():
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


def gate_role(gates: Mapping[str, GateShares], keeps: str) -> str:
    """What the corner of the saturation diagram is called; "" in the middle.

    Args:
        gates: of one unit, by name.
        keeps: the gate that multiplies what is remembered; "" where the cell has none.
    """
    if keeps and gates[keeps].open > 0.9:
        return "integrator: it nearly always keeps what it holds"
    if keeps and gates[keeps].shut > 0.9:
        return "feed-forward: it nearly always forgets at once"
    if "output_gate" in gates and gates["output_gate"].open < 0.01:
        return "private memory: its output gate is almost never open"
    if "reset_gate" in gates and gates["reset_gate"].shut > 0.9:
        return "led by its input: what it would become ignores the state, its reset gate is shut"
    return ""
