"""The plain recurrent network (Elman 1990): one step, and one step back::

    h = tanh(x @ kernel + h @ recurrent_kernel + bias)

It has no gates, so a loop stores its hidden states and nothing else, each in the place of the row
that the step has read.
"""

from typing import NamedTuple

import tensorflow as tf

from jobs.engine.tensors import LayerRun, RowGradients, Rows, State, Tensor, activated
from jobs.model.cell import RNN, Cell


class Rnn(NamedTuple):
    """The cell of a layer. It holds no tensor: TensorFlow's nests carry its type alone."""

    @property
    def kind(self) -> Cell:
        """What is computed."""
        return RNN

    @property
    def arrays_kept(self) -> int:
        """How many arrays the loop over time stores beside the memory."""
        return 0

    def rows(self, product: Tensor, bias: Tensor) -> Rows:
        """(..., H) what a step reads, from ``x @ kernel`` (..., H)."""
        return Rows(product + bias)

    def step(
        self, row: Rows, state: State, recurrent_kernel: Tensor, transposed: bool
    ) -> tuple[State, Tensor, tuple[Tensor, ...]]:
        """THE step: row (B, H) -> the state after it; no gates, and nothing is kept beside it."""
        z = row.changing + tf.matmul(state.hidden, recurrent_kernel, transpose_b=transposed)
        return State(activated(self.kind.activation, z)), (), ()

    def run(self, memory: Tensor, kept: tuple[Tensor, ...], rows: Rows) -> LayerRun:
        """From the hidden states (T, B, H) of all steps."""
        return LayerRun(memory)

    def backwards(self, run: LayerRun, initial: State, recurrent_kernel: Tensor) -> "RnnBackwards":
        """What the loop backwards over ``run`` needs."""
        return RnnBackwards(1.0 - run.hidden * run.hidden, tf.transpose(recurrent_kernel))


class RnnBackwards(NamedTuple):
    """One layer seen from its end; the loop carries the gradient of h (B, H)."""

    derivatives: Tensor  # (T, B, H) tanh'
    back: Tensor  # (H, H)

    @property
    def keeps_hidden(self) -> bool:
        """Whether the loop stores the gradients of h beside its rows."""
        return False

    def begin(self, d_hidden: Tensor) -> tuple[Tensor, ...]:
        """What the last step hands to the loop: gradient (B, H) of its hidden state."""
        return (d_hidden,)

    def row(self, carried: tuple[Tensor, ...]) -> Tensor:
        """(B, H) what the derivatives of a step are multiplied by."""
        return carried[0]

    def earlier(
        self, d_hidden: Tensor, carried: tuple[Tensor, ...], t: Tensor, before: Tensor
    ) -> tuple[Tensor, ...]:
        """What a step hands to the one before: the gradient of that one's hidden state."""
        return (d_hidden,)

    def gradients(self, rows: Tensor, hidden: Tensor) -> RowGradients:
        """From the rows (T, B, H) of all steps."""
        return RowGradients(rows, rows)
