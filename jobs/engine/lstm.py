"""The LSTM in TensorFlow, and the engine in one page.

The files of the engine in the order in which a run meets them, and what flows between them. Ids are
int32, everything else float32, time first: (T, B, ...), so that one step is one contiguous block.
T steps, B texts side by side, H units, V characters, K predictions.

    batches.py          a text's ids, settings, epoch -> ids, targets and mask of the next S steps;
                        the mask is 0 where a batch is padded. NumPy alone.
    lstm.py             here: one step, one layer over T steps, all layers. ids, states -> LayerRun
                        (hidden, cell, gates of every step) per layer -> logits (T, B, V).
    dropout.py          seed, step -> what each layer's hidden states are multiplied by.
    gradient.py         a batch, weights, states -> loss, gradients, final states: back-propagation
                        through time, written by hand.
    adam.py             gradients, moments -> new weights: clipping, Adam, the learning rate.
    train_step.py       TrainState, S batches -> TrainState: many steps in one execution of one
                        compiled program, the batch in two shards where two cores pay.
    compiled_reads.py   the programs that only read: for scores and for traces.
    evaluate.py         weights, the held-out text -> bits per character.
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

The numbers are those of Keras' ``LSTM`` (Hochreiter & Schmidhuber 1997 with the forget gate of
Gers et al. 2000), for any number of layers; gate order input, forget, candidate, output::

    z = x @ kernel + h @ recurrent_kernel + bias        # (B, 4H)
    i, f, g, o = sigmoid, sigmoid, tanh, sigmoid of the four quarters of z
    c = f * c + i * g
    h = o * tanh(c)

The functions are written to be compiled as a whole (``tf.function(jit_compile=True)``) by the
modules that train, sample and trace.
"""

import os
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from jobs.machine.runtime import INNER_THREADS, POOL_THREADS
from jobs.model.network import Layer, Network

Tensor = Any  # tf.Tensor; TensorFlow ships no types

# XLA keeps each matrix product on one thread: the cores share the batch instead
# (jobs/engine/train_step.py).
_FLAG = "--xla_cpu_multi_thread_eigen=false"
if _FLAG not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FLAG}"

# From so many units a kernel no longer fits a core's cache, and every product of the loop over time
# packs it anew: a third faster from the transpose (tests/benchmarks/README.md).
TRANSPOSED = 512

with suppress(RuntimeError):  # TensorFlow is already running, with whatever it was given
    tf.config.threading.set_intra_op_parallelism_threads(INNER_THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(POOL_THREADS)


class LayerWeights(NamedTuple):
    """One LSTM layer on the device, shapes as in ``jobs.model.network.Layer``."""

    kernel: Tensor  # (inputs, 4H)
    recurrent_kernel: Tensor  # (H, 4H)
    bias: Tensor  # (4H,)


class Weights(NamedTuple):
    """The network on the device; a nest that TensorFlow's loops carry as it is."""

    layers: tuple[LayerWeights, ...]
    output_kernel: Tensor  # (H, V)
    output_bias: Tensor  # (V,)


class State(NamedTuple):
    """What one layer remembers."""

    hidden: Tensor  # (B, H)
    cell: Tensor  # (B, H)


class LayerRun(NamedTuple):
    """One layer after every step of a text."""

    hidden: Tensor  # (T, B, H)
    cell: Tensor  # (T, B, H)
    gates: Tensor  # (T, B, 4H): i, f, g, o after their non-linearities
    cell_tanh: Tensor  # (T, B, H) tanh(cell), which back-propagation needs again


def to_device(network: Network) -> Weights:
    """The weights as tensors."""
    return Weights(
        tuple(
            LayerWeights(
                tf.constant(layer.kernel),
                tf.constant(layer.recurrent_kernel),
                tf.constant(layer.bias),
            )
            for layer in network.layers
        ),
        tf.constant(network.output_kernel),
        tf.constant(network.output_bias),
    )


def to_network(weights: Weights) -> Network:
    """The weights as NumPy arrays."""
    return Network(
        tuple(Layer(*(array.numpy() for array in layer)) for layer in weights.layers),
        weights.output_kernel.numpy(),
        weights.output_bias.numpy(),
    )


def zero_states(sizes: tuple[int, ...], batch: int) -> tuple[State, ...]:
    """The state of every layer before any character."""
    return tuple(State(tf.zeros([batch, size]), tf.zeros([batch, size])) for size in sizes)


def step(z: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """THE step, from the gates' inputs on.

    Args:
        z: (B, 4H) ``x @ kernel + h @ recurrent_kernel + bias``.
        cell: (B, H) the cell state before the step.

    Returns:
        hidden (B, H), cell (B, H), gates (B, 4H) after their non-linearities.
    """
    units = z.shape[-1] // 4
    # sigmoid(x) = (1 + tanh(x / 2)) / 2: one tanh over one contiguous block does all four gates
    scale = tf.constant(np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), units))
    shift = tf.constant(np.repeat(np.array([0.5, 0.5, 0.0, 0.5], np.float32), units))
    gates = tf.tanh(z * scale) * scale + shift
    i, f, g, o = tf.split(gates, 4, axis=-1)
    cell = f * cell + i * g
    return o * tf.tanh(cell), cell, gates


def run_layer(
    inputs: Tensor, recurrent_kernel: Tensor, initial: State, mask: Tensor | None = None
) -> LayerRun:
    """One layer over T characters.

    Args:
        inputs: (T, B, 4H) ``x @ kernel + bias`` of every step; T is static.
        recurrent_kernel: (H, 4H).
        initial: the state before the first step.
        mask: (T, B) float32 or None: where it is 0, before a text begins, the state after the
            step is zero.
    """
    steps, batch, width = inputs.shape
    units = width // 4
    kernel, transposed = laid_out(recurrent_kernel, units)
    # In place, so that XLA need not fill arrays with zeros and copy them first: row t of the gates
    # holds their inputs before the step, and the cells begin as the first quarter of those.
    gates = tf.TensorArray(tf.float32, steps, element_shape=[batch, width]).unstack(inputs)
    cells = tf.TensorArray(tf.float32, steps, element_shape=[batch, units])
    cells = cells.unstack(inputs[..., :units])

    def body(t: Tensor, state: State, cells: Any, gates: Any) -> tuple[Any, ...]:
        z = gates.read(t) + tf.matmul(state.hidden, kernel, transpose_b=transposed)
        hidden, cell, gate = step(z, state.cell)
        if mask is not None:
            hidden, cell = hidden * mask[t][:, None], cell * mask[t][:, None]
        return t + 1, State(hidden, cell), cells.write(t, cell), gates.write(t, gate)

    # Only what cannot be recomputed is stored: with at most eight operations in its body XLA runs
    # a loop undivided on one thread; more, and every step is passed from thread to thread. The same
    # holds for a whole program of which more than eight operations are ready at once. So the first
    # step stands before the loop, which would else begin with copies of the states, ready at once.
    _, _, cells, gates = tf.while_loop(
        lambda t, *_: t < steps,
        body,
        body(tf.constant(0), initial, cells, gates),
        maximum_iterations=steps - 1,
    )
    cell, gate = cells.stack(), gates.stack()
    cell_tanh = tf.tanh(cell)
    return LayerRun(gate[..., 3 * units :] * cell_tanh, cell, gate, cell_tanh)


def laid_out(kernel: Tensor, units: int) -> tuple[Tensor, bool]:
    """A recurrent kernel as a loop over time multiplies by it fastest: itself or its transpose, and
    whether it is the transpose. Made once, before the loop.
    """
    if units < TRANSPOSED:
        return kernel, False
    return tf.transpose(kernel), True


def layer_inputs(layer: LayerWeights, below: Tensor) -> Tensor:
    """(T, B, 4H) ``x @ kernel + bias`` for all steps at once.

    ``below`` is the hidden states of the layer below (T, B, inputs), or, for the first layer, the
    character ids (T, B) int32: a one-hot row times a matrix is one row of the matrix, so the kernel
    rows are gathered and no one-hot array ever exists.
    """
    if below.dtype == tf.int32:
        return tf.gather(layer.kernel, below) + layer.bias
    steps, batch, width = below.shape
    product = tf.matmul(tf.reshape(below, [steps * batch, width]), layer.kernel) + layer.bias
    return tf.reshape(product, [steps, batch, product.shape[-1]])


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
        run = run_layer(layer_inputs(layer, below), layer.recurrent_kernel, initial, mask)
        runs.append(run)
        below = run.hidden
    return tuple(runs), tuple(State(run.hidden[-1], run.cell[-1]) for run in runs)


def advance(
    weights: Weights, ids: Tensor, states: tuple[State, ...]
) -> tuple[tuple[State, ...], tuple[Tensor, ...]]:
    """All layers by one character: ids (B,) int32 -> new states, gates (B, 4H) per layer."""
    product = tf.gather(weights.layers[0].kernel, ids)
    new_states: list[State] = []
    gates: list[Tensor] = []
    for number, (layer, state) in enumerate(zip(weights.layers, states, strict=True)):
        if number:
            product = tf.matmul(new_states[-1].hidden, layer.kernel)
        z = product + layer.bias + tf.matmul(state.hidden, layer.recurrent_kernel)
        hidden, cell, gate = step(z, state.cell)
        new_states.append(State(hidden, cell))
        gates.append(gate)
    return tuple(new_states), tuple(gates)


def logits(weights: Weights, hidden: Tensor) -> Tensor:
    """Unnormalised log-probabilities of the next character: (..., H) -> (..., V)."""
    width, symbols = weights.output_kernel.shape
    flat = tf.matmul(tf.reshape(hidden, [-1, width]), weights.output_kernel)
    return tf.reshape(flat + weights.output_bias, [*hidden.shape[:-1], symbols])
