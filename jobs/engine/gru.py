"""The gated recurrent unit (Cho et al. 2014) in the form of Keras' ``reset_after=True`` and of
PyTorch: one step, and one step back. Gate order update, reset, candidate; K, R, b of each block::

    z = sigmoid(x Kz + bz + h Rz + dz)
    r = sigmoid(x Kr + br + h Rr + dr)
    u = h Rg + dg
    g = tanh(x Kg + bg + r * u)
    h = z * h + (1 - z) * g

What a step reads is ``x K + b + d`` of z and r, in whose place it leaves these, ``x Kg + bg`` and
``dg``. Beside them the loop over time stores u and the states; g is made again after it, so that
its body stays within eight operations (``layers.py``).
"""

from typing import NamedTuple

import tensorflow as tf

from jobs.engine.tensors import (
    LayerRun,
    RowGradients,
    Rows,
    State,
    Tensor,
    activated,
    gate_values,
)
from jobs.model.cell import GRU, Cell


class Gru(NamedTuple):
    """The cell of a layer. It holds no tensor: TensorFlow's nests carry its type alone."""

    @property
    def kind(self) -> Cell:
        """What is computed."""
        return GRU

    @property
    def arrays_kept(self) -> int:
        """How many arrays the loop over time stores beside the memory."""
        return 2

    def rows(self, product: Tensor, bias: Tensor) -> Rows:
        """(..., 2H), (..., H) and both biases (2, 3H), from ``x @ kernel`` (..., 3H) and these."""
        split = 2 * bias.shape[-1] // 3
        both = product[..., :split] + (bias[0, :split] + bias[1, :split])
        return Rows(both, product[..., split:] + bias[0, split:], bias)

    def step(
        self, row: Rows, state: State, recurrent_kernel: Tensor, transposed: bool
    ) -> tuple[State, Tensor, tuple[Tensor, ...]]:
        """THE step.

        Args:
            row: (B, 2H), (B, H) and (2, 3H), see above.
            state: before the step.
            recurrent_kernel: (H, 3H), or its transpose.
            transposed: whether it is.

        Returns:
            the state after the step; z and r (B, 2H); what is kept: these, and u (B, H).
        """
        product = tf.matmul(state.hidden, recurrent_kernel, transpose_b=transposed)
        units = product.shape[-1] // 3
        gates = gate_values(self.kind.gate_activation, row.changing + product[:, : 2 * units])
        # cut here: before the loop it would be one more operation that is ready at once, and beyond
        # eight XLA hands some to another thread (layers.py)
        u = product[:, 2 * units :] + row.constant[1, 2 * units :]
        g = self._candidate(row.fixed, gates, u)
        return State(g + gates[:, :units] * (state.hidden - g)), gates, (gates, u)

    def _candidate(self, fixed: Tensor, gates: Tensor, u: Tensor) -> Tensor:
        """The candidate (..., H) of z and r (..., 2H) and u (..., H)."""
        return activated(self.kind.activation, fixed + gates[..., u.shape[-1] :] * u)

    def run(self, memory: Tensor, kept: tuple[Tensor, ...], rows: Rows) -> LayerRun:
        """From the hidden states (T, B, H), gates (T, B, 2H) and u (T, B, H) of all steps."""
        gates, u = kept
        return LayerRun(memory, gates=gates, beside=(self._candidate(rows.fixed, gates, u), u))

    def backwards(self, run: LayerRun, initial: State, recurrent_kernel: Tensor) -> "GruBackwards":
        """What the loop backwards over ``run`` needs."""
        z, r = tf.split(run.gates, 2, axis=-1)
        g, u = run.beside
        earlier = tf.concat([initial.hidden[None], run.hidden[:-1]], axis=0)
        d_g = (1.0 - z) * (1.0 - g * g)
        d_z = (earlier - g) * z * (1.0 - z)
        d_r = d_g * u * r * (1.0 - r)
        derivatives = tf.concat([d_z, d_r, d_g * r], axis=-1)
        return GruBackwards(derivatives, tf.transpose(recurrent_kernel), z, d_g)


class GruBackwards(NamedTuple):
    """One layer seen from its end; the loop carries the gradient of h (B, H)."""

    derivatives: Tensor  # (T, B, 3H) of the hidden state by the recurrent products of z, r and g
    back: Tensor  # (3H, H)
    update: Tensor  # (T, B, H) z
    d_candidate: Tensor  # (T, B, H) of the hidden state by the input of g

    @property
    def keeps_hidden(self) -> bool:
        """Whether the loop stores the gradients of h beside its rows: those of g's inputs follow
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
        return (d_hidden + carried[0] * self.update[t],)

    def gradients(self, rows: Tensor, hidden: Tensor) -> RowGradients:
        """From the rows (T, B, 3H) and the gradients of h (T, B, H) of all steps."""
        units = hidden.shape[-1]
        candidate = hidden * self.d_candidate
        return RowGradients(tf.concat([rows[..., : 2 * units], candidate], axis=-1), rows)


class GruResetBefore(NamedTuple):
    """The form of the paper and of Keras' ``reset_after=False``, which is only read: the reset gate
    acts on the state before the recurrent product, g = tanh(x Kg + bg + (r * h) Rg).
    """

    @property
    def kind(self) -> Cell:
        """What is computed."""
        return GRU

    @property
    def arrays_kept(self) -> int:
        """How many arrays the loop over time stores beside the memory."""
        return 1

    def rows(self, product: Tensor, bias: Tensor) -> Rows:
        """(..., 3H) what a step reads, from ``x @ kernel`` (..., 3H)."""
        return Rows(product + bias)

    def step(
        self, row: Rows, state: State, recurrent_kernel: Tensor, transposed: bool
    ) -> tuple[State, Tensor, tuple[Tensor, ...]]:
        """The step: row (B, 3H) -> the state after it; z, r, g (B, 3H), which are kept."""
        kernel = tf.transpose(recurrent_kernel) if transposed else recurrent_kernel
        units = kernel.shape[0]
        product = tf.matmul(state.hidden, kernel[:, : 2 * units])
        read = row.changing
        both = gate_values(self.kind.gate_activation, read[:, : 2 * units] + product)
        z, r = both[:, :units], both[:, units:]
        inner = tf.matmul(r * state.hidden, kernel[:, 2 * units :])
        g = activated(self.kind.activation, read[:, 2 * units :] + inner)
        gates = tf.concat([both, g], axis=-1)
        return State(g + z * (state.hidden - g)), gates, (gates,)

    def run(self, memory: Tensor, kept: tuple[Tensor, ...], rows: Rows) -> LayerRun:
        """From the hidden states (T, B, H) and gates (T, B, 3H) of all steps."""
        return LayerRun(memory, gates=kept[0])
