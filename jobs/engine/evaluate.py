"""How well a network predicts a text, in bits per character, in the network's own regime."""

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.documents import GAP, Starts, with_gaps
from jobs.engine.compiled_reads import score_stream, score_windows
from jobs.engine.layers import Weights, to_device, zero_states
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
    starts: Starts | None = None,
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
        starts: where documents begin in the text, the first at 0; None: it is part of one. Each is
            read from a zero state, and its first character is not predicted.

    Returns:
        bits per predicted character, number of predicted characters.
    """
    weights = to_device(network) if isinstance(network, Network) else network
    ids = ids.astype(np.int32) if starts is None else with_gaps(ids, starts)
    text = np.concatenate([context[-max(mode.window, WARM_UP) :].astype(np.int32), ids])
    first = text.size - ids.size
    if not mode.window:
        return _stream_bits(weights, text, first)
    targets = first + spread_positions(ids.size, stride)
    if starts is not None:
        after_gap = text[targets - 1] == GAP
        targets = targets[(text[targets] != GAP) & ~after_gap]
    return _window_bits(weights, text, targets, mode.window), targets.size


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
        window_text = text[np.maximum(steps, 0)]
        mask = ((steps >= 0) & (window_text != GAP)).astype(np.float32)
        bits = score_windows(weights, np.maximum(window_text, 0), mask, text[padded])
        total += float(bits.numpy()[: chosen.size].astype(np.float64).sum())
    return total / targets.size


def _stream_bits(weights: Weights, text: Ids, first: int) -> tuple[float, int]:
    count = text.size - first
    segments = int(np.clip(count // (2 * WARM_UP), 1, SEGMENTS))
    length = -(-count // segments)
    starts = first + np.arange(segments) * length - WARM_UP - 1
    steps = -(-(length + WARM_UP) // WARM_UP) * WARM_UP
    positions = starts + np.arange(steps)[:, None]  # (steps, segments), read; predict the next
    inputs = text[np.clip(positions, 0, text.size - 1)]
    targets = text[np.clip(positions + 1, 0, text.size - 1)]
    read = (positions >= 0) & (inputs != GAP)
    counted = (np.arange(steps)[:, None] >= WARM_UP) & (
        np.arange(steps)[:, None] < WARM_UP + length
    )
    counted = counted & (positions + 1 < text.size) & (targets != GAP)
    counted &= (inputs != GAP) | (positions < 0)  # before any text the first character is predicted
    mask, inputs, targets = read.astype(np.float32), np.maximum(inputs, 0), np.maximum(targets, 0)
    states = zero_states(weights, segments)
    total = 0.0
    for start in range(0, steps, WARM_UP):
        part = slice(start, start + WARM_UP)
        bits, states = score_stream(weights, inputs[part], mask[part], targets[part], states)
        total += float((bits.numpy().astype(np.float64) * counted[part]).sum())
    predicted = int(counted.sum())
    return total / predicted, predicted
