"""What every cell's step takes and leaves, and how TensorFlow is set up before the first tensor."""

import os
from contextlib import suppress
from typing import Any, NamedTuple

import tensorflow as tf

from jobs.machine.runtime import INNER_THREADS, POOL_THREADS
from jobs.model.cell import Cell

Tensor = Any  # tf.Tensor; TensorFlow ships no types

# XLA keeps each matrix product on one thread: the cores share the batch instead
# (jobs/engine/train_step.py).
_FLAG = "--xla_cpu_multi_thread_eigen=false"
if _FLAG not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FLAG}"

# From so many units a kernel no longer fits a core's cache, and every product of the loop over time
# packs it anew: a third faster from the transpose (tests/benchmarks/README.md).
TRANSPOSED = 512

# Products in float32 on a graphics card too, not in its 19 bits.
tf.config.experimental.enable_tensor_float_32_execution(False)
with suppress(RuntimeError):  # TensorFlow is already running, with whatever it was given
    tf.config.threading.set_intra_op_parallelism_threads(INNER_THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(POOL_THREADS)


def sees_card() -> bool:
    """Whether TensorFlow works on a graphics card in this process."""
    return bool(tf.config.list_physical_devices("GPU"))


class State(NamedTuple):
    """What one layer remembers."""

    hidden: Tensor  # (B, H)
    cell: Tensor = ()  # (B, H) the cell state; () where the cell has none


class Rows(NamedTuple):
    """What the steps of a layer read, made for all of them at once; a step reads row t."""

    changing: Tensor  # (..., W) what a step overwrites, in place, with what is kept of it
    fixed: Tensor = ()  # (..., H) what stays as it is, where the cell needs it
    constant: Tensor = ()  # (2, 3H) of all steps, likewise


class LayerRun(NamedTuple):
    """One layer after every step of a text; what its cell does not have is ()."""

    hidden: Tensor  # (T, B, H)
    cell: Tensor = ()  # (T, B, H)
    gates: Tensor = ()  # (T, B, n H) after their non-linearities; what they are, each cell says
    beside: tuple[Tensor, ...] = ()  # (T, B, H) each, what back-propagation needs again

    @property
    def final(self) -> State:
        """The state after the last step."""
        return State(self.hidden[-1], () if isinstance(self.cell, tuple) else self.cell[-1])


class RowGradients(NamedTuple):
    """Gradients of the gates' inputs of every step, in the blocks of the kernels."""

    inputs: Tensor  # (T, B, G H) of ``x @ kernel``
    recurrent: Tensor  # (T, B, G H) of ``h @ recurrent_kernel``; the same tensor where it is equal


def laid_out(kernel: Tensor, units: int) -> tuple[Tensor, bool]:
    """A recurrent kernel as a loop over time multiplies by it fastest: itself or its transpose, and
    whether it is the transpose. Made once, before the loop.
    """
    if units < TRANSPOSED:
        return kernel, False
    return tf.transpose(kernel), True


def in_place(rows: Tensor) -> Any:
    """An array of tensors (T, ...) that a loop over time reads and overwrites row by row."""
    steps, *shape = rows.shape
    return tf.TensorArray(tf.float32, steps, element_shape=shape).unstack(rows)


def gate_values(name: str, values: Tensor) -> Tensor:
    """A gate's non-linearity, by its name in ``jobs.model.cell.GateActivation``."""
    if name == "sigmoid":
        return tf.sigmoid(values)
    slope = 1.0 / 6.0 if name == "hard_sigmoid" else 1.0 / 5.0
    return tf.clip_by_value(values * slope + 0.5, 0.0, 1.0)


def activated(name: str, values: Tensor) -> Tensor:
    """The non-linearity of candidate and state, by its name in ``jobs.model.cell.Activation``."""
    return tf.tanh(values) if name == "tanh" else tf.nn.relu(values)


def named_arrays(cells: tuple[Cell, ...], runs: tuple[LayerRun, ...]) -> dict[str, Tensor]:
    """What a trace holds of each layer, by its name there; arrays (N, ...) of N rows."""
    named: dict[str, Tensor] = {}
    for number, (cell, run) in enumerate(zip(cells, runs, strict=True), start=1):
        units = run.hidden.shape[-1]
        named[f"layer{number}.hidden"] = run.hidden
        if cell.has_cell_state:
            named[f"layer{number}.cell"] = run.cell
        for gate in cell.gates:
            place = cell.block(gate) * units
            named[f"layer{number}.{gate}"] = run.gates[..., place : place + units]
    return named
