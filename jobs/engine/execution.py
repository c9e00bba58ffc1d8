"""How an epoch is cut into executions of the compiled steps."""

import numpy as np

from jobs.engine.batches import BatchPlan
from jobs.model.network import Network

# One call of the compiled steps takes about a second. The arrays that it reads are made for it and
# stay small however long the text is; a signal does not wait for it (jobs/pipeline/signals.py).
EXECUTION_MULTIPLICATIONS = 1e10  # forwards
CARD_EXECUTION = 30.0  # times as many on a graphics card


def steps_per_execution(plan: BatchPlan, network: Network, *, on_card: bool = False) -> int:
    """How many steps one compiled call takes: all of an epoch where that is about a second."""
    most = EXECUTION_MULTIPLICATIONS * (CARD_EXECUTION if on_card else 1.0)
    return min(plan.steps, max(1, int(most / multiplications(plan, network))))


def multiplications(plan: BatchPlan, network: Network) -> float:
    """Of one step, forwards; backwards takes twice as many."""
    weights = network.parameters - network.layers[0].kernel.size  # its product is a look-up
    return float(weights) * plan.batch * plan.length


def padded(array: np.ndarray, length: int) -> np.ndarray:
    """``array`` with zeros behind it: every execution has one shape and is compiled once."""
    return np.pad(array, [(0, length - array.shape[0]), *[(0, 0)] * (array.ndim - 1)])
