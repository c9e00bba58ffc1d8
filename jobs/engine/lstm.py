"""The LSTM (Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000): one step, and
one step back. Gate order input, forget, candidate, output, as Keras'::

    z = x @ kernel + h @ recurrent_kernel + bias        # (B, 4H)
    i, f, g, o = sigmoid, sigmoid, tanh, sigmoid of the four quarters of z
    c = f * c + i * g
    h = o * tanh(c)
"""

from typing import NamedTuple

import numpy as np
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
from jobs.model.cell import LSTM, Cell


class Lstm(NamedTuple):
    """The cell of a layer. It holds no tensor: TensorFlow's nests carry its type alone."""

    @property
    def kind(self) -> Cell:
        """What is computed."""
        return LSTM

    @property
    def arrays_kept(self) -> int:
        """How many arrays the loop over time stores beside the memory."""
        return 1

    def rows(self, product: Tensor, bias: Tensor) -> Rows:
        """(..., 4H) what a step reads, from ``x @ kernel`` (..., 4H)."""
        return Rows(product + bias)

    def step(
        self, row: Rows, state: State, recurrent_kernel: Tensor, transposed: bool
    ) -> tuple[State, Tensor, tuple[Tensor, ...]]:
        """THE step.

        Args:
            row: (B, 4H) ``x @ kernel + bias``.
            state: before the step.
            recurrent_kernel: (H, 4H), or its transpose.
            transposed: whether it is.

        Returns:
            the state after the step; gates (B, 4H) after their non-linearities; what is kept of
            the step, which is the same.
        """
        z = row.changing + tf.matmul(state.hidden, recurrent_kernel, transpose_b=transposed)
        units = z.shape[-1] // 4
        if self.kind != LSTM:
            return self._unusual(z, state)
        # sigmoid(x) = (1 + tanh(x / 2)) / 2: one tanh over one contiguous block does all four gates
        scale = tf.constant(np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), units))
        shift = tf.constant(np.repeat(np.array([0.5, 0.5, 0.0, 0.5], np.float32), units))
        gates = tf.tanh(z * scale) * scale + shift
        i, f, g, o = tf.split(gates, 4, axis=-1)
        cell = f * state.cell + i * g
        return State(o * tf.tanh(cell), cell), gates, (gates,)

    def _unusual(self, z: Tensor, state: State) -> tuple[State, Tensor, tuple[Tensor, ...]]:
        """Other non-linearities, which are only read."""
        i, f, g, o = tf.split(z, 4, axis=-1)
        i, f, o = (gate_values(self.kind.gate_activation, values) for values in (i, f, o))
        g = activated(self.kind.activation, g)
        cell = f * state.cell + i * g
        hidden = o * activated(self.kind.activation, cell)
        gates = tf.concat([i, f, g, o], axis=-1)
        return State(hidden, cell), gates, (gates,)

    def run(self, memory: Tensor, kept: tuple[Tensor, ...], rows: Rows) -> LayerRun:
        """From the cell states (T, B, H) and gates (T, B, 4H) of all steps: what cannot be
        recomputed is all that the loop stores.
        """
        (gates,), units = kept, memory.shape[-1]
        cell_tanh = activated(self.kind.activation, memory)
        return LayerRun(gates[..., 3 * units :] * cell_tanh, memory, gates, (cell_tanh,))

    def backwards(self, run: LayerRun, initial: State, recurrent_kernel: Tensor) -> "LstmBackwards":
        """What the loop backwards over ``run`` needs."""
        units = run.hidden.shape[-1]
        # derivative of the hidden state by the cell state
        (cell_tanh,) = run.beside
        to_cell = run.gates[..., 3 * units :] * (1.0 - cell_tanh * cell_tanh)
        return LstmBackwards(
            gate_derivatives(run, initial), tf.transpose(recurrent_kernel), run, to_cell
        )


class LstmBackwards(NamedTuple):
    """One layer seen from its end; the loop carries the gradients of h and c, both (B, H)."""

    derivatives: Tensor  # (T, B, 4H), see gate_derivatives()
    back: Tensor  # (4H, H)
    forwards: LayerRun
    to_cell: Tensor  # (T, B, H)

    @property
    def keeps_hidden(self) -> bool:
        """Whether the loop stores the gradients of h beside its rows."""
        return False

    def begin(self, d_hidden: Tensor) -> tuple[Tensor, ...]:
        """What the last step hands to the loop: gradient (B, H) of its hidden state."""
        return d_hidden, d_hidden * self.to_cell[-1]

    def row(self, carried: tuple[Tensor, ...]) -> Tensor:
        """(B, 4H) what the derivatives of a step are multiplied by."""
        d_hidden, d_cell = carried
        # i, f and g act through the cell state, o through the hidden state; one contiguous row of
        # 4H values, which XLA computes twice as fast as four rows of H
        return tf.concat([d_cell, d_cell, d_cell, d_hidden], axis=-1)

    def earlier(
        self, d_hidden: Tensor, carried: tuple[Tensor, ...], t: Tensor, before: Tensor
    ) -> tuple[Tensor, ...]:
        """What step ``t`` hands to the one before, from the gradient of that one's hidden state."""
        units = self.to_cell.shape[-1]
        _, d_cell = carried
        kept = d_cell * self.forwards.gates[t][:, units : 2 * units]
        return d_hidden, kept + d_hidden * self.to_cell[before]

    def gradients(self, rows: Tensor, hidden: Tensor) -> RowGradients:
        """From the rows (T, B, 4H) of all steps."""
        return RowGradients(rows, rows)


def gate_derivatives(run: LayerRun, initial: State) -> Tensor:
    """(T, B, 4H) derivatives by the gates' inputs, outside the loop for all steps: of the cell
    state by z of i, f and g, of the hidden state by z of o.
    """
    units = run.hidden.shape[-1]
    i, _, g, _ = tf.split(run.gates, 4, axis=-1)
    before = tf.concat([initial.cell[None], run.cell[:-1]], axis=0)
    partner = tf.concat([g, before, i, *run.beside], axis=-1)
    # sigmoid' = (1 - a) a and tanh' = (1 - a) (1 + a), both as (1 - a) (a + 0 or 1)
    one = tf.constant(np.repeat(np.array([0.0, 0.0, 1.0, 0.0], np.float32), units))
    return (1.0 - run.gates) * (run.gates + one) * partner
