"""Loss and gradients of one training step, written by hand.

The same numbers as automatic differentiation (tested against it), in fewer and larger products:
the loop over time, backwards, computes only the gradient of the gates' inputs; every weight
gradient is one product over all steps after the loop (back-propagation through time, Werbos 1990).
"""

from typing import NamedTuple

import tensorflow as tf

from jobs.lstm import (
    LayerRun,
    LayerWeights,
    State,
    Tensor,
    Weights,
    layer_inputs,
    logits,
    run_layer,
)


class StepLoss(NamedTuple):
    """What one step lost; float32 scalars."""

    penalised: Tensor  # nats per prediction plus the penalty: what is minimised
    nats: Tensor  # nats, summed over the predictions
    predictions: Tensor  # how many


class Head(NamedTuple):
    """The dense softmax and its gradients."""

    nats: Tensor  # scalar
    predictions: Tensor  # scalar
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
) -> tuple[StepLoss, Weights, tuple[State, ...]]:
    """One step on B texts of T characters, of which the last K have a target.

    The loss is Keras': mean cross-entropy of the predictions, plus for every layer
    ``l1 * sum |h| / batch`` over the outputs the layer hands on: all T steps, and for the last
    layer the K steps that predict.

    Args:
        weights: the network.
        inputs: (T, B) int32.
        targets: (K, B) int32.
        mask: (T, B) float32, 1 where a character is real.
        states: per layer, before the first character; no gradient flows into them.
        l1: weight of the penalty, >= 0.

    Returns:
        the loss, the gradients in the shape of the weights, the states after the last character.
    """
    runs: list[LayerRun] = []
    below = inputs
    for layer, start in zip(weights.layers, states, strict=True):
        runs.append(run_layer(layer_inputs(layer, below), layer.recurrent_kernel, start))
        below = runs[-1].hidden

    steps, predicting = inputs.shape[0], targets.shape[0]
    rows = tf.reduce_sum(mask[0])
    head = softmax_head(weights, below[steps - predicting :], targets, mask[steps - predicting :])
    penalty = tf.constant(0.0)
    gradient = head.hidden
    layer_gradients: list[LayerWeights] = []
    for number in reversed(range(len(runs))):
        run, layer = runs[number], weights.layers[number]
        if l1 > 0:
            kept = gradient.shape[0]  # K steps of the last layer, all T of the others
            hidden, real = run.hidden[steps - kept :], mask[steps - kept :, :, None]
            penalty += l1 * tf.reduce_sum(tf.abs(hidden) * real) / rows
            gradient += l1 / rows * tf.sign(hidden) * real
        slopes = backward_layer(run, layer.recurrent_kernel, states[number], gradient)
        source = runs[number - 1].hidden if number else inputs
        layer_gradients.insert(0, weight_gradients(layer, source, run, states[number], slopes))
        if number:
            gradient = product_rows(slopes, layer.kernel)

    loss = StepLoss(head.nats / head.predictions + penalty, head.nats, head.predictions)
    ends = tuple(State(run.hidden[-1], run.cell[-1]) for run in runs)
    return loss, Weights(tuple(layer_gradients), head.kernel, head.bias), ends


def softmax_head(weights: Weights, hidden: Tensor, targets: Tensor, mask: Tensor) -> Head:
    """Cross-entropy of the dense softmax: hidden (K, B, H), targets (K, B), mask (K, B)."""
    scores = tf.nn.log_softmax(logits(weights, hidden))  # (K, B, V)
    symbols = scores.shape[-1]
    chosen = tf.cast(targets[..., None] == tf.range(symbols), tf.float32)  # fused, never stored
    nats = -tf.reduce_sum(scores * chosen * mask[..., None])
    predictions = tf.reduce_sum(mask)
    slope = (tf.exp(scores) - chosen) * (mask / predictions)[..., None]
    flat_hidden = tf.reshape(hidden, [-1, hidden.shape[-1]])
    flat_slope = tf.reshape(slope, [-1, symbols])
    return Head(
        nats,
        predictions,
        product_rows(slope, weights.output_kernel),
        tf.matmul(flat_hidden, flat_slope, transpose_a=True),
        tf.reduce_sum(flat_slope, axis=0),
    )


def product_rows(slopes: Tensor, kernel: Tensor) -> Tensor:
    """``slopes @ kernel.T`` for all steps at once: (T, B, N) and (M, N) -> (T, B, M)."""
    steps, batch, width = slopes.shape
    flat = tf.matmul(tf.reshape(slopes, [steps * batch, width]), kernel, transpose_b=True)
    return tf.reshape(flat, [steps, batch, kernel.shape[0]])


def backward_layer(
    run: LayerRun, recurrent_kernel: Tensor, start: State, gradient: Tensor
) -> Tensor:
    """Gradient of the gates' inputs z of every step.

    Args:
        run: what the layer did.
        recurrent_kernel: (H, 4H).
        start: its state before the first step.
        gradient: (K, B, H) of the loss by the layer's last K hidden states; the others have none
            of their own.

    Returns:
        (T, B, 4H).
    """
    steps, predicting = run.hidden.shape[0], gradient.shape[0]
    if predicting == 1:  # only the last step: its gradient starts the loop, nothing is added later
        from_above, from_after = None, gradient[0]
    else:
        from_above, from_after = gradient, tf.zeros_like(gradient[0])
    stack = tf.TensorArray(tf.float32, steps, element_shape=run.gates.shape[1:])

    def body(t: Tensor, d_hidden: Tensor, d_cell: Tensor, stack: Tensor) -> tuple[Tensor, ...]:
        if from_above is not None:
            d_hidden += from_above[t]
        before = tf.where(t > 0, run.cell[tf.maximum(t - 1, 0)], start.cell)
        slope, d_cell = step_gradient(run.gates[t], run.cell[t], before, d_hidden, d_cell)
        d_before = tf.matmul(slope, recurrent_kernel, transpose_b=True)
        return t - 1, d_before, d_cell, stack.write(t, slope)

    initial = (steps - 1, from_after, tf.zeros_like(from_after), stack)
    *_, stack = tf.while_loop(lambda t, *_: t >= 0, body, initial, maximum_iterations=steps)
    return stack.stack()


def step_gradient(
    gates: Tensor, cell: Tensor, before: Tensor, d_hidden: Tensor, d_cell: Tensor
) -> tuple[Tensor, Tensor]:
    """Backwards through ``jobs.lstm.step``.

    Args:
        gates: (B, 4H) after their non-linearities; cell, before: (B, H) after and before the step.
        cell: see gates.
        before: see gates.
        d_hidden: (B, H) gradient by the hidden state after the step.
        d_cell: (B, H) gradient by the cell state after the step, by way of later steps.

    Returns:
        gradients by z (B, 4H) and by the cell state before the step (B, H).
    """
    i, f, g, o = tf.split(gates, 4, axis=-1)
    squashed = tf.tanh(cell)
    d_cell += d_hidden * o * (1.0 - squashed * squashed)
    slope = tf.concat(
        [
            d_cell * g * i * (1.0 - i),
            d_cell * before * f * (1.0 - f),
            d_cell * i * (1.0 - g * g),
            d_hidden * squashed * o * (1.0 - o),
        ],
        axis=-1,
    )
    return slope, d_cell * f


def weight_gradients(
    layer: LayerWeights, source: Tensor, run: LayerRun, start: State, slopes: Tensor
) -> LayerWeights:
    """Gradients of one layer's weights from the slopes (T, B, 4H): one product per matrix.

    ``source`` is what the layer read: ids (T, B) int32 or hidden states (T, B, inputs).
    """
    width = slopes.shape[-1]
    flat = tf.reshape(slopes, [-1, width])
    earlier = tf.concat([start.hidden[None], run.hidden[:-1]], axis=0)
    recurrent = tf.matmul(tf.reshape(earlier, [-1, width // 4]), flat, transpose_a=True)
    if source.dtype == tf.int32:
        rows = tf.one_hot(tf.reshape(source, [-1]), layer.kernel.shape[0])
        kernel = tf.matmul(rows, flat, transpose_a=True)
    else:
        kernel = tf.matmul(tf.reshape(source, [-1, source.shape[-1]]), flat, transpose_a=True)
    return LayerWeights(kernel, recurrent, tf.reduce_sum(flat, axis=0))
