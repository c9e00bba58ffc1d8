"""Do the dumped arrays belong together? Recomputed from the weights, at the precision of float32.

Catches states shifted by a character, exchanged gates or layers, states from another network, a
regime that is not the one noted: whatever would make every page plausible and wrong.
"""

from dataclasses import dataclass

import numpy as np

from jobs.model.network import Float, Layer, Network
from jobs.model.trace import LayerTrace, Trace
from report.measures.ablation.numpy_cells import activation, full_step, log_softmax, weights
from report.measures.ablation.numpy_reading import MISSING, window_pass, windows

TOLERANCE = 1e-5
PLACES = 400  # characters of the probe at which the recurrence is recomputed, evenly spread


@dataclass(frozen=True)
class SelfCheck:
    """Largest absolute differences between the trace and what follows from the weights."""

    probabilities: float  # dumped p against softmax(W h + b) of the dumped last states
    outputs: float  # LSTM: dumped h against o tanh(c) of the dumped gates and cells; else 0
    recurrence: float  # dumped gates and states (window: states) against one step recomputed
    characters: int  # at which the first two were checked
    places: int  # at which the third was

    @property
    def passed(self) -> bool:
        """All three agree to 1e-5."""
        return max(self.probabilities, self.outputs, self.recurrence) <= TOLERANCE


def self_check(network: Network, trace: Trace) -> SelfCheck:
    """Check ``trace`` against ``network``."""
    logits = trace.layers[-1].hidden @ network.output_kernel + network.output_bias
    places = np.unique(np.linspace(0, trace.characters - 1, PLACES).astype(np.int64))
    recurrence = _window_difference if trace.mode.window else _step_difference
    return SelfCheck(
        probabilities=_largest(np.exp(log_softmax(logits)) - trace.probabilities),
        outputs=max(
            _output_difference(own, layer)
            for own, layer in zip(trace.layers, network.layers, strict=True)
        ),
        recurrence=recurrence(network, trace, places),
        characters=trace.characters,
        places=len(places),
    )


def _largest(difference: Float) -> float:
    return float(np.abs(difference).max(initial=0.0))


def _output_difference(own: LayerTrace, layer: Layer) -> float:
    """Largest difference of the hidden states from what dumped gates and cells say they are."""
    if not layer.cell.has_cell_state:
        return 0.0
    return _largest(own.hidden - own.gates["output_gate"] * activation(layer.cell, own.cell))


def _step_difference(network: Network, trace: Trace, places: np.ndarray) -> float:
    """Largest difference of gates and states, one step from the dumped state before."""
    worst = 0.0
    for number, layer in enumerate(network.layers):
        own, prepared = trace.layers[number], weights(layer)
        before = np.maximum(places - 1, 0)
        first = (places == 0) | trace.begins(places)
        hidden, cell = own.hidden[before].copy(), own.cell[before].copy()
        hidden[first], cell[first] = trace.before.hidden[number], trace.before.cell[number]
        if number == 0:
            projected = prepared.kernel[trace.ids[places]]
        else:
            projected = trace.layers[number - 1].hidden[places] @ prepared.kernel
        again = full_step(prepared, projected + prepared.bias, hidden, cell)
        for place, gate in enumerate(layer.cell.gates):
            worst = max(worst, _largest(own.gates[gate][places] - again.gates[:, place]))
        dumped, state = (own.cell, again.cell) if cell.size else (own.hidden, again.hidden)
        # a cell may be large: its difference is relative to its size
        worst = max(worst, _largest((dumped[places] - state) / np.maximum(1.0, np.abs(state))))
    return worst


def _window_difference(network: Network, trace: Trace, places: np.ndarray) -> float:
    """Largest difference of hidden states, each window read again from zero."""
    text = windows(trace.ids, trace.context, trace.mode.window, places, trace.starts)
    complete = (text != MISSING).all(1)
    again = window_pass([weights(layer) for layer in network.layers], text[complete])
    return max(
        _largest(layer.hidden[places[complete]] - states)
        for layer, states in zip(trace.layers, again, strict=True)
    )
