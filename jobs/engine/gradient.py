"""Loss and gradients of one training step, written by hand.

The same numbers as automatic differentiation (tested against it), in fewer and larger products:
the loop over time, backwards, computes only the gradient of the gates' inputs; the gradients of a
layer's weights are one product over all steps after the loop (back-propagation through time,
Werbos 1990).
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from jobs.engine.lstm import (
    LayerRun,
    LayerWeights,
    State,
    Tensor,
    Weights,
    laid_out,
    layer_inputs,
    logits,
    run_layer,
)


class StepLoss(NamedTuple):
    """What one step lost; float32 scalars."""

    penalised: Tensor  # nats per prediction plus the penalty: what is minimised
    nats: Tensor  # nats per prediction


class LossScale(NamedTuple):
    """What makes means of a batch's sums; given where the texts are a shard of the batch only."""

    batch_size: Tensor  # real texts in the whole batch
    loss_weights: Tensor  # (K, B) of each prediction: 1 / those of the whole batch, or 0


class Head(NamedTuple):
    """The dense softmax and its gradients."""

    nats: Tensor  # scalar, of all predictions times their weights
    hidden: Tensor  # (K, B, H) gradient of the last layer's states
    kernel: Tensor  # (H, V)
    bias: Tensor  # (V,)


def loss_and_gradients(
    weights: Weights,
    inputs: Tensor,
    targets: Tensor,
    mask: Tensor,
    states: tuple[State, ...],
    l1: float,
    scale: LossScale | None = None,
    dropout: tuple[Tensor, ...] | None = None,
) -> tuple[StepLoss, Weights, tuple[State, ...]]:
    """One step on B texts of T characters, of which the last K have a target.

    The loss is Keras': mean cross-entropy of the predictions, plus for every layer
    ``l1 * sum |h| / batch`` over the outputs the layer hands on: all T steps, and for the last
    layer the K steps that predict.

    Args:
        weights: the network.
        inputs: (T, B) int32.
        targets: (K, B) int32.
        mask: (T, B) float32, 1 where a character stands, 0 where it is padding.
        states: per layer, before the first character; no gradient flows into them.
        l1: weight of the penalty, >= 0.
        scale: where B is a shard of the batch; losses and gradients of the shards add up.
        dropout: per layer (T, B, H), what the hidden states handed upwards are multiplied by.

    Returns:
        the loss, the gradients in the shape of the weights, the states after the last character.
    """
    runs: list[LayerRun] = []
    sources = [inputs]  # what each layer reads, and at the end what the softmax reads
    for number, (layer, initial) in enumerate(zip(weights.layers, states, strict=True)):
        runs.append(run_layer(layer_inputs(layer, sources[-1]), layer.recurrent_kernel, initial))
        sources.append(_dropped(runs[-1].hidden, dropout, number))

    steps, predicting = inputs.shape[0], targets.shape[0]
    scale = scale or loss_scale(mask, predicting)
    head = softmax_head(
        weights,
        sources[-1][steps - predicting :],
        targets,
        scale.loss_weights,
    )
    penalty = tf.constant(0.0)
    gradient = head.hidden
    layer_gradients: list[LayerWeights] = []
    for number in reversed(range(len(runs))):
        run, layer = runs[number], weights.layers[number]
        gradient = _dropped(gradient, dropout, number)
        if l1 > 0:
            kept = gradient.shape[0]  # K steps of the last layer, all T of the others
            hidden, kept_mask = run.hidden[steps - kept :], mask[steps - kept :, :, None]
            penalty += l1 * tf.reduce_sum(tf.abs(hidden) * kept_mask) / scale.batch_size
            gradient += l1 / scale.batch_size * tf.sign(hidden) * kept_mask
        gate_gradients = backward_layer(run, layer.recurrent_kernel, states[number], gradient)
        layer_gradients.insert(
            0, weight_gradients(layer, sources[number], run, states[number], gate_gradients)
        )
        if number:
            gradient = product_rows(gate_gradients, layer.kernel)

    loss = StepLoss(head.nats + penalty, head.nats)
    final_states = tuple(State(run.hidden[-1], run.cell[-1]) for run in runs)
    return loss, Weights(tuple(layer_gradients), head.kernel, head.bias), final_states


def _dropped(array: Tensor, dropout: tuple[Tensor, ...] | None, layer: int) -> Tensor:
    """The last K of T steps (K, B, H), times the factors of ``layer``."""
    if dropout is None:
        return array
    return array * dropout[layer][dropout[layer].shape[0] - array.shape[0] :]


def loss_scale(mask: Tensor, predicting: int) -> LossScale:
    """What the means of whole batches are made with: mask (..., T, B), of which the last K steps
    predict.
    """
    predicted = mask[..., -predicting:, :]
    return LossScale(
        tf.reduce_sum(mask[..., 0, :], axis=-1),
        tf.math.divide_no_nan(predicted, tf.reduce_sum(predicted, axis=(-2, -1), keepdims=True)),
    )


def softmax_head(weights: Weights, hidden: Tensor, targets: Tensor, loss_weights: Tensor) -> Head:
    """Cross-entropy of the dense softmax: hidden (K, B, H), targets (K, B).

    ``loss_weights`` (K, B) is what each prediction is multiplied by; see :class:`LossScale`.
    """
    scores = logits(weights, hidden)  # (K, B, V)
    symbols = scores.shape[-1]
    top = tf.reduce_max(scores, axis=-1)
    powers = tf.exp(scores - top[..., None])  # once for both, loss and gradient
    total = tf.reduce_sum(powers, axis=-1)
    nats = tf.math.log(total) + top - tf.gather(scores, targets, batch_dims=2)
    chosen = tf.cast(targets[..., None] == tf.range(symbols), tf.float32)  # fused, never stored
    logit_gradients = powers * (loss_weights / total)[..., None] - chosen * loss_weights[..., None]
    flat_hidden = tf.reshape(hidden, [-1, hidden.shape[-1]])
    flat_gradients = tf.reshape(logit_gradients, [-1, symbols])
    return Head(
        tf.reduce_sum(nats * loss_weights),
        product_rows(logit_gradients, weights.output_kernel),
        tf.matmul(flat_hidden, flat_gradients, transpose_a=True),
        tf.reduce_sum(flat_gradients, axis=0),
    )


def product_rows(gradients: Tensor, kernel: Tensor) -> Tensor:
    """``gradients @ kernel.T`` for all steps at once: (T, B, N) and (M, N) -> (T, B, M)."""
    steps, batch, width = gradients.shape
    flat = tf.matmul(tf.reshape(gradients, [steps * batch, width]), kernel, transpose_b=True)
    return tf.reshape(flat, [steps, batch, kernel.shape[0]])


def backward_layer(
    run: LayerRun, recurrent_kernel: Tensor, initial: State, gradient: Tensor
) -> Tensor:
    """Gradient of the gates' inputs z of every step.

    Args:
        run: what the layer did.
        recurrent_kernel: (H, 4H).
        initial: its state before the first step.
        gradient: (K, B, H) of the loss by the layer's last K hidden states; the others have none
            of their own.

    Returns:
        (T, B, 4H).
    """
    steps, batch, units = run.hidden.shape
    # where only the last step has one, it starts the loop and nothing is added later
    from_above = None if gradient.shape[0] == 1 else gradient
    # derivative of the hidden state by the cell state
    to_cell = run.gates[..., 3 * units :] * (1.0 - run.cell_tanh * run.cell_tanh)
    # of a large kernel XLA drops both transposes: it is multiplied as it is
    back, transposed = laid_out(tf.transpose(recurrent_kernel), units)
    # in place: row t holds the derivatives of its step before, the gradients of its gates after it
    stack = tf.TensorArray(tf.float32, steps, element_shape=[batch, 4 * units])
    stack = stack.unstack(gate_derivatives(run, initial))

    def body(t: Tensor, d_hidden: Tensor, d_cell: Tensor, stack: Tensor) -> tuple[Tensor, ...]:
        # i, f and g act through the cell state, o through the hidden state; one contiguous row of
        # 4H values, which XLA computes twice as fast as four rows of H
        gate_gradient = tf.concat([d_cell, d_cell, d_cell, d_hidden], axis=-1) * stack.read(t)
        before = tf.maximum(t - 1, 0)
        d_hidden = tf.matmul(gate_gradient, back, transpose_b=transposed)
        if from_above is not None:
            d_hidden += from_above[before]
        d_cell = d_cell * run.gates[t][:, units : 2 * units] + d_hidden * to_cell[before]
        return t - 1, d_hidden, d_cell, stack.write(t, gate_gradient)

    last = (steps - 1, gradient[-1], gradient[-1] * to_cell[-1], stack)
    *_, stack = tf.while_loop(lambda t, *_: t >= 0, body, last, maximum_iterations=steps)
    return stack.stack()


def gate_derivatives(run: LayerRun, initial: State) -> Tensor:
    """(T, B, 4H) derivatives by the gates' inputs, outside the loop for all steps: of the cell
    state by z of i, f and g, of the hidden state by z of o.
    """
    units = run.hidden.shape[-1]
    i, _, g, _ = tf.split(run.gates, 4, axis=-1)
    before = tf.concat([initial.cell[None], run.cell[:-1]], axis=0)
    partner = tf.concat([g, before, i, run.cell_tanh], axis=-1)
    # sigmoid' = (1 - a) a and tanh' = (1 - a) (1 + a), both as (1 - a) (a + 0 or 1)
    one = tf.constant(np.repeat(np.array([0.0, 0.0, 1.0, 0.0], np.float32), units))
    return (1.0 - run.gates) * (run.gates + one) * partner


def weight_gradients(
    layer: LayerWeights, source: Tensor, run: LayerRun, initial: State, gate_gradients: Tensor
) -> LayerWeights:
    """Gradients of one layer's weights from those of its gates (T, B, 4H), in one product: a
    quarter less time than one for each matrix and a sum for the bias.

    ``source`` is what the layer read: ids (T, B) int32 or hidden states (T, B, inputs).
    """
    width = gate_gradients.shape[-1]
    flat = tf.reshape(gate_gradients, [-1, width])
    earlier = tf.concat([initial.hidden[None], run.hidden[:-1]], axis=0)
    read = [earlier, tf.ones([*earlier.shape[:-1], 1])]  # the bias is read as a 1 at every step
    if source.dtype != tf.int32:
        read.insert(0, source)
    sizes = [array.shape[-1] for array in read]
    side_by_side = tf.reshape(tf.concat(read, axis=-1), [-1, sum(sizes)])
    product = tf.matmul(side_by_side, flat, transpose_a=True)
    *below, recurrent, bias = tf.split(product, sizes)
    if source.dtype == tf.int32:
        symbols = layer.kernel.shape[0]
        kernel = tf.math.unsorted_segment_sum(flat, tf.reshape(source, [-1]), symbols)
    else:
        (kernel,) = below
    return LayerWeights(kernel, recurrent, bias[0])
