"""Recurrent layers in TensorFlow, and the engine in one page.

The files of the engine in the order in which a run meets them, and what flows between them. Ids are
int32, everything else float32, time first: (T, B, ...), so that one step is one contiguous block.
T steps, B texts side by side, H units, V characters, K predictions.

    batches.py          a text's ids, settings, epoch -> ids, targets and mask of the next S steps;
                        the mask is 0 where a batch is padded. NumPy alone.
    lstm.py, gru.py,    one step of a cell, forwards and backwards. row, state -> state, gates, what
    rnn.py              is kept of the step.
    layers.py           here: one layer over T steps, all layers, whatever their cells. ids, states
                        -> LayerRun (what each step left) per layer -> logits (T, B, V).
    tensors.py          what is common to the cells.
    whole_vectors.py    a network -> its weights as they are trained, and back.
    dropout.py          seed, step -> what each layer's hidden states are multiplied by.
    gradient.py         a batch, weights, states -> loss, gradients, final states: back-propagation
                        through time, written by hand.
    adam.py             gradients, moments -> new weights: clipping, Adam, the learning rate.
    train_step.py       TrainState, S batches -> TrainState: many steps in one execution of one
                        compiled program, the batch in two shards where two cores pay.
    compiled_reads.py   the programs that only read: for scores and for traces.
    evaluate.py         weights, the held-out text -> bits per character.
    workers.py          several machines: each makes the gradients of its shard, all are gathered.
    checkpoint.py       what an epoch hands to the next -> one file, and back.
    train.py            a corpus -> the network of the best epoch, the history of all: calls those
                        above, epoch by epoch.
    sample.py           a network, a start, a seed -> the text that it writes, traced.
    trace_text.py       a network, a text -> hidden, cell, gates and probabilities of every
                        character, in memory or to disk block by block;
    prefetch.py         makes the next blocks while the last are written.

Between the files weights are the named tuples below, nests that TensorFlow's loops carry as they
are; outside the engine they are ``jobs.model.network.Network``, and traces ``jobs.model.trace``.
Same seed, same bits: nothing here asks the machine how many cores it has, and random numbers follow
from seed, epoch and step alone.

The numbers are those of Keras' ``LSTM``, ``GRU`` and ``SimpleRNN``, for any number of layers.

The functions are written to be compiled as a whole (``tf.function(jit_compile=True)``) by the
modules that train, sample and trace.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from jobs.engine.gru import Gru, GruResetBefore
from jobs.engine.lstm import Lstm
from jobs.engine.rnn import Rnn
from jobs.engine.tensors import LayerRun, Rows, State, Tensor, in_place, laid_out
from jobs.model.cell import Cell
from jobs.model.network import Layer, Network

STEPS: Mapping[str, type] = {
    "lstm": Lstm,
    "gru": Gru,
    "gru_reset_before": GruResetBefore,
    "rnn": Rnn,
}


class LayerWeights(NamedTuple):
    """One layer on the device, shapes as in ``jobs.model.network.Layer``."""

    kernel: Tensor  # (inputs, G H)
    recurrent_kernel: Tensor  # (H, G H)
    bias: Tensor  # (G H,) or (2, G H)
    cell: Any  # Lstm, Gru or Rnn: an empty tuple of that type, so that nests carry it

    @property
    def units(self) -> int:
        """H."""
        return int(self.recurrent_kernel.shape[0])


class Weights(NamedTuple):
    """The network on the device; a nest that TensorFlow's loops carry as it is."""

    layers: tuple[LayerWeights, ...]
    output_kernel: Tensor  # (H, V)
    output_bias: Tensor  # (V,)


@lru_cache
def step_of(cell: Cell) -> Any:
    """The step of ``cell``: of a type of its own, by which compiled programs are told apart."""
    name = f"{cell.name}_{cell.activation}_{cell.gate_activation}"
    return type(name, (STEPS[cell.name],), {"__slots__": (), "kind": cell})()


def to_device(network: Network) -> Weights:
    """The weights as tensors."""
    return Weights(
        tuple(
            LayerWeights(
                tf.constant(layer.kernel),
                tf.constant(layer.recurrent_kernel),
                tf.constant(layer.bias),
                step_of(layer.cell),
            )
            for layer in network.layers
        ),
        tf.constant(network.output_kernel),
        tf.constant(network.output_bias),
    )


def to_network(weights: Weights) -> Network:
    """The weights as NumPy arrays."""
    return Network(
        tuple(
            Layer(
                layer.kernel.numpy(),
                layer.recurrent_kernel.numpy(),
                layer.bias.numpy(),
                layer.cell.kind,
            )
            for layer in weights.layers
        ),
        weights.output_kernel.numpy(),
        weights.output_bias.numpy(),
    )


def zero_states(weights: Weights, batch: int) -> tuple[State, ...]:
    """The state of every layer before any character."""
    return tuple(
        State(*(tf.zeros([batch, layer.units]) for _ in layer.cell.kind.carried))
        for layer in weights.layers
    )


def run_layer(
    layer: LayerWeights, rows: Rows, initial: State, mask: Tensor | None = None
) -> LayerRun:
    """One layer over T characters.

    Args:
        layer: its weights.
        rows: arrays (T, B, ...), what each step reads, see :func:`layer_inputs`; T is static.
        initial: the state before the first step.
        mask: (T, B) float32 or None: where it is 0, before a text begins, the state after the
            step is zero.
    """
    steps = rows.changing.shape[0]
    units, cell = layer.units, layer.cell
    kernel, transposed = laid_out(layer.recurrent_kernel, units)
    place = 1 if cell.arrays_kept else 0  # of the array whose row t first holds what step t reads

    def step(t: Tensor, changing: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        """The state after a step, and what is kept of it, the memory first."""
        fixed = () if isinstance(rows.fixed, tuple) else rows.fixed[t]
        state, _, keep = cell.step(Rows(changing, fixed, rows.constant), state, kernel, transposed)
        if mask is not None:
            real = mask[t][:, None]
            state = tf.nest.map_structure(lambda array: array * real, state)
        memory = state.cell if cell.kind.has_cell_state else state.hidden
        return state, (memory, *keep[: cell.arrays_kept])

    def body(t: Tensor, state: State, kept: Any) -> tuple[Any, ...]:
        state, keep = step(t, kept[place].read(t), state)
        kept = tuple(array.write(t, row) for array, row in zip(kept, keep, strict=True))
        return t + 1, state, kept

    # Only what cannot be recomputed is stored: with at most eight operations in its body XLA runs
    # a loop undivided on one thread; more, and every step is passed from thread to thread. The same
    # holds for a whole program of which more than eight operations are ready at once, or that
    # copies large arrays. So the first step stands before the loop, what each step reads is
    # overwritten in place, and the other arrays begin as rows of what the first step has made last.
    state, keep = step(tf.constant(0), rows.changing[0], initial)

    def begun(number: int, row: Tensor) -> Any:
        if number == place:
            return in_place(rows.changing).write(0, row)
        late = row if number == 0 else keep[place][:, : row.shape[-1]]
        return in_place(tf.broadcast_to(late, [steps, *row.shape])).write(0, row)

    kept = tuple(begun(number, row) for number, row in enumerate(keep))
    _, _, kept = tf.while_loop(
        lambda t, *_: t < steps, body, (1, state, kept), maximum_iterations=steps - 1
    )
    memory, *stacked = (array.stack() for array in kept)
    run: LayerRun = cell.run(memory, tuple(stacked), rows)
    return run


def layer_inputs(layer: LayerWeights, below: Tensor) -> Rows:
    """What each step reads, arrays (T, B, ...) for all steps at once: ``x @ kernel`` with the bias,
    as the layer's cell wants it.

    ``below`` is the hidden states of the layer below (T, B, inputs), or, for the first layer, the
    character ids (T, B) int32: a one-hot row times a matrix is one row of the matrix, so the kernel
    rows are gathered and no one-hot array ever exists.
    """
    if below.dtype == tf.int32:
        return layer.cell.rows(tf.gather(layer.kernel, below), layer.bias)  # type: ignore[no-any-return]
    steps, batch, width = below.shape
    product = tf.matmul(tf.reshape(below, [steps * batch, width]), layer.kernel)
    rows = layer.cell.rows(product, layer.bias)
    changing, fixed = tf.nest.map_structure(
        lambda array: tf.reshape(array, [steps, batch, array.shape[-1]]), rows[:2]
    )
    return Rows(changing, fixed, rows.constant)


def run_network(
    weights: Weights, ids: Tensor, states: tuple[State, ...], mask: Tensor | None = None
) -> tuple[tuple[LayerRun, ...], tuple[State, ...]]:
    """All layers over a text.

    Args:
        weights: the network.
        ids: (T, B) int32, shape static.
        states: per layer, before the first character.
        mask: see :func:`run_layer`.

    Returns:
        per layer everything that happened; per layer the state after the last character.
    """
    below = ids
    runs = []
    for layer, initial in zip(weights.layers, states, strict=True):
        run = run_layer(layer, layer_inputs(layer, below), initial, mask)
        runs.append(run)
        below = run.hidden
    return tuple(runs), tuple(run.final for run in runs)


def advance(
    weights: Weights, ids: Tensor, states: tuple[State, ...]
) -> tuple[tuple[State, ...], tuple[Tensor, ...]]:
    """All layers by one character: ids (B,) int32 -> new states, gates (B, ...) or () per layer."""
    product = tf.gather(weights.layers[0].kernel, ids)
    new_states: list[State] = []
    gates: list[Tensor] = []
    for number, (layer, state) in enumerate(zip(weights.layers, states, strict=True)):
        if number:
            product = tf.matmul(new_states[-1].hidden, layer.kernel)
        row = layer.cell.rows(product, layer.bias)
        new, gate, _ = layer.cell.step(row, state, layer.recurrent_kernel, False)
        new_states.append(new)
        gates.append(gate)
    return tuple(new_states), tuple(gates)


def logits(weights: Weights, hidden: Tensor) -> Tensor:
    """Unnormalised log-probabilities of the next character: (..., H) -> (..., V)."""
    width, symbols = weights.output_kernel.shape
    flat = tf.matmul(tf.reshape(hidden, [-1, width]), weights.output_kernel)
    return tf.reshape(flat + weights.output_bias, [*hidden.shape[:-1], symbols])
