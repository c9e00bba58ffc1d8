"""Neuronario's own side."""

import tensorflow as tf

from jobs.engine.adam import zero_slots
from jobs.engine.batches import Plan
from jobs.engine.lstm import to_device, zero_states
from jobs.engine.train import multiplications
from jobs.engine.train_step import Progress, StepSettings, compiled_leg, parts_of_batch, zero_totals
from jobs.model.network import initial_network
from tests.benchmarks.work import Contender, Work


def contenders(work: Work, plan: Plan, symbols: int) -> list[Contender]:
    network = initial_network(symbols, (work.units, work.units), 0)
    weights = to_device(network)
    progress = Progress(
        weights,
        zero_slots(weights),
        zero_states(network.sizes, plan.batch),
        tf.constant(0),
        zero_totals(),
    )
    parts = parts_of_batch(multiplications(plan, network), plan.batch)
    leg = compiled_leg(StepSettings(work.regime == "stream", 0.0, 0.0, 0.001, "constant", parts))
    data = plan.leg(1, 0, work.steps)

    def run() -> None:
        result = leg(
            progress,
            data.inputs,
            data.targets,
            data.weights,
            tf.constant(work.steps),
            tf.constant(1e6),
        )
        assert float(result.totals.steps) == work.steps

    return [Contender("Neuronario", run)]
