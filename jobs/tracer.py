"""Reads a text with a network and keeps every state, gate and probability; scores held-out text.

Alignment as in ``jobs/trace.py``: row t is the network after reading ``ids[t]``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from jobs.files import ArrayFile, write_npz
from jobs.lstm import LayerRun, State, Tensor, Weights, to_device, zero_states
from jobs.network import Float, Network
from jobs.reader import read_stream, read_windows, score_stream, score_windows
from jobs.trace import Regime, Trace, trace_from_arrays

Ids = NDArray[np.int32]
STREAM_BLOCK = 1_024  # characters per compiled call, stream regime
WINDOW_BLOCK = 512  # windows per compiled call, window regime
WARM_UP = 256  # characters that a segment of the held-out text reads before it is scored
SEGMENTS = 64  # at most so many segments are scored side by side


@dataclass(frozen=True)
class Block:
    """Rows of a trace: the arrays of :meth:`jobs.trace.Trace.arrays` for some characters."""

    hidden: tuple[Float, ...]  # per layer (N, H)
    cell: tuple[Float, ...]
    gates: tuple[Float, ...]  # per layer (N, 4H): i, f, g, o
    probabilities: Float  # (N, V)

    def arrays(self) -> dict[str, Float]:
        """Named as in the trace."""
        named: dict[str, Float] = {"probabilities": self.probabilities}
        for number, gates in enumerate(self.gates, start=1):
            i, f, _, o = np.split(gates, 4, axis=1)
            named[f"layer{number}.hidden"] = self.hidden[number - 1]
            named[f"layer{number}.cell"] = self.cell[number - 1]
            named[f"layer{number}.input_gate"] = i
            named[f"layer{number}.forget_gate"] = f
            named[f"layer{number}.output_gate"] = o
        return named


def trace_text(network: Network, ids: Ids, *, regime: Regime, window: int, context: Ids) -> Trace:
    """Trace a text in memory.

    Args:
        network: the weights.
        ids: (T,) int32, the text.
        regime: ``stream`` carries the state from the first character of ``context`` on; ``window``
            reads the last ``window`` characters from a zero state for every row (fewer where
            context and text have not that many yet).
        window: characters per window; ignored in the stream regime.
        context: (S,) int32, read before the text, not part of the rows; may be empty.

    Returns:
        the trace, every array float32 in memory: (5 H + V / layers) * 4 bytes per character and
        layer.
    """
    window = window if regime == "window" else 0
    before, *blocks = trace_blocks(network, ids, regime=regime, window=window, context=context)
    columns = [block.arrays() for block in blocks]
    arrays: dict[str, np.ndarray] = {
        name: np.concatenate([column[name] for column in columns]) for name in before.arrays()
    }
    return trace_from_arrays(arrays | _edges(before, ids, context), regime=regime, window=window)


def trace_to_folder(
    network: Network, ids: Ids, folder: Path, *, regime: Regime, window: int, context: Ids
) -> Trace:
    """Trace a text of any length: rows are streamed to ``folder``, memory stays bounded.

    Writes one ``NAME.npy`` per array with a row per character and ``edges.npz`` for the rest.

    Returns:
        the trace, its row arrays read-only memory maps of the files.

    Raises:
        NeuronarioError: 73, 74 or 77 where a file cannot be written.
    """
    window = window if regime == "window" else 0
    blocks = trace_blocks(network, ids, regime=regime, window=window, context=context)
    before = next(blocks)
    files = {
        name: ArrayFile(folder / f"{name}.npy", (ids.size, row.shape[1]), np.dtype(np.float32))
        for name, row in before.arrays().items()
    }
    try:
        for block in blocks:
            for name, rows in block.arrays().items():
                files[name].append(rows)
        for file in files.values():
            file.finish()
    finally:
        for file in files.values():
            file.discard()
    write_npz(folder / "edges.npz", _edges(before, ids, context))
    return read_trace_folder(folder, regime=regime, window=window)


def read_trace_folder(folder: Path, *, regime: Regime, window: int) -> Trace:
    """Open what :func:`trace_to_folder` wrote; no TensorFlow is run."""
    with np.load(folder / "edges.npz", allow_pickle=False) as edges:
        arrays: dict[str, np.ndarray] = dict(edges.items())
    for path in folder.glob("*.npy"):
        arrays[path.stem] = np.load(path, mmap_mode="r", allow_pickle=False)
    return trace_from_arrays(arrays, regime, window if regime == "window" else 0)


def trace_blocks(
    network: Network, ids: Ids, *, regime: Regime, window: int, context: Ids
) -> Iterator[Block]:
    """First the one row before ``ids[0]``, then the rows of the text in blocks."""
    weights = to_device(network)
    if regime == "window":
        yield from _window_blocks(network, weights, ids, window, context)
    else:
        yield from _stream_blocks(network, weights, ids, context)


def _stream_blocks(network: Network, weights: Weights, ids: Ids, context: Ids) -> Iterator[Block]:
    states = zero_states(network.sizes, 1)
    before = None
    for start in range(0, context.size, STREAM_BLOCK):
        before, states = _stream_block(weights, states, context[start : start + STREAM_BLOCK])
    yield _zero_block(network) if before is None else _last_row(before)
    for start in range(0, ids.size, STREAM_BLOCK):
        block, states = _stream_block(weights, states, ids[start : start + STREAM_BLOCK])
        yield block


def _stream_block(
    weights: Weights, states: tuple[State, ...], ids: Ids
) -> tuple[Block, tuple[State, ...]]:
    """One block of the stream. A short block is padded to a power of two, so that few programs are
    compiled; the state after the padding is only ever wrong at the end of context or text.
    """
    size = 1 << (ids.size - 1).bit_length()
    padded = np.zeros((size, 1), np.int32)
    padded[: ids.size, 0] = ids
    runs, probabilities = read_stream(weights, tf.constant(padded), states)
    rows = tuple(LayerRun(*(array[: ids.size, 0] for array in run)) for run in runs)
    ends = tuple(State(run.hidden[ids.size - 1], run.cell[ids.size - 1]) for run in runs)
    return _block(rows, probabilities[: ids.size, 0]), ends


def _window_blocks(
    network: Network, weights: Weights, ids: Ids, window: int, context: Ids
) -> Iterator[Block]:
    text = np.concatenate([context[-window:], ids]).astype(np.int32)
    first = text.size - ids.size  # position of ids[0]
    if first == 0:
        yield _zero_block(network)
    else:
        yield _window_block(weights, text, np.array([first - 1]), window)
    for start in range(first, text.size, WINDOW_BLOCK):
        positions = np.arange(start, min(start + WINDOW_BLOCK, text.size))
        yield _window_block(weights, text, positions, window)


def _window_block(weights: Weights, text: Ids, positions: NDArray[np.int64], window: int) -> Block:
    size = WINDOW_BLOCK if positions.size > 1 else 1
    padded = np.full(size, positions[-1])
    padded[: positions.size] = positions
    steps = padded[None] - np.arange(window - 1, -1, -1)[:, None]  # (window, size)
    real = (steps >= 0).astype(np.float32)
    runs, probabilities = read_windows(weights, text[np.maximum(steps, 0)], real)
    rows = tuple(LayerRun(*(array[: positions.size] for array in run)) for run in runs)
    return _block(rows, probabilities[: positions.size])


def _block(rows: tuple[LayerRun, ...], probabilities: Tensor) -> Block:
    return Block(
        tuple(row.hidden.numpy() for row in rows),
        tuple(row.cell.numpy() for row in rows),
        tuple(row.gates.numpy() for row in rows),
        probabilities.numpy(),
    )


def _last_row(block: Block) -> Block:
    return Block(
        tuple(array[-1:] for array in block.hidden),
        tuple(array[-1:] for array in block.cell),
        tuple(array[-1:] for array in block.gates),
        block.probabilities[-1:],
    )


def _zero_block(network: Network) -> Block:
    """The row before any character was read."""
    shifted = np.exp(network.output_bias - network.output_bias.max())
    zeros = tuple(np.zeros((1, size), np.float32) for size in network.sizes)
    gates = tuple(np.zeros((1, 4 * size), np.float32) for size in network.sizes)
    return Block(zeros, zeros, gates, (shifted / shifted.sum())[None])


def held_out_bits(
    network: Network | Weights,
    ids: Ids,
    *,
    regime: Regime,
    window: int,
    context: Ids,
    stride: int = 1,
) -> tuple[float, int]:
    """Bits per character of a text under the network.

    Args:
        network: the weights.
        ids: (T,) the text to predict, T >= 1.
        regime: as in :func:`trace_text`. ``stream``: the text is scored in up to 64 segments side
            by side, each after reading the 256 characters before it.
        window: characters per window; ignored in the stream regime.
        context: what precedes the text.
        stride: window regime: one of every ``stride`` characters is predicted, at a place in its
            stretch that is always the same.

    Returns:
        bits per predicted character, number of predicted characters.
    """
    weights = to_device(network) if isinstance(network, Network) else network
    text = np.concatenate([context[-max(window, WARM_UP) :], ids]).astype(np.int32)
    first = text.size - ids.size
    if regime == "window":
        targets = first + spread_positions(ids.size, stride)
        return _window_bits(weights, text, targets, window), targets.size
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
        real = (steps >= 0).astype(np.float32)
        bits = score_windows(weights, text[np.maximum(steps, 0)], real, text[padded])
        total += float(bits.numpy()[: chosen.size].astype(np.float64).sum())
    return total / targets.size


def _stream_bits(weights: Weights, text: Ids, first: int) -> float:
    count = text.size - first
    segments = int(np.clip(count // (2 * WARM_UP), 1, SEGMENTS))
    length = -(-count // segments)
    starts = first + np.arange(segments) * length - WARM_UP - 1
    steps = -(-(length + WARM_UP) // WARM_UP) * WARM_UP
    positions = starts + np.arange(steps)[:, None]  # (steps, segments), read; predict the next
    known = (positions >= 0).astype(np.float32)
    scored = (np.arange(steps)[:, None] >= WARM_UP) & (np.arange(steps)[:, None] < WARM_UP + length)
    scored = scored & (positions + 1 < text.size)
    inputs = text[np.clip(positions, 0, text.size - 1)]
    targets = text[np.clip(positions + 1, 0, text.size - 1)]
    sizes = tuple(layer.recurrent_kernel.shape[0] for layer in weights.layers)
    states = zero_states(sizes, segments)
    total = 0.0
    for start in range(0, steps, WARM_UP):
        part = slice(start, start + WARM_UP)
        bits, states = score_stream(weights, inputs[part], known[part], targets[part], states)
        total += float((bits.numpy().astype(np.float64) * scored[part]).sum())
    return total / count


def _edges(before: Block, ids: Ids, context: Ids) -> dict[str, np.ndarray]:
    named: dict[str, np.ndarray] = {
        "ids": np.ascontiguousarray(ids, np.int32),
        "context": np.ascontiguousarray(context, np.int32),
        "before.probabilities": before.probabilities[0],
    }
    for number in range(1, 1 + len(before.hidden)):
        named[f"layer{number}.before.hidden"] = before.hidden[number - 1][0]
        named[f"layer{number}.before.cell"] = before.cell[number - 1][0]
    return named
