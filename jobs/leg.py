"""A leg: a few hundred consecutive training steps as one compiled program.

An epoch is one leg where it is short and several where it is long, so that a signal is heard in
time. The result does not depend on where an epoch is cut.

Both cores: the batch is cut into two parts whose gradients one program computes side by side and a
second adds up. For a tiny network handing work over (some 0.2 ms a step) costs more than the second
core brings, so there the whole leg is one program. Which of the two depends on the sizes alone,
never on the machine, so that the bits do not either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import tensorflow as tf

from jobs.adam import Slots, adam, clipped, global_norm, scheduled_rate
from jobs.dropout import dropout_factors
from jobs.gradient import StepLoss, loss_and_gradients, share_of
from jobs.lstm import State, Tensor, Weights

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
        arrays = (inputs, targets, mask)
        pieces = list(zip(*(cut(array, settings.parts, axis=2) for array in arrays), strict=True))

        def turn(many: int) -> Callable[..., Any]:
            """``many`` steps: the states are those of each part."""

            def body(index: Tensor, progress: Progress, states: Any) -> tuple[Any, ...]:
                for place in range(many):
                    progress, states = take_step(
                        progress, states, pieces, mask, index + place, total
                    )
                return index + many, progress, states

            return body

        states = cut_states(progress.states, settings.parts)
        loop: tuple[Any, ...] = (0, progress._replace(states=()), states)
        for many in (TURN, 1) if settings.parts > 1 else (1,):
            loop = tf.while_loop(
                lambda index, *_, many=many: index + many <= steps,
                turn(many),
                loop,
                parallel_iterations=1,
            )
        ends = tf.nest.map_structure(lambda *ends: tf.concat(ends, axis=0), *loop[2])
        return loop[1]._replace(states=ends)  # type: ignore[no-any-return]

    return leg  # type: ignore[no-any-return]


def step_programs(settings: StepSettings) -> Callable[..., Any]:
    """``take_step(progress, states, pieces, mask, index, total) -> progress, states``: one step
    by two programs, ``part`` for the gradients of each piece of a batch and ``update``, which adds
    them up.

    The pieces are each part's own inputs, targets and mask of all steps, ``mask`` is that of the
    whole batch; step ``index`` of them is taken. The states are those of each part.
    """

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def part(
        weights: Weights,
        piece: tuple[Tensor, ...],
        mask: Tensor,
        index: Tensor,
        states: tuple[State, ...],
        step: Tensor,
        number: int,
    ) -> Any:
        # gathered: a slice would be compiled anew for every index
        inputs, targets, own_mask = (tf.gather(array, index) for array in piece)
        share = share_of(tf.gather(mask, index), targets.shape[0])
        sizes = tuple(state.hidden.shape[1] for state in states)
        dropout = dropout_factors(
            settings.dropout, settings.seed, step, number, sizes, *inputs.shape
        )
        return loss_and_gradients(
            weights, inputs, targets, own_mask, states, settings.l1, share, dropout
        )

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def update(progress: Progress, results: Any, total: Tensor) -> Progress:
        return updated(settings, progress, results, total)

    def take_step(
        progress: Progress,
        states: Any,
        pieces: list[tuple[Tensor, ...]],
        mask: Tensor,
        index: Tensor,
        total: Tensor,
    ) -> tuple[Progress, Any]:
        results = [
            part(
                progress.weights,
                piece,
                mask,
                index,
                states[number],
                progress.step,
                number if settings.dropout else 0,  # else one program for all parts
            )
            for number, piece in enumerate(pieces)
        ]
        ends = [result[2] for result in results] if settings.carry_state else states
        return update(progress, [result[:2] for result in results], total), ends

    return take_step


def updated(
    settings: StepSettings,
    progress: Progress,
    results: list[tuple[StepLoss, Weights]],
    total: Tensor,
) -> Progress:
    """Add up the parts' gradients and take the step."""
    loss, gradients = (
        tf.nest.map_structure(lambda *arrays: tf.add_n(arrays), *kind)
        for kind in zip(*results, strict=True)
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
