"""How well a network predicts a text, in bits per character, in the network's own regime."""

import numpy as np
from numpy.typing import NDArray

from jobs.engine.compiled_reads import score_stream, score_windows
from jobs.engine.lstm import Weights, to_device, zero_states
from jobs.model.network import Ids, Network, TextIds
from jobs.model.reading_mode import ReadingMode

WINDOW_BLOCK = 512  # windows per compiled call
WARM_UP = 256  # characters that a segment of a stream reads before it counts
SEGMENTS = 64  # at most so many segments are scored side by side


def held_out_bits(
    network: Network | Weights,
    ids: TextIds,
    *,
    mode: ReadingMode,
    context: TextIds,
    stride: int = 1,
) -> tuple[float, int]:
    """Bits per character of a text under the network.

    Args:
        network: the weights.
        ids: (T,) the text to predict, T >= 1.
        mode: as the network was trained. ``stream``: the text is scored in up to 64 segments side
            by side, each after reading the 256 characters before it.
        context: what precedes the text.
        stride: window regime: one of every ``stride`` characters is predicted, at a place in its
            stretch that is always the same.

    Returns:
        bits per predicted character, number of predicted characters.
    """
    weights = to_device(network) if isinstance(network, Network) else network
    text = np.concatenate([context[-max(mode.window, WARM_UP) :], ids]).astype(np.int32)
    first = text.size - ids.size
    if mode.window:
        targets = first + spread_positions(ids.size, stride)
        return _window_bits(weights, text, targets, mode.window), targets.size
    return _stream_bits(weights, text, first), ids.size


def spread_positions(characters: int, stride: int) -> NDArray[np.int64]:
    """One position of every full stretch of ``stride`` characters (at least one), drawn once for
    all: a fixed distance would see only some columns of a text with regular lines.
    """
    generator = np.random.Generator(np.random.PCG64(0))
    starts = np.arange(0, max(characters - stride, 0) + 1, stride)
    return starts + generator.integers(min(stride, characters), size=starts.size)


def _window_bits(weights: Weights, text: Ids, targets: NDArray[np.int64], window: int) -> float:
    total = 0.0
    for start in range(0, targets.size, WINDOW_BLOCK):
        chosen = targets[start : start + WINDOW_BLOCK]
        padded = np.full(WINDOW_BLOCK, chosen[-1])
        padded[: chosen.size] = chosen
        steps = padded[None] - np.arange(window, 0, -1)[:, None]
        mask = (steps >= 0).astype(np.float32)
        bits = score_windows(weights, text[np.maximum(steps, 0)], mask, text[padded])
        total += float(bits.numpy()[: chosen.size].astype(np.float64).sum())
    return total / targets.size


def _stream_bits(weights: Weights, text: Ids, first: int) -> float:
    count = text.size - first
    segments = int(np.clip(count // (2 * WARM_UP), 1, SEGMENTS))
    length = -(-count // segments)
    starts = first + np.arange(segments) * length - WARM_UP - 1
    steps = -(-(length + WARM_UP) // WARM_UP) * WARM_UP
    positions = starts + np.arange(steps)[:, None]  # (steps, segments), read; predict the next
    mask = (positions >= 0).astype(np.float32)
    counted = (np.arange(steps)[:, None] >= WARM_UP) & (
        np.arange(steps)[:, None] < WARM_UP + length
    )
    counted = counted & (positions + 1 < text.size)
    inputs = text[np.clip(positions, 0, text.size - 1)]
    targets = text[np.clip(positions + 1, 0, text.size - 1)]
    sizes = tuple(layer.recurrent_kernel.shape[0] for layer in weights.layers)
    states = zero_states(sizes, segments)
    total = 0.0
    for start in range(0, steps, WARM_UP):
        part = slice(start, start + WARM_UP)
        bits, states = score_stream(weights, inputs[part], mask[part], targets[part], states)
        total += float((bits.numpy().astype(np.float64) * counted[part]).sum())
    return total / count
