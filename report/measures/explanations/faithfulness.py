"""Bits per character when a layer's states are replaced by what its sentences say.

The layer's own recurrence is cut: what it hands on at each character of half B is the simulation.
Layers above read that, and carry on their own states, from the traced state ``WARM_UP`` characters
before; the last layer's simulations go into the softmax.
"""

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float, Network
from jobs.model.trace import Trace
from report.measures.ablation.numpy_cells import Weights, log_softmax, step, weights
from report.measures.ablation.numpy_reading import begin_anew, zero_state
from report.measures.explanations.explanation import Faithfulness
from report.measures.parallel import side_by_side

SEGMENT, WARM_UP = 250, 100  # characters
WINDOWS = 2_000  # of the window regime, at most

Places = NDArray[np.int64]
States = NDArray[np.floating]


def faithfulness(
    network: Network,
    trace: Trace,
    simulated: list[NDArray[np.float64]],
    training: NDArray[np.int32],
    half: int,
) -> tuple[Faithfulness, ...]:
    """One record per layer.

    Args:
        network: of ``trace``.
        trace: the probe.
        simulated: per layer (T, H) what the sentences say.
        training: ids whose frequencies are the unigram's.
        half: characters of half A; as many are half B.
    """
    places = np.arange(half, 2 * half - 1)
    places = places[trace.continues[places]]
    following = trace.ids[places + 1]
    probability = trace.probabilities[places, following].astype(np.float64)
    true = float(-np.log2(np.maximum(probability, 1e-30)).mean())
    counts = np.bincount(training, minlength=network.alphabet_size) + 1.0
    unigram = float(-np.log2(counts / counts.sum())[following].mean())

    def of_layer(number: int) -> Faithfulness:
        hidden = trace.layers[number].hidden
        mean = np.broadcast_to(hidden[:half].mean(0), hidden.shape)
        bits = [
            replaced_bits(network, trace, number, states, half)
            for states in (simulated[number], mean)
        ]
        return Faithfulness(number + 1, true, bits[0], bits[1], unigram)

    return tuple(side_by_side(of_layer, range(len(network.layers))))


def replaced_bits(network: Network, trace: Trace, number: int, states: States, half: int) -> float:
    """Bits per character on half B with the states of layer ``number`` (from 0) replaced."""
    above = [weights(one) for one in network.layers[number + 1 :]]
    if not above:
        places = np.arange(half, 2 * half - 1)
        top = states[places]
    elif trace.mode.window:
        places = np.linspace(half, 2 * half - 2, min(WINDOWS, half - 1)).astype(np.int64)
        top = _windows(above, trace, states, places)
    else:
        places, top = _stream(above, trace, number, states, half)
    predicted = trace.continues[places]
    places, top = places[predicted], top[predicted]
    logits = top.astype(np.float32) @ network.output_kernel + network.output_bias
    chosen = log_softmax(logits)[np.arange(len(places)), trace.ids[places + 1]]
    return float(-chosen.astype(np.float64).mean() / np.log(2.0))


def _stream(
    above: list[Weights], trace: Trace, number: int, states: States, half: int
) -> tuple[Places, Float]:
    """Segments of half B side by side, each after ``WARM_UP`` characters."""
    length = min(SEGMENT, half - 1)
    starts = half + length * np.arange((half - 1) // length)
    warm_up = min(WARM_UP, half - 1)
    before = starts - warm_up - 1
    hidden = [trace.layers[number + 1 + k].hidden[before] for k in range(len(above))]
    cell = [trace.layers[number + 1 + k].cell[before] for k in range(len(above))]
    kept = []
    for offset in range(-warm_up, length):
        begin_anew(hidden, cell, trace.begins(starts + offset))
        below = states[starts + offset].astype(np.float32)
        for k, layer in enumerate(above):
            hidden[k], cell[k] = step(layer, below @ layer.kernel + layer.bias, hidden[k], cell[k])
            below = hidden[k]
        if offset >= 0:
            kept.append(below)
    places = (starts[None] + np.arange(length)[:, None]).reshape(-1)
    return places, np.concatenate(kept)


def _windows(above: list[Weights], trace: Trace, states: States, places: Places) -> Float:
    """The last state of passes from zero over the last simulated states, a window of them."""
    hidden, cell = zero_state(above, len(places))
    for back in range(trace.mode.window - 1, -1, -1):
        begin_anew(hidden, cell, trace.begins(places - back))
        below = states[np.maximum(places - back, 0)].astype(np.float32)
        for k, layer in enumerate(above):
            hidden[k], cell[k] = step(layer, below @ layer.kernel + layer.bias, hidden[k], cell[k])
            below = hidden[k]
    return hidden[-1]
