"""Where the time of one training step goes: each piece of it timed alone, on one core.

python -m tests.benchmarks.pieces                 # the sizes of the training benchmarks
taskset -c 0 python -m tests.benchmarks.pieces    # so that XLA has no second core to share with
"""

import argparse
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.machine.program_cache import VARIABLE
from jobs.machine.tensorflow_start import start_tensorflow

os.environ[VARIABLE] = ""
start_tensorflow()

import tensorflow as tf  # noqa: E402

from jobs.engine.adam import adam, clipped, global_norm, zero_moments  # noqa: E402
from jobs.engine.gradient import (  # noqa: E402
    backward_layer,
    loss_and_gradients,
    product_rows,
    softmax_head,
    weight_gradients,
)
from jobs.engine.layers import layer_inputs, run_layer, to_device, zero_states  # noqa: E402
from jobs.engine.tensors import LayerRun, RowGradients, Rows  # noqa: E402
from jobs.model.network import initial_network  # noqa: E402
from tests.benchmarks.reading import timed  # noqa: E402

SYMBOLS = 87
REPEATS = 200
ROUNDS = 5


@dataclass(frozen=True)
class HalfStep:
    """Half a step, as one core has it: two layers of H units, B texts of T characters, the last K
    predicted.
    """

    name: str
    steps: int
    batch: int
    units: int
    predicted: int


WORK = (
    HalfStep("2x50, 15 windows of 20, loss last", 20, 15, 50, 1),
    HalfStep("2x50, 16 streams of 50", 50, 16, 50, 50),
    HalfStep("2x128, 32 windows of 20, loss last", 20, 32, 128, 1),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for work in WORK:
        if options.only in work.name:
            table(work)


def table(work: HalfStep) -> None:
    """Print each piece with its time, its share and what its products reach."""
    rows = [
        (name, microseconds(piece), count, million) for name, piece, count, million in pieces(work)
    ]
    *rows, (_, whole, _, operations) = rows
    print(
        f"\n### {work.name}\n\n"
        "| piece | times | microseconds each | share | GFLOP/s |\n|---|---|---|---|---|"
    )
    for name, spent, count, million in rows:
        rate = f"{million * 1e3 / spent:.0f}" if million else ""
        print(f"| {name} | {count} | {spent:.0f} | {count * spent / whole:.0%} | {rate} |")
    total = sum(count * spent for _, spent, count, _ in rows)
    print(f"| all of these | | {total:.0f} | {total / whole:.0%} | |")
    print(f"| the step as one program | 1 | {whole:.0f} | 100% | {operations * 1e3 / whole:.0f} |")
    print(f"\n(products: million operations are counted; {REPEATS} repeats, best of {ROUNDS})")


def microseconds(piece: tuple[Any, tuple[Any, ...]]) -> float:
    """Of one call of ``function(*inputs)``, called over and over inside one program.

    Every output is carried to the next call, so none is left out; the first input is touched by the
    output, so nothing is computed once and for all.
    """
    function, inputs = piece
    first, *rest = inputs

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def program(first: Any, rest: Any) -> Any:
        def body(index: Any, first: Any, _: Any) -> Any:
            found = function(first, *rest)
            touch = tf.reshape(tf.nest.flatten(found)[0], [-1])[0] * 0.0
            corner = [[0] * len(first.shape)]
            changed = tf.tensor_scatter_nd_add(first, corner, [tf.cast(touch, first.dtype)])
            return index + 1, changed, found

        start = tf.nest.map_structure(tf.zeros_like, function(first, *rest))
        return tf.while_loop(lambda index, *_: index < REPEATS, body, (0, first, start))[2]

    def call() -> None:
        tf.nest.flatten(program(first, rest))[0].numpy()

    return min(timed(call) for _ in range(ROUNDS + 1)) / REPEATS * 1e6  # the first compiles


def pieces(work: HalfStep) -> list[tuple[str, tuple[Any, tuple[Any, ...]], int, float]]:
    """Name, function with inputs, how often a step does it, million operations in its products."""
    steps, batch, units, predicted = work.steps, work.batch, work.units, work.predicted
    weights = to_device(initial_network(SYMBOLS, (units, units), 0))
    lower, upper = weights.layers
    random = np.random.default_rng(0)
    ids = tf.constant(random.integers(0, SYMBOLS, (steps, batch)), tf.int32)
    targets = tf.constant(random.integers(0, SYMBOLS, (predicted, batch)), tf.int32)
    mask = tf.ones([steps, batch])
    states = zero_states(weights, batch)
    inputs = tf.random.normal([steps, batch, 4 * units])
    run = run_layer(upper, Rows(inputs), states[1])
    gradient = tf.random.normal([steps, batch, units])
    square = 2e-6 * steps * batch * units * 4 * units
    head = 2e-6 * predicted * batch * units * SYMBOLS

    def forward(inputs: Any) -> Any:
        return run_layer(upper, Rows(inputs), states[1])

    def backward(gradient: Any, *run: Any) -> Any:
        return backward_layer(upper, LayerRun(*run), states[1], gradient).inputs

    def weights_of(layer: Any, source: Any) -> Any:
        return lambda gradients: weight_gradients(
            layer, source, run, states[0], RowGradients(gradients, gradients)
        )

    def softmax(hidden: Any) -> Any:
        return softmax_head(weights, hidden, targets, mask[-predicted:])

    def update(kernel: Any) -> Any:
        gradients = weights._replace(output_kernel=kernel)
        cut = clipped(gradients, global_norm(gradients), 1.0)
        return adam(gradients, cut, zero_moments(weights), tf.constant(1.0), tf.constant(0.01))

    def whole(ids: Any) -> Any:
        return loss_and_gradients(weights, ids, targets, mask, states, 0.0)

    return [
        (
            "inputs of the first layer: rows gathered",
            (lambda ids: layer_inputs(lower, ids), (ids,)),
            1,
            0,
        ),
        ("loop over time, forwards", (forward, (inputs,)), 2, square),
        (
            "inputs of the second layer",
            (lambda h: layer_inputs(upper, h), (run.hidden,)),
            1,
            square,
        ),
        ("softmax and its gradients", (softmax, (gradient[-predicted:],)), 1, 3 * head),
        ("loop over time, backwards", (backward, (gradient, *run)), 2, square),
        ("gradient handed down", (lambda s: product_rows(s, upper.kernel), (inputs,)), 1, square),
        ("weight gradients, first layer", (weights_of(lower, ids), (inputs,)), 1, square),
        (
            "weight gradients, second layer",
            (weights_of(upper, run.hidden), (inputs,)),
            1,
            2 * square,
        ),
        ("optimiser", (update, (weights.output_kernel,)), 1, 0),
        ("", (whole, (ids,)), 1, 9 * square + 3 * head),
    ]


if __name__ == "__main__":
    main()
