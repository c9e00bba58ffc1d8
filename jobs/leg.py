"""A leg: a few hundred consecutive training steps as one compiled program.

An epoch is one leg where it is short and several where it is long, so that a signal is heard in
time. The result does not depend on where an epoch is cut.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from jobs.adam import Slots, adam, clipped, global_norm, scheduled_rate
from jobs.gradient import loss_and_gradients
from jobs.lstm import State, Tensor, Weights


class Progress(NamedTuple):
    """Everything that changes from step to step."""

    weights: Weights
    slots: Slots
    states: tuple[State, ...]  # per layer (B, H); zero between windows
    step: Tensor  # steps taken since the first epoch; int32
    totals: "Totals"


class Totals(NamedTuple):
    """Sums over the steps of an epoch; float64 scalars."""

    penalised: Tensor  # nats per prediction with penalty, times the step's predictions
    nats: Tensor
    predictions: Tensor
    norm: Tensor  # global gradient norm before clipping, per step
    steps: Tensor


@dataclass(frozen=True)
class StepSettings:
    """What is compiled into the program."""

    carry_state: bool  # stream: the next step starts where this one ended
    l1: float
    clip_norm: float
    learning_rate: float
    schedule: str


def zero_totals() -> Totals:
    """The sums before the first step of an epoch."""
    return Totals(*(tf.constant(0.0, tf.float64) for _ in Totals._fields))


@lru_cache(maxsize=8)
def compiled_leg(settings: StepSettings) -> Callable[..., Any]:
    """The program ``leg(progress, inputs, targets, mask, steps, total) -> progress``.

    inputs (S, T, B) int32, targets (S, K, B) int32, mask (S, T, B) float32; ``steps`` (int32
    scalar) of the S steps are taken; ``total`` (float32) steps make the whole training.
    """

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def leg(
        progress: Progress,
        inputs: Tensor,
        targets: Tensor,
        mask: Tensor,
        steps: Tensor,
        total: Tensor,
    ) -> Progress:
        def body(index: Tensor, progress: Progress) -> tuple[Tensor, Progress]:
            return index + 1, train_step(
                settings, progress, inputs[index], targets[index], mask[index], total
            )

        _, progress = tf.while_loop(lambda index, _: index < steps, body, (0, progress))
        return progress

    return leg  # type: ignore[no-any-return]


def train_step(
    settings: StepSettings,
    progress: Progress,
    inputs: Tensor,
    targets: Tensor,
    mask: Tensor,
    total: Tensor,
) -> Progress:
    """One step of the optimiser; shapes as in ``jobs.gradient.loss_and_gradients``."""
    loss, gradients, ends = loss_and_gradients(
        progress.weights, inputs, targets, mask, progress.states, settings.l1
    )
    norm = global_norm(gradients)
    gradients = clipped(gradients, norm, settings.clip_norm)
    taken = tf.cast(progress.step, tf.float32)
    rate = scheduled_rate(settings.learning_rate, settings.schedule, taken, total)
    weights, slots = adam(progress.weights, gradients, progress.slots, taken + 1.0, rate)
    predictions = tf.cast(loss.predictions, tf.float64)
    added = Totals(
        tf.cast(loss.penalised, tf.float64) * predictions,
        tf.cast(loss.nats, tf.float64),
        predictions,
        tf.cast(norm, tf.float64),
        tf.constant(1.0, tf.float64),
    )
    return Progress(
        weights,
        slots,
        ends if settings.carry_state else progress.states,
        progress.step + 1,
        tf.nest.map_structure(tf.add, progress.totals, added),
    )
