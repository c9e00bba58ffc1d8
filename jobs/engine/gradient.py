"""Loss and gradients of one training step, written by hand.

The same numbers as automatic differentiation (tested against it), in fewer and larger products:
the loop over time, backwards, computes only the gradient of the gates' inputs; the gradients of a
layer's weights are one product over all steps after the loop (back-propagation through time,
Werbos 1990).
"""

from typing import Any, NamedTuple

import tensorflow as tf

from jobs.engine.layers import LayerWeights, Weights, layer_inputs, logits, run_layer
from jobs.engine.tensors import LayerRun, RowGradients, State, Tensor, in_place, laid_out


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

    Raises:
        ValueError: a layer of a kind that is only read.
    """
    untrained = [layer.cell.kind for layer in weights.layers if not layer.cell.kind.trained]
    if untrained:
        raise ValueError(f"{untrained[0]} is only read, not trained")
    runs: list[LayerRun] = []
    sources = [inputs]  # what each layer reads, and at the end what the softmax reads
    for number, (layer, initial) in enumerate(zip(weights.layers, states, strict=True)):
        runs.append(run_layer(layer, layer_inputs(layer, sources[-1]), initial))
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
        rows = backward_layer(layer, run, states[number], gradient)
        layer_gradients.insert(
            0, weight_gradients(layer, sources[number], run, states[number], rows)
        )
        if number:
            gradient = product_rows(rows.inputs, layer.kernel)

    loss = StepLoss(head.nats + penalty, head.nats)
    final_states = tuple(run.final for run in runs)
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
    layer: LayerWeights, run: LayerRun, initial: State, gradient: Tensor
) -> RowGradients:
    """Gradient of what every step has read.

    Args:
        layer: its weights.
        run: what the layer did.
        initial: its state before the first step.
        gradient: (K, B, H) of the loss by the layer's last K hidden states; the others have none
            of their own.
    """
    steps, _, units = run.hidden.shape
    # where only the last step has one, it starts the loop and nothing is added later
    from_above = None if gradient.shape[0] == 1 else gradient
    cell = layer.cell.backwards(run, initial, layer.recurrent_kernel)
    # of a large kernel XLA drops both transposes: it is multiplied as it is
    back, transposed = laid_out(cell.back, units)
    # in place: row t holds the derivatives of its step before, the gradients of its gates after it
    stack = in_place(cell.derivatives)
    kept: Any = in_place(run.hidden) if cell.keeps_hidden else ()

    def body(t: Tensor, carried: tuple[Tensor, ...], stack: Any, kept: Any) -> tuple[Any, ...]:
        row = cell.row(carried) * stack.read(t)
        before = tf.maximum(t - 1, 0)
        d_hidden = tf.matmul(row, back, transpose_b=transposed)
        if from_above is not None:
            d_hidden += from_above[before]
        earlier = cell.earlier(d_hidden, carried, t, before)
        # what was carried into the step would have to be copied before it is overwritten; so row t
        # holds what the step hands on, the gradient of h of the step before
        seen = kept.write(t, earlier[0]) if cell.keeps_hidden else ()
        return t - 1, earlier, stack.write(t, row), seen

    begun = cell.begin(gradient[-1])
    last = (steps - 1, begun, stack, kept)
    *_, stack, kept = tf.while_loop(lambda t, *_: t >= 0, body, last, maximum_iterations=steps)
    hidden = tf.concat([kept.stack()[1:], begun[0][None]], axis=0) if cell.keeps_hidden else ()
    gradients: RowGradients = cell.gradients(stack.stack(), hidden)
    return gradients


def weight_gradients(
    layer: LayerWeights, source: Tensor, run: LayerRun, initial: State, rows: RowGradients
) -> LayerWeights:
    """Gradients of one layer's weights from those of its rows.

    ``source`` is what the layer read: ids (T, B) int32 or hidden states (T, B, inputs).
    """
    earlier = tf.concat([initial.hidden[None], run.hidden[:-1]], axis=0)
    ones = tf.ones([*earlier.shape[:-1], 1])  # the bias is read as a 1 at every step
    kernel = None
    if source.dtype == tf.int32:
        flat = tf.reshape(rows.inputs, [-1, rows.inputs.shape[-1]])
        symbols = layer.kernel.shape[0]
        kernel = tf.math.unsorted_segment_sum(flat, tf.reshape(source, [-1]), symbols)
    if rows.recurrent is rows.inputs:  # in one product: a quarter less time than in three
        read = [earlier, ones] if source.dtype == tf.int32 else [source, earlier, ones]
        *below, recurrent, bias = _products(read, rows.inputs)
        bias = bias[0]
    else:
        # every character has added its row to one row of the kernel: these together are the bias
        below = [] if kernel is not None else _products([source, ones], rows.inputs)
        bias = below.pop() if below else tf.reduce_sum(kernel, axis=0, keepdims=True)
        recurrent, recurrent_bias = _products([earlier, ones], rows.recurrent)
        bias = tf.concat([bias, recurrent_bias], axis=0)
    if kernel is None:
        (kernel,) = below
    return LayerWeights(kernel, recurrent, bias, layer.cell)


def _products(read: list[Tensor], gradients: Tensor) -> list[Tensor]:
    """The gradient of each weight that ``read`` (T, B, n) was multiplied by, in one product."""
    sizes = [array.shape[-1] for array in read]
    side_by_side = tf.reshape(tf.concat(read, axis=-1), [-1, sum(sizes)])
    flat = tf.reshape(gradients, [-1, gradients.shape[-1]])
    product = tf.matmul(side_by_side, flat, transpose_a=True)
    return tf.split(product, sizes)  # type: ignore[no-any-return]
