"""Units with which something is wrong.

"Dead" as of a rectified unit does not exist here: a tanh unit may be constant, saturated, never
written, without effect, or say what another one says already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobs.model.network import Float
from jobs.model.trace import LayerTrace
from report.measures.ablation.effects import Effect
from report.measures.gates import SHUT
from report.measures.neighbours import Neighbour, duplicates

CONSTANT = 0.01  # standard deviation below
SATURATED, SATURATED_SHARE = 0.95, 0.95  # |h| above, for more than this share of the characters
NEVER_WRITTEN_SHARE = 0.99  # what lets anything in is shut for more than this share


@dataclass(frozen=True)
class Health:
    """Findings about one unit; all False and empty: nothing to report."""

    constant: bool
    saturated: bool
    never_written: bool
    no_effect: bool  # the interval of its total effect holds zero, or the effect is negligible
    duplicates: tuple[int, ...]  # units of the same layer

    @property
    def findings(self) -> tuple[str, ...]:
        """In words."""
        words = [
            ("constant", self.constant),
            ("saturated", self.saturated),
            ("never written", self.never_written),
            ("without effect", self.no_effect),
            ("duplicate", bool(self.duplicates)),
        ]
        return tuple(word for word, holds in words if holds)


def health(
    trace: LayerTrace,
    layer: int,
    effects: Sequence[Effect],
    neighbours: Sequence[Sequence[Neighbour]],
) -> tuple[Health, ...]:
    """One record per unit of ``layer`` (from 0)."""
    deviation = trace.hidden.std(0)
    saturated = (np.abs(trace.hidden) > SATURATED).mean(0)
    shut = (_writing(trace) < SHUT).mean(0)
    return tuple(
        Health(
            constant=bool(deviation[unit] < CONSTANT),
            saturated=bool(saturated[unit] > SATURATED_SHARE),
            never_written=bool(shut[unit] > NEVER_WRITTEN_SHARE),
            no_effect=not effects[unit].used,
            duplicates=duplicates(neighbours[unit], layer),
        )
        for unit in range(trace.units)
    )


def _writing(trace: LayerTrace) -> Float:
    """(T, H) how much of the new is let in: the LSTM's input gate, what the GRU's update gate does
    not keep; always everything in a plain RNN.
    """
    if "input_gate" in trace.gates:
        return trace.gates["input_gate"]
    if "update_gate" in trace.gates:
        return np.float32(1.0) - trace.gates["update_gate"]
    return np.ones_like(trace.hidden)
