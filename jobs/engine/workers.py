"""Several machines at one training: each makes the gradients of its part of every batch.

TensorFlow's ``MultiWorkerMirroredStrategy`` joins the processes and moves the numbers; the step is
the engine's own. The parts of all workers are gathered, not summed on the way, and every worker
adds them up in the order of the parts: the weights are, bit for bit, those of one process that
makes all parts itself (on equal processors). Scores, checkpoints and decisions are the chief's; it
tells the others before every epoch.
"""

import io
import signal
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

from jobs.engine.checkpoint import Checkpoint, checkpoint_arrays, checkpoint_of
from jobs.engine.tensors import Tensor
from jobs.engine.train_step import (
    StepSettings,
    TrainState,
    joined_states,
    sharded_batches,
    split_states,
    step_programs,
)
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.cluster import Cluster
from jobs.model.network import Network, network_from_arrays


class Workers:
    """The joined workers, seen from one of them.

    Raises:
        NeuronarioError: 75 from every method, where another worker is lost.
    """

    def __init__(self, cluster: Cluster) -> None:
        """Join the others, once all are there (:func:`jobs.machine.cluster.meet`): TensorFlow
        itself would wait for ever and hear no signal.

        Raises:
            NeuronarioError: 75, this one's address cannot be used.
        """
        self.cluster = cluster
        self._strategy = _joined(cluster)
        self._gather = tf.function(self._gathered, autograph=False)

    @property
    def count(self) -> int:
        """Of the workers, and of the parts of a batch."""
        return len(self.cluster.addresses)

    @property
    def index(self) -> int:
        """Of this worker, and of its part."""
        return self.cluster.index

    @property
    def is_chief(self) -> bool:
        """Whether this worker's scores and checkpoints count."""
        return self.cluster.is_chief

    def gather(self, nest: Any) -> tuple[Any, ...]:
        """What each worker gave, in the order of the workers; float32 tensors of equal shapes."""
        flat = tf.nest.flatten(nest)
        rows = self._moved(tf.concat([tf.reshape(one, [-1]) for one in flat], axis=0)[None])
        sizes = [one.shape.num_elements() for one in flat]
        return tuple(
            tf.nest.pack_sequence_as(
                nest,
                [
                    tf.reshape(part, one.shape)
                    for part, one in zip(tf.split(row, sizes), flat, strict=True)
                ],
            )
            for row in tf.unstack(rows)
        )

    def from_chief(self, data: bytes) -> bytes:
        """The chief's ``data``; that of the others is not read."""
        mine = data if self.is_chief else b""
        size = int(self._moved(tf.constant([len(mine)], tf.int64))[0])
        padded = np.zeros(-(-size // 8), np.int64)
        padded.view(np.uint8)[: len(mine)] = np.frombuffer(mine, np.uint8)
        return self._moved(tf.constant(padded)[None])[0].numpy().tobytes()[:size]  # type: ignore[no-any-return]

    def arrays_from_chief(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The chief's named arrays."""
        file = io.BytesIO()
        np.savez(file, **arrays)  # type: ignore[arg-type]
        with np.load(io.BytesIO(self.from_chief(file.getvalue())), allow_pickle=False) as loaded:
            return dict(loaded.items())

    def _moved(self, tensor: Tensor) -> Tensor:
        try:
            return self._gather(tensor)
        except tf.errors.OpError as error:
            raise NeuronarioError(
                f"another of the {self.count} workers ({', '.join(self.cluster.addresses)}) is "
                f"lost ({type(error).__name__}); start all of them again: the training goes on "
                "after the last whole epoch",
                ExitCode.LOCKED,
            ) from None

    def _gathered(self, tensor: Tensor) -> Tensor:
        return self._strategy.run(_gather_in_replica, args=(tensor,))


def _gather_in_replica(tensor: Tensor) -> Tensor:
    # copied first: only what was made here has a device, which TensorFlow asks for
    return tf.distribute.get_replica_context().all_gather(tf.identity(tensor), axis=0)


def _joined(cluster: Cluster) -> Any:
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise NeuronarioError(
            f"the workers cannot be joined at {cluster.addresses[cluster.index]} "
            f"({type(error).__name__}): is the address this machine's, and free?",
            ExitCode.LOCKED,
        ) from None
    # TensorFlow has put a handler of its own in front of this
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    return strategy


def agreed_start(workers: Workers, first: Network, key: str) -> Network:
    """The chief's first weights, after a look whether all train on the same.

    Raises:
        NeuronarioError: 78, this worker's text or configuration is not the chief's.
    """
    told = workers.arrays_from_chief({"key": np.array(key), **first.arrays()})
    if told.pop("key").item() != key:
        raise NeuronarioError(
            f"worker {workers.index} has another text or configuration than the chief: give all of "
            "them the same files",
            ExitCode.BAD_CONFIG,
        )
    return network_from_arrays(told, first.cells)


def chiefs_checkpoint(workers: Workers, checkpoint: Checkpoint) -> Checkpoint:
    """Where the chief stands."""
    arrays = workers.arrays_from_chief(checkpoint_arrays(checkpoint))
    return checkpoint_of(arrays, checkpoint.network.cells)


@lru_cache(maxsize=8)
def worker_steps(settings: StepSettings, workers: Workers) -> Callable[..., TrainState]:
    """What :func:`jobs.engine.train_step.compiled_steps` gives, for one of several workers.

    Step by step and not in one program: programs compiled by XLA have no collective operations on a
    processor.
    """
    take_step = step_programs(settings, workers)

    def execute(
        train_state: TrainState,
        inputs: Tensor,
        targets: Tensor,
        mask: Tensor,
        steps: Tensor,
        total: Tensor,
        carried: Tensor | None = None,
    ) -> TrainState:
        arrays = [tf.constant(array) for array in (inputs, targets, mask)]
        carried = None if carried is None else tf.constant(carried)
        batches = sharded_batches(settings.shards, arrays[0], arrays[1], arrays[2], total, carried)
        kept = train_state.states
        train_state, states = train_state._replace(states=()), []
        if settings.carry_state:
            states = [split_states(kept, settings.shards)[workers.index]]
        for index in range(int(steps)):
            train_state, states = take_step(train_state, states, batches, tf.constant(index))
        if settings.carry_state:
            kept = joined_states(workers.gather(states[0]))
        return train_state._replace(states=kept)

    return execute
