"""A leg: a few hundred consecutive training steps as one compiled program.

An epoch is one leg where it is short and several where it is long, so that a signal is heard in
time. The result does not depend on where an epoch is cut.

Both cores: the batch is cut into two parts whose gradients one program computes side by side and a
second adds up. Each part stays on the thread that started it as long as no more than eight of its
operations are ready at once (``jobs/engine/lstm.py``): so it reads what was counted before the leg
began, and between windows no states. For a tiny network handing work over (some 0.2 ms a step)
costs more than the second core brings, so there the whole leg is one program. Which of the two
depends on the sizes alone, never on the machine, so that the bits do not either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from jobs.engine.adam import Slots, adam, clipped, global_norm, scheduled_rate
from jobs.engine.dropout import dropout_factors
from jobs.engine.gradient import Share, StepLoss, loss_and_gradients, share_of
from jobs.engine.lstm import State, Tensor, Weights, zero_states

SHARED = 10_000_000  # multiplications per step from which two cores pay
TURN = 4  # steps in one turn of TensorFlow's loop, whose own work is some 0.1 ms a turn


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


class LegData(NamedTuple):
    """What the S steps of a leg read."""

    pieces: list[tuple[Tensor, ...]]  # of each part: inputs, targets, mask and worth of all steps
    rows: Tensor  # (S,) real texts of the whole batches
    predictions: Tensor  # (S,) real predictions of the whole batches
    total: Tensor  # steps of the whole training; float32 scalar


@dataclass(frozen=True)
class StepSettings:
    """What is compiled into the program."""

    carry_state: bool  # stream: the next step starts where this one ended
    l1: float
    clip_norm: float
    learning_rate: float
    schedule: str
    parts: int  # of the batch, computed side by side
    dropout: float = 0.0
    seed: int = 0  # of the dropout; 0 without


def parts_of_batch(multiplications: float, batch: int) -> int:
    """Into how many parts the batch is cut, by the multiplications of a step, forwards only."""
    return 2 if multiplications >= SHARED and batch > 1 else 1


def zero_totals() -> Totals:
    """The sums before the first step of an epoch."""
    return Totals(*(tf.constant(0.0, tf.float64) for _ in Totals._fields))


@lru_cache(maxsize=8)
def compiled_leg(settings: StepSettings) -> Callable[..., Any]:
    """The program ``leg(progress, inputs, targets, mask, steps, total) -> progress``.

    inputs (S, T, B) int32, targets (S, K, B) int32, mask (S, T, B) float32; ``steps`` (int32
    scalar) of the S steps are taken; ``total`` (float32) steps make the whole training.
    """

    # one part: one program; several: an ordinary graph that starts the parts' programs together
    @tf.function(jit_compile=settings.parts == 1, autograph=False)  # type: ignore[untyped-decorator]
    def leg(
        progress: Progress,
        inputs: Tensor,
        targets: Tensor,
        mask: Tensor,
        steps: Tensor,
        total: Tensor,
    ) -> Progress:
        take_step = step_programs(settings)
        share = share_of(mask, targets.shape[1])
        arrays = (inputs, targets, mask, share.worth)
        data = LegData(
            list(zip(*(cut(array, settings.parts, axis=2) for array in arrays), strict=True)),
            share.rows,
            tf.reduce_sum(mask[:, -targets.shape[1] :], axis=(1, 2)),
            total,
        )

        def turn(many: int) -> Callable[..., Any]:
            """``many`` steps: the states are those of each part."""

            def body(index: Tensor, progress: Progress, states: Any) -> tuple[Any, ...]:
                for place in range(many):
                    progress, states = take_step(progress, states, data, index + place)
                return index + many, progress, states

            return body

        kept = progress.states
        states = cut_states(kept, settings.parts) if settings.carry_state else ()
        loop: tuple[Any, ...] = (0, progress._replace(states=()), states)
        for many in (TURN, 1) if settings.parts > 1 else (1,):
            loop = tf.while_loop(
                lambda index, *_, many=many: index + many <= steps,
                turn(many),
                loop,
                parallel_iterations=1,
            )
        if settings.carry_state:
            kept = tf.nest.map_structure(lambda *ends: tf.concat(ends, axis=0), *loop[2])
        return loop[1]._replace(states=kept)  # type: ignore[no-any-return]

    return leg  # type: ignore[no-any-return]


def step_programs(settings: StepSettings) -> Callable[..., Any]:
    """``take_step(progress, states, data, index) -> progress, states``: step ``index`` by two
    programs, ``part`` for the gradients of each piece of the batch and ``update``, which adds them
    up. The states are those of each part, and none between windows.
    """

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def part(
        weights: Weights,
        piece: tuple[Tensor, ...],
        rows: Tensor,
        index: Tensor,
        states: tuple[State, ...],
        step: Tensor,
        number: int,
    ) -> Any:
        # gathered: a slice would be compiled anew for every index
        inputs, targets, mask, worth = (tf.gather(array, index) for array in piece)
        share = Share(tf.gather(rows, index), worth)
        sizes = tuple(layer.recurrent_kernel.shape[0] for layer in weights.layers)
        dropout = dropout_factors(
            settings.dropout, settings.seed, step, number, sizes, *inputs.shape
        )
        starts = states if settings.carry_state else zero_states(sizes, inputs.shape[1])
        loss, gradients, ends = loss_and_gradients(
            weights, inputs, targets, mask, starts, settings.l1, share, dropout
        )
        return (loss, gradients), ends if settings.carry_state else ()

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def update(
        progress: Progress, results: Any, predictions: Tensor, index: Tensor, total: Tensor
    ) -> Progress:
        return updated(settings, progress, results, tf.gather(predictions, index), total)

    def take_step(
        progress: Progress, states: Any, data: LegData, index: Tensor
    ) -> tuple[Progress, Any]:
        results, ends = zip(
            *(
                part(
                    progress.weights,
                    piece,
                    data.rows,
                    index,
                    states[number] if settings.carry_state else (),
                    progress.step,
                    number if settings.dropout else 0,  # else one program for all parts
                )
                for number, piece in enumerate(data.pieces)
            ),
            strict=True,
        )
        progress = update(progress, results, data.predictions, index, data.total)
        return progress, list(ends) if settings.carry_state else ()

    return take_step


def updated(
    settings: StepSettings,
    progress: Progress,
    results: tuple[tuple[StepLoss, Weights], ...],
    predictions: Tensor,
    total: Tensor,
) -> Progress:
    """Add up the parts' gradients and take the step, which made so many ``predictions``."""
    loss, gradients = (
        tf.nest.map_structure(lambda *arrays: tf.add_n(arrays), *kind)
        for kind in zip(*results, strict=True)
    )
    norm = global_norm(gradients)
    gradients = clipped(gradients, norm, settings.clip_norm)
    taken = tf.cast(progress.step, tf.float32)
    rate = scheduled_rate(settings.learning_rate, settings.schedule, taken, total)
    weights, slots = adam(progress.weights, gradients, progress.slots, taken + 1.0, rate)
    predictions = tf.cast(predictions, tf.float64)
    added = Totals(
        tf.cast(loss.penalised, tf.float64) * predictions,
        tf.cast(loss.nats, tf.float64) * predictions,
        predictions,
        tf.cast(norm, tf.float64),
        tf.constant(1.0, tf.float64),
    )
    return Progress(
        weights,
        slots,
        progress.states,
        progress.step + 1,
        tf.nest.map_structure(tf.add, progress.totals, added),
    )


def cut(array: Tensor, parts: int, axis: int) -> list[Tensor]:
    """The array in parts along the batch, the first ones larger where it does not divide."""
    length = array.shape[axis]
    return tf.split(array, [-(-(length - k) // parts) for k in range(parts)], axis)  # type: ignore[no-any-return]


def cut_states(states: tuple[State, ...], parts: int) -> list[tuple[State, ...]]:
    """The states (B, H) of every layer in the same parts."""
    pieces = [[cut(array, parts, axis=0) for array in state] for state in states]
    return [tuple(State(h[k], c[k]) for h, c in pieces) for k in range(parts)]
