"""Training steps, many to one execution of one compiled program (Keras: steps per execution).

An epoch is one execution where it is short and several where it is long (``jobs/engine/train.py``
says why). The result does not depend on where an epoch is cut.

Both cores: the batch is split into two shards whose gradients one program computes side by side and
a second adds up. Each shard stays on the thread that started it as long as no more than eight of
its operations are ready at once (``jobs/engine/layers.py``): so it reads what was counted before
the execution began, and between windows no states. For a tiny network handing work over (some
0.2 ms a step) costs more than the second core brings, so there the whole execution is one program.
Which of the two depends on the sizes alone, never on the machine, so that the bits do not either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import tensorflow as tf

from jobs.engine.adam import Moments, adam, clipped, global_norm, scheduled_rate
from jobs.engine.dropout import dropout_factors
from jobs.engine.gradient import LossScale, StepLoss, loss_and_gradients, loss_scale
from jobs.engine.layers import Weights, zero_states
from jobs.engine.tensors import State, Tensor

if TYPE_CHECKING:
    from jobs.engine.workers import Workers

SHARD_FROM = 10_000_000  # multiplications per step from which two cores pay
UNROLL = 4  # steps in one turn of TensorFlow's loop, whose own work is some 0.1 ms a turn


class TrainState(NamedTuple):
    """Everything that changes from step to step."""

    weights: Weights
    moments: Moments
    states: tuple[State, ...]  # per layer (B, H); zero between windows
    step: Tensor  # steps taken since the first epoch; int32
    metrics: "EpochMetrics"


class EpochMetrics(NamedTuple):
    """Sums over the steps of an epoch; float64 scalars."""

    penalised: Tensor  # nats per prediction with penalty, times the step's predictions
    nats: Tensor
    predictions: Tensor
    norm: Tensor  # global gradient norm before clipping, per step
    steps: Tensor


class ShardedBatches(NamedTuple):
    """What the S steps of an execution read."""

    # of each shard: inputs, targets, mask and loss weights of all steps; with documents also
    # where the state is carried on, (S, 1, B)
    shards: list[tuple[Tensor, ...]]
    batch_sizes: Tensor  # (S,) real texts of the whole batches
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
    shards: int  # of the batch, computed side by side
    dropout: float = 0.0
    seed: int = 0  # of the dropout; 0 without
    documents: bool = False  # the carried state begins anew where one begins


def shards_of_batch(multiplications: float, batch: int) -> int:
    """Into how many shards the batch is split, by the multiplications of a step, forwards only."""
    return 2 if multiplications >= SHARD_FROM and batch > 1 else 1


def zero_metrics() -> EpochMetrics:
    """The sums before the first step of an epoch."""
    return EpochMetrics(*(tf.constant(0.0, tf.float64) for _ in EpochMetrics._fields))


@lru_cache(maxsize=8)
def compiled_steps(settings: StepSettings) -> Callable[..., Any]:
    """The program ``execute(train_state, inputs, targets, mask, steps, total) -> train_state``.

    inputs (S, T, B) int32, targets (S, K, B) int32, mask (S, T, B) float32; ``steps`` (int32
    scalar) of the S steps are taken; ``total`` (float32) steps make the whole training. With
    documents follows ``carried`` (S, B) float32, 0 where the state begins anew.
    """

    # one shard: one program; several: an ordinary graph that starts their programs together
    @tf.function(jit_compile=settings.shards == 1, autograph=False)  # type: ignore[untyped-decorator]
    def execute(
        train_state: TrainState,
        inputs: Tensor,
        targets: Tensor,
        mask: Tensor,
        steps: Tensor,
        total: Tensor,
        carried: Tensor | None = None,
    ) -> TrainState:
        take_step = step_programs(settings)
        batches = sharded_batches(settings.shards, inputs, targets, mask, total, carried)

        def unrolled(count: int) -> Callable[..., Any]:
            """``count`` steps: the states are those of each shard."""

            def body(index: Tensor, train_state: TrainState, states: Any) -> tuple[Any, ...]:
                for place in range(count):
                    train_state, states = take_step(train_state, states, batches, index + place)
                return index + count, train_state, states

            return body

        kept = train_state.states
        states = split_states(kept, settings.shards) if settings.carry_state else ()
        loop: tuple[Any, ...] = (0, train_state._replace(states=()), states)
        for count in (UNROLL, 1) if settings.shards > 1 else (1,):
            loop = tf.while_loop(
                lambda index, *_, count=count: index + count <= steps,
                unrolled(count),
                loop,
                parallel_iterations=1,
            )
        if settings.carry_state:
            kept = joined_states(loop[2])
        return loop[1]._replace(states=kept)  # type: ignore[no-any-return]

    return execute  # type: ignore[no-any-return]


def sharded_batches(
    shards: int,
    inputs: Tensor,
    targets: Tensor,
    mask: Tensor,
    total: Tensor,
    carried: Tensor | None = None,
) -> ShardedBatches:
    """The arrays of :func:`compiled_steps`' program in shards, and what is counted beforehand."""
    scale = loss_scale(mask, targets.shape[1])
    arrays = [inputs, targets, mask, scale.loss_weights]
    if carried is not None:
        arrays.append(carried[:, None])
    split = (split_batch(array, shards, axis=2) for array in arrays)
    return ShardedBatches(
        list(zip(*split, strict=True)),
        scale.batch_size,
        tf.reduce_sum(mask[:, -targets.shape[1] :], axis=(1, 2)),
        total,
    )


def step_programs(settings: StepSettings, workers: "Workers | None" = None) -> Callable[..., Any]:
    """``take_step(train_state, states, batches, index) -> train_state, states``: step ``index`` by
    two programs, ``shard_gradients`` for each shard of the batch and ``update``, which adds them
    up. The states are those of each shard, and none between windows. Of ``workers`` each makes the
    shard of its own number, and gathers those of the others.
    """

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def shard_gradients(
        weights: Weights,
        shard: tuple[Tensor, ...],
        batch_sizes: Tensor,
        index: Tensor,
        states: tuple[State, ...],
        step: Tensor,
        number: int,
    ) -> Any:
        # gathered: a slice would be compiled anew for every index
        inputs, targets, mask, loss_weights, *carried = (tf.gather(array, index) for array in shard)
        scale = LossScale(tf.gather(batch_sizes, index), loss_weights)
        sizes = tuple(layer.units for layer in weights.layers)
        dropout = dropout_factors(
            settings.dropout, settings.seed, step, number, sizes, *inputs.shape
        )
        initial = states if settings.carry_state else zero_states(weights, inputs.shape[1])
        if settings.documents and settings.carry_state:
            initial = tf.nest.map_structure(lambda array: array * carried[0][0][:, None], initial)
        loss, gradients, final = loss_and_gradients(
            weights, inputs, targets, mask, initial, settings.l1, scale, dropout
        )
        return (loss, gradients), final if settings.carry_state else ()

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def update(
        train_state: TrainState, results: Any, predictions: Tensor, index: Tensor, total: Tensor
    ) -> TrainState:
        return updated(settings, train_state, results, tf.gather(predictions, index), total)

    def take_step(
        train_state: TrainState, states: Any, batches: ShardedBatches, index: Tensor
    ) -> tuple[TrainState, Any]:
        mine = range(settings.shards) if workers is None else (workers.index,)
        before = states if settings.carry_state else [()] * len(mine)
        results, final = zip(
            *(
                shard_gradients(
                    train_state.weights,
                    batches.shards[number],
                    batches.batch_sizes,
                    index,
                    initial,
                    train_state.step,
                    number if settings.dropout else 0,  # else one program for all shards
                )
                for number, initial in zip(mine, before, strict=True)
            ),
            strict=True,
        )
        if workers is not None:
            results = workers.gather(results[0])
        train_state = update(train_state, results, batches.predictions, index, batches.total)
        return train_state, list(final) if settings.carry_state else ()

    return take_step


def updated(
    settings: StepSettings,
    train_state: TrainState,
    results: tuple[tuple[StepLoss, Weights], ...],
    predictions: Tensor,
    total: Tensor,
) -> TrainState:
    """Add up the shards' gradients and take the step, which made so many ``predictions``."""
    loss, gradients = (
        tf.nest.map_structure(lambda *arrays: tf.add_n(arrays), *kind)
        for kind in zip(*results, strict=True)
    )
    norm = global_norm(gradients)
    gradients = clipped(gradients, norm, settings.clip_norm)
    taken = tf.cast(train_state.step, tf.float32)
    rate = scheduled_rate(settings.learning_rate, settings.schedule, taken, total)
    weights, moments = adam(train_state.weights, gradients, train_state.moments, taken + 1.0, rate)
    predictions = tf.cast(predictions, tf.float64)
    added = EpochMetrics(
        tf.cast(loss.penalised, tf.float64) * predictions,
        tf.cast(loss.nats, tf.float64) * predictions,
        predictions,
        tf.cast(norm, tf.float64),
        tf.constant(1.0, tf.float64),
    )
    return TrainState(
        weights,
        moments,
        train_state.states,
        train_state.step + 1,
        tf.nest.map_structure(tf.add, train_state.metrics, added),
    )


def split_batch(array: Tensor, shards: int, axis: int) -> list[Tensor]:
    """The array in shards along the batch, the first ones larger where it does not divide."""
    length = array.shape[axis]
    return tf.split(array, [-(-(length - k) // shards) for k in range(shards)], axis)  # type: ignore[no-any-return]


def split_states(states: tuple[State, ...], shards: int) -> list[tuple[State, ...]]:
    """The states (B, H) of every layer in the same shards."""
    return [
        tf.nest.map_structure(lambda array, k=k: split_batch(array, shards, axis=0)[k], states)
        for k in range(shards)
    ]


def joined_states(shards: Sequence[tuple[State, ...]]) -> tuple[State, ...]:
    """Inverse of :func:`split_states`."""
    return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *shards)  # type: ignore[no-any-return]
