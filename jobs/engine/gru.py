"""The gated recurrent unit (Cho et al. 2014) in the form of Keras' ``reset_after=True`` and of
PyTorch: one step, and one step back. Gate order update, reset, candidate; K, R, b of each block::

    z = sigmoid(x Kz + bz + h Rz + dz)
    r = sigmoid(x Kr + br + h Rr + dr)
    u = h Rg + dg
    g = tanh(x Kg + bg + r * u)
    h = z * h + (1 - z) * g

A row that a step reads is ``x K + b + d`` of z and r, ``x Kg + bg`` and ``dg``; it writes z, r, g
and u there, which is all that the way back needs beside the states.
"""

from typing import NamedTuple

import tensorflow as tf

from jobs.engine.tensors import LayerRun, RowGradients, State, Tensor, activated, gate_values
from jobs.model.cell import GRU, Cell


class Gru(NamedTuple):
    """The cell of a layer. It holds no tensor: TensorFlow's nests carry its type alone."""

    @property
    def kind(self) -> Cell:
        """What is computed."""
        return GRU

    def row_width(self, units: int) -> int:
        """Values of a row that a step reads, and writes when it is done."""
        return 4 * units

    def rows(self, product: Tensor, bias: Tensor) -> Tensor:
        """(..., 4H) what a step reads, from ``x @ kernel`` (..., 3H) and both biases (2, 3H)."""
        units = bias.shape[-1] // 3
        outer = bias[0] + tf.concat([bias[1, : 2 * units], tf.zeros([units])], axis=0)
        inner = tf.broadcast_to(bias[1, 2 * units :], [*product.shape[:-1], units])
        return tf.concat([product + outer, inner], axis=-1)

    def step(
        self, row: Tensor, state: State, recurrent_kernel: Tensor, transposed: bool
    ) -> tuple[State, Tensor]:
        """THE step.

        Args:
            row: (B, 4H), see above.
            state: before the step.
            recurrent_kernel: (H, 3H), or its transpose.
            transposed: whether it is.

        Returns:
            the state after the step; z, r, g and u (B, 4H).
        """
        product = tf.matmul(state.hidden, recurrent_kernel, transpose_b=transposed)
        units = product.shape[-1] // 3
        both = gate_values(self.kind.gate_activation, row[:, : 2 * units] + product[:, : 2 * units])
        z, r = both[:, :units], both[:, units:]
        u = row[:, 3 * units :] + product[:, 2 * units :]
        g = activated(self.kind.activation, row[:, 2 * units : 3 * units] + r * u)
        return State(g + z * (state.hidden - g)), tf.concat([both, g, u], axis=-1)

    def run(self, kept: Tensor, rows: Tensor) -> LayerRun:
        """From the hidden states (T, B, H) and rows (T, B, 4H) of all steps."""
        return LayerRun(kept, gates=rows)

    def backwards(self, run: LayerRun, initial: State, recurrent_kernel: Tensor) -> "GruBackwards":
        """What the loop backwards over ``run`` needs."""
        z, r, g, u = tf.split(run.gates, 4, axis=-1)
        earlier = tf.concat([initial.hidden[None], run.hidden[:-1]], axis=0)
        d_g = (1.0 - z) * (1.0 - g * g)
        d_z = (earlier - g) * z * (1.0 - z)
        d_r = d_g * u * r * (1.0 - r)
        derivatives = tf.concat([d_z, d_r, d_g * r], axis=-1)
        return GruBackwards(derivatives, tf.transpose(recurrent_kernel), run, d_g)


class GruBackwards(NamedTuple):
    """One layer seen from its end; the loop carries the gradient of h (B, H)."""

    derivatives: Tensor  # (T, B, 3H) of the hidden state by the recurrent products of z, r and g
    back: Tensor  # (3H, H)
    forwards: LayerRun
    d_candidate: Tensor  # (T, B, H) of the hidden state by the input of g

    @property
    def keeps_carried(self) -> bool:
        """Whether the loop stores the gradients of h beside the rows: those of g's inputs follow
        from them after it, three times faster than in rows of which the product takes a part.
        """
        return True

    def begin(self, d_hidden: Tensor) -> tuple[Tensor, ...]:
        """What the last step hands to the loop: gradient (B, H) of its hidden state."""
        return (d_hidden,)

    def row(self, carried: tuple[Tensor, ...]) -> Tensor:
        """(B, 3H) what the derivatives of a step are multiplied by."""
        return tf.concat([carried[0]] * 3, axis=-1)

    def earlier(
        self, d_hidden: Tensor, carried: tuple[Tensor, ...], t: Tensor, before: Tensor
    ) -> tuple[Tensor, ...]:
        """What step ``t`` hands to the one before, from the gradient of that one's hidden state."""
        units = d_hidden.shape[-1]
        return (d_hidden + carried[0] * self.forwards.gates[t][:, :units],)

    def gradients(self, rows: Tensor, carried: Tensor) -> RowGradients:
        """From the rows (T, B, 3H) and the gradients of h (T, B, H) of all steps."""
        units = carried.shape[-1]
        candidate = carried * self.d_candidate
        return RowGradients(tf.concat([rows[..., : 2 * units], candidate], axis=-1), rows)


class GruResetBefore(NamedTuple):
    """The form of the paper and of Keras' ``reset_after=False``, which is only read: the reset gate
    acts on the state before the recurrent product, g = tanh(x Kg + bg + (r * h) Rg).
    """

    @property
    def kind(self) -> Cell:
        """What is computed."""
        return GRU

    def row_width(self, units: int) -> int:
        """Values of a row that a step reads, and writes when it is done."""
        return 3 * units

    def rows(self, product: Tensor, bias: Tensor) -> Tensor:
        """(..., 3H) what a step reads, from ``x @ kernel`` (..., 3H)."""
        return product + bias

    def step(
        self, row: Tensor, state: State, recurrent_kernel: Tensor, transposed: bool
    ) -> tuple[State, Tensor]:
        """The step: row (B, 3H) -> the state after it; z, r, g (B, 3H)."""
        kernel = tf.transpose(recurrent_kernel) if transposed else recurrent_kernel
        units = kernel.shape[0]
        product = tf.matmul(state.hidden, kernel[:, : 2 * units])
        both = gate_values(self.kind.gate_activation, row[:, : 2 * units] + product)
        z, r = both[:, :units], both[:, units:]
        inner = tf.matmul(r * state.hidden, kernel[:, 2 * units :])
        g = activated(self.kind.activation, row[:, 2 * units :] + inner)
        return State(g + z * (state.hidden - g)), tf.concat([both, g], axis=-1)

    def run(self, kept: Tensor, rows: Tensor) -> LayerRun:
        """From the hidden states (T, B, H) and rows (T, B, 3H) of all steps."""
        return LayerRun(kept, gates=rows)
