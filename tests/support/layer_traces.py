"""A layer's trace from its states in the order in which its cell names them."""

import numpy as np

from jobs.model.cell import LSTM, Cell
from jobs.model.trace import LayerTrace


def layer_trace(*states: np.ndarray, cell: Cell = LSTM) -> LayerTrace:
    """``states``: hidden, the cell state where there is one, and the gates, each (T, H)."""
    named = dict(zip(cell.states, states, strict=True))
    hidden = named.pop("hidden")
    memory = named.pop("cell", np.zeros((len(hidden), 0), np.float32))
    return LayerTrace(hidden, memory, named)
