"""Neuronario's own side."""

import tensorflow as tf

from jobs.engine.adam import zero_moments
from jobs.engine.batches import BatchPlan
from jobs.engine.execution import multiplications
from jobs.engine.layers import zero_states
from jobs.engine.train_step import (
    StepSettings,
    TrainState,
    compiled_steps,
    shards_of_batch,
    zero_metrics,
)
from jobs.engine.whole_vectors import to_trainer
from jobs.model.network import Network, initial_network
from tests.benchmarks.work import Contender, Work


def contenders(work: Work, plan: BatchPlan, symbols: int) -> list[Contender]:
    network = initial_network(symbols, (work.units, work.units), 0)
    return [contender("Neuronario", work, plan, network)]


def contender(
    name: str, work: Work, plan: BatchPlan, network: Network, shards: int | None = None
) -> Contender:
    """The work's steps by a network; a batch in so many ``shards``, or as a job cuts it."""
    weights = to_trainer(network)
    train_state = TrainState(
        weights,
        zero_moments(weights),
        zero_states(weights, plan.batch),
        tf.constant(0),
        zero_metrics(),
    )
    shards = shards or shards_of_batch(multiplications(plan, network), plan.batch)
    execute = compiled_steps(
        StepSettings(work.regime == "stream", 0.0, 0.0, 0.001, "constant", shards)
    )
    data = plan.batches(1, 0, work.steps)

    def run() -> None:
        result = execute(
            train_state,
            data.inputs,
            data.targets,
            data.mask,
            tf.constant(work.steps),
            tf.constant(1e6),
        )
        assert float(result.metrics.steps) == work.steps

    return Contender(name, run)
