"""Do the dumped arrays belong together? Recomputed from the weights, at the precision of float32.

Catches states shifted by a character, exchanged gates or layers, states from another network, a
regime that is not the one noted: whatever would make every page plausible and wrong.
"""

from dataclasses import dataclass

import numpy as np

from jobs.model.network import Float, LstmLayer, Network
from jobs.model.trace import Trace
from report.measures.ablation.numpy_lstm import MISSING, log_softmax, weights, window_pass, windows

TOLERANCE = 1e-5
PLACES = 400  # characters of the probe at which the recurrence is recomputed, evenly spread


@dataclass(frozen=True)
class SelfCheck:
    """Largest absolute differences between the trace and what follows from the weights."""

    probabilities: float  # dumped p against softmax(W h + b) of the dumped last states
    outputs: float  # dumped h against o tanh(c) of the dumped gates and cells
    recurrence: float  # dumped gates and cells (window: states) against one step recomputed
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
            _largest(layer.hidden - layer.output_gate * np.tanh(layer.cell))
            for layer in trace.layers
        ),
        recurrence=recurrence(network, trace, places),
        characters=trace.characters,
        places=len(places),
    )


def _largest(difference: Float) -> float:
    return float(np.abs(difference).max(initial=0.0))


def _step_difference(network: Network, trace: Trace, places: np.ndarray) -> float:
    """Largest difference of gates and cells, one step from the dumped state before."""
    worst = 0.0
    for number, layer in enumerate(network.layers):
        own = trace.layers[number]
        before = np.maximum(places - 1, 0)
        first = places == 0
        hidden, cell = own.hidden[before].copy(), own.cell[before].copy()
        hidden[first], cell[first] = trace.before.hidden[number], trace.before.cell[number]
        if number == 0:
            projected = layer.kernel[trace.ids[places]]
        else:
            projected = trace.layers[number - 1].hidden[places] @ layer.kernel
        gates = _gates(layer, projected, hidden)
        new_cell = gates[1] * cell + gates[0] * gates[2]
        for dumped, again in (
            (own.input_gate, gates[0]),
            (own.forget_gate, gates[1]),
            (own.output_gate, gates[3]),
        ):
            worst = max(worst, _largest(dumped[places] - again))
        # a cell may be large: its difference is relative to its size
        size = np.maximum(1.0, np.abs(new_cell))
        worst = max(worst, _largest((own.cell[places] - new_cell) / size))
    return worst


def _gates(layer: LstmLayer, projected: Float, hidden: Float) -> tuple[Float, Float, Float, Float]:
    """Input, forget, candidate, output, each (P, H)."""
    total = projected + hidden @ layer.recurrent_kernel + layer.bias
    i, f, c, o = np.split(total, 4, axis=1)
    return _sigmoid(i), _sigmoid(f), np.tanh(c), _sigmoid(o)


def _sigmoid(values: Float) -> Float:
    result: Float = 0.5 * (1.0 + np.tanh(0.5 * values))
    return result


def _window_difference(network: Network, trace: Trace, places: np.ndarray) -> float:
    """Largest difference of hidden states, each window read again from zero."""
    text = windows(trace.ids, trace.context, trace.mode.window, places)
    complete = (text != MISSING).all(1)
    again = window_pass([weights(layer) for layer in network.layers], text[complete])
    return max(
        _largest(layer.hidden[places[complete]] - states)
        for layer, states in zip(trace.layers, again, strict=True)
    )
