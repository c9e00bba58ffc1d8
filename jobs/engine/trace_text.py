"""Reads a text with a network and keeps every state, gate and probability.

Alignment as in ``jobs/model/trace.py``: row t is the network after reading ``ids[t]``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from jobs.disk.array_files import ArrayWriter
from jobs.engine.compiled_reads import read_stream, read_windows, states_after
from jobs.engine.evaluate import WARM_UP
from jobs.engine.layers import Weights, to_device, zero_states
from jobs.engine.prefetch import prefetched
from jobs.engine.tensors import LayerRun, State, named_arrays
from jobs.model.cell import Cell
from jobs.model.network import Float, Ids, Network
from jobs.model.reading_mode import ReadingMode
from jobs.model.trace import Trace, trace_from_arrays

STREAM_BLOCK = 1_024  # characters per compiled call, stream regime
POWERS_OF_TWO = tuple(1 << power for power in range(11))  # to STREAM_BLOCK: sizes of short blocks
DOCUMENT_BLOCKS = (64, 256, STREAM_BLOCK)  # the same where documents end at every length
WINDOW_BLOCK = 512  # windows per compiled call, window regime
SEGMENTS = 32  # at most so many segments are traced side by side
SAME_STATE = 1e-6  # two states that differ by less in every value count as one


@dataclass(frozen=True)
class Block:
    """Rows of a trace: the arrays of :meth:`jobs.model.trace.Trace.arrays` for some characters."""

    cells: tuple[Cell, ...]
    runs: tuple[LayerRun, ...]  # per layer, NumPy arrays (N, ...)
    probabilities: Float  # (N, V)

    def arrays(self) -> dict[str, Float]:
        """Named as in the trace."""
        return {"probabilities": self.probabilities, **named_arrays(self.cells, self.runs)}

    def before(self) -> dict[str, Float]:
        """The last row, named as that before the text is."""
        named: dict[str, Float] = {"before.probabilities": self.probabilities[-1]}
        for number, (cell, run) in enumerate(zip(self.cells, self.runs, strict=True), start=1):
            for state in cell.carried:
                named[f"layer{number}.before.{state}"] = getattr(run, state)[-1]
        return named


def trace_text(
    network: Network,
    ids: Ids,
    *,
    mode: ReadingMode,
    context: Ids,
    starts: NDArray[np.int64] | None = None,
) -> Trace:
    """Trace a text in memory.

    Args:
        network: the weights.
        ids: (T,) int32, the text.
        mode: ``stream`` carries the state from the first character of ``context`` on; ``window``
            reads the last ``mode.window`` characters from a zero state for every row (fewer where
            context and text have not that many yet).
        context: (S,) int32, read before the text, not part of the rows; may be empty.
        starts: where documents begin in the text, the first at 0 (the context is empty then); None:
            it is part of one.

    Returns:
        the trace, every array float32 in memory: (5 H + V / layers) * 4 bytes per character and
        layer.
    """
    if starts is None:
        before, *blocks = trace_blocks(network, ids, mode=mode, context=context)
    else:
        before, *blocks = document_blocks(network, ids, mode=mode, context=context, starts=starts)
    columns = [block.arrays() for block in blocks]
    arrays: dict[str, np.ndarray] = {
        name: np.concatenate([column[name] for column in columns]) for name in before.arrays()
    }
    arrays |= before.before()
    arrays |= {"ids": np.ascontiguousarray(ids, np.int32)}
    arrays |= {"context": np.ascontiguousarray(context, np.int32)}
    if starts is not None:
        arrays["starts"] = starts[1:].astype(np.int32)
    return trace_from_arrays(arrays, mode)


def write_trace(
    network: Network,
    ids: Ids,
    writer: ArrayWriter,
    *,
    mode: ReadingMode,
    context: Ids,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> None:
    """Trace a text of any length to disk: memory holds some blocks of rows, never the arrays.

    Args:
        network: the weights.
        ids: (T,) int32; may be a memory map.
        writer: takes every array of the trace but ``ids`` and ``context``, by its name.
        mode: as in :func:`trace_text`.
        context: likewise.
        on_rows: told after each block how many rows are written.

    Raises:
        NeuronarioError: 73, 74 or 77 where a file cannot be written.
    """
    blocks = trace_blocks(network, ids, mode=mode, context=context)
    for name, array in next(blocks).before().items():
        writer.append(name, array)
    done = 0
    with prefetched(blocks, segments_for(network)) as made:
        for block in made:
            for name, rows in block.arrays().items():
                writer.append(name, rows)
            done += len(block.probabilities)
            on_rows(done)


def trace_blocks(network: Network, ids: Ids, *, mode: ReadingMode, context: Ids) -> Iterator[Block]:
    """First the one row before ``ids[0]``, then the rows of the text in blocks."""
    weights = to_device(network)
    if mode.window:
        yield from _window_blocks(network, weights, ids, mode.window, context)
    else:
        yield from _stream_blocks(network, weights, ids, context)


def document_blocks(
    network: Network,
    ids: Ids,
    *,
    mode: ReadingMode,
    context: Ids,
    starts: NDArray[np.int64],
) -> Iterator[Block]:
    """The same of a text in which documents begin, each read on its own.

    Args:
        network: the weights.
        ids: (T,) int32.
        mode: as in :func:`trace_text`.
        context: read before ``ids[0]``; of the document that goes on there.
        starts: places at which documents begin.
    """
    weights, none = to_device(network), ids[:0]
    first = int([*starts, ids.size][0])
    if first:
        yield from trace_blocks(network, ids[:first], mode=mode, context=context)
    else:
        yield _zero_block(network)
    for start, end in pairwise([*starts.tolist(), ids.size]):
        text = ids[start:end]
        blocks = (
            _window_blocks(network, weights, text, mode.window, none)
            if mode.window
            else _stream_blocks(network, weights, text, none, DOCUMENT_BLOCKS)
        )
        yield from islice(blocks, 1, None)


def _stream_blocks(
    network: Network,
    weights: Weights,
    ids: Ids,
    context: Ids,
    sizes: tuple[int, ...] = POWERS_OF_TWO,
) -> Iterator[Block]:
    states = zero_states(weights, 1)
    before = None
    for start in range(0, context.size, STREAM_BLOCK):
        before, states = _stream_block(weights, states, context[start : start + STREAM_BLOCK])
    yield _zero_block(network) if before is None else before
    start, segments = 0, segments_for(network)
    while segments > 1 and ids.size - start >= segments * STREAM_BLOCK:
        part = ids[start : start + segments * STREAM_BLOCK].reshape(segments, STREAM_BLOCK)
        start += part.size
        for block, final in read_side_by_side(weights, states, part):
            states = final
            yield block
    for begin in range(start, ids.size, STREAM_BLOCK):
        block, states = _stream_block(weights, states, ids[begin : begin + STREAM_BLOCK], sizes)
        yield block


def segments_for(network: Network) -> int:
    """How many segments of a text are read at once; bounds their arrays, those being written and
    those being made, to some 200 MB.
    """
    values = 9 * sum(network.sizes) + network.alphabet_size  # per character, in the program
    return int(np.clip(25_000_000 // (STREAM_BLOCK * values), 1, SEGMENTS))


def read_side_by_side(
    weights: Weights, states: tuple[State, ...], segments: Ids
) -> Iterator[tuple[Block, tuple[State, ...]]]:
    """Consecutive segments (S, STREAM_BLOCK) of a text as one batch; block and final state of each.

    A segment starts from the state after reading, from zero, the end of the segment before it; an
    LSTM forgets its start, mostly within that. Where it did not, where the state that the segment
    before really ends in differs by more than ``SAME_STATE``, the segment is read again from there.
    """
    warm_up = tf.constant(np.ascontiguousarray(segments[:-1, -WARM_UP:].T))
    guessed = states_after(weights, warm_up, zero_states(weights, len(segments) - 1))
    initial = tf.nest.map_structure(lambda *pair: tf.concat(pair, axis=0), states, guessed)
    runs, probabilities = read_stream(weights, tf.constant(segments.T.copy()), initial)
    begun, arrays, table = _as_arrays((initial, runs, probabilities))
    for number, segment in enumerate(segments):
        guess = _slices(begun, (slice(number, number + 1),))
        if largest_difference(guess, states) <= SAME_STATE:
            block = _block(weights, *_slices((arrays, table), (slice(None), number)))
            states = tuple(
                run.final for run in _slices(arrays, (slice(None), slice(number, number + 1)))
            )
        else:
            block, states = _stream_block(weights, states, segment)
        yield block, states


def largest_difference(left: tuple[State, ...], right: tuple[State, ...]) -> float:
    """Of any hidden or cell state."""
    pairs = zip(tf.nest.flatten(left), tf.nest.flatten(right), strict=True)
    return max(float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in pairs)


def _stream_block(
    weights: Weights,
    states: tuple[State, ...],
    ids: Ids,
    sizes: tuple[int, ...] = POWERS_OF_TWO,
) -> tuple[Block, tuple[State, ...]]:
    """One block of the stream. A short block is padded to one of a few ``sizes``, so that few
    programs are compiled; what is read of the padding is cut off.
    """
    size = next(size for size in sizes if size >= ids.size)
    padded = np.zeros((size, 1), np.int32)
    padded[: ids.size, 0] = ids
    runs, probabilities = read_stream(weights, tf.constant(padded), states)
    final = tuple(run.final for run in _slices(runs, (slice(ids.size - 1, ids.size),)))
    rows = _as_arrays(_slices((runs, probabilities), (slice(ids.size), 0)))
    return _block(weights, *rows), final


def _window_blocks(
    network: Network, weights: Weights, ids: Ids, window: int, context: Ids
) -> Iterator[Block]:
    # a text without context may be a memory map: nothing of it is copied as a whole
    text = np.concatenate([context[-window:], ids]) if context.size else ids
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
    mask = (steps >= 0).astype(np.float32)
    runs, probabilities = read_windows(weights, text[np.maximum(steps, 0)], mask)
    rows = _as_arrays(_slices((runs, probabilities), (slice(positions.size),)))
    return _block(weights, *rows)


def _block(weights: Weights, runs: tuple[LayerRun, ...], probabilities: Float) -> Block:
    return Block(tuple(layer.cell.kind for layer in weights.layers), runs, probabilities)


def _slices(nest: Any, place: tuple[Any, ...]) -> Any:
    """``array[place]`` of every array or tensor."""
    return tf.nest.map_structure(lambda array: array[place], nest)


def _as_arrays(nest: Any) -> Any:
    """Tensors as NumPy arrays."""
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), nest)


def _zero_block(network: Network) -> Block:
    """The row before any character was read."""
    shifted = np.exp(network.output_bias - network.output_bias.max())
    runs = []
    for layer in network.layers:
        zeros = np.zeros((1, layer.units), np.float32)
        gates = np.zeros((1, layer.cell.width(layer.units)), np.float32)
        runs.append(LayerRun(zeros, zeros if layer.cell.has_cell_state else (), gates))
    return Block(network.cells, tuple(runs), (shifted / shifted.sum())[None])
