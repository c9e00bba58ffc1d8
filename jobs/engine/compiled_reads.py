"""Compiled programs that read text with a network: for tracing and for evaluating.

Each is compiled once per shape and reused by every later call.
"""

from math import log

import tensorflow as tf

from jobs.engine.layers import Weights, advance, logits, run_network, zero_states
from jobs.engine.tensors import LayerRun, State, Tensor


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def read_stream(
    weights: Weights, ids: Tensor, states: tuple[State, ...]
) -> tuple[tuple[LayerRun, ...], Tensor]:
    """Characters (T, B) int32 from ``states`` -> everything per layer, probabilities (T, B, V)."""
    runs, _ = run_network(weights, ids, states)
    return runs, tf.nn.softmax(logits(weights, runs[-1].hidden))


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def states_after(weights: Weights, ids: Tensor, states: tuple[State, ...]) -> tuple[State, ...]:
    """Characters (T, B) int32 from ``states`` -> the states after the last one."""
    return run_network(weights, ids, states)[1]


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def read_windows(
    weights: Weights, ids: Tensor, mask: Tensor
) -> tuple[tuple[LayerRun, ...], Tensor]:
    """Windows (T, B) from a zero state -> the last step: arrays (B, ...), probabilities (B, V).

    ``mask`` (T, B) float32 is 0 before a text begins: the state stays zero there.
    """
    states = _last_step_but_one(weights, ids, mask)
    states, gates = advance(weights, ids[-1], states)
    rows = tuple(LayerRun(*state, gate) for state, gate in zip(states, gates, strict=True))
    return rows, tf.nn.softmax(logits(weights, states[-1].hidden))


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def score_stream(
    weights: Weights, ids: Tensor, mask: Tensor, targets: Tensor, states: tuple[State, ...]
) -> tuple[Tensor, tuple[State, ...]]:
    """Characters, targets (T, B) int32 -> bits of every target (T, B), states at the end."""
    runs, final = run_network(weights, ids, states, mask)
    return bits(logits(weights, runs[-1].hidden), targets), final


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def score_windows(weights: Weights, ids: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
    """Windows (T, B) from a zero state, targets (B,) -> bits of every target (B,)."""
    states = _last_step_but_one(weights, ids, mask)
    states, _ = advance(weights, ids[-1], states)
    return bits(logits(weights, states[-1].hidden), targets)


def bits(scores: Tensor, targets: Tensor) -> Tensor:
    """-log2 of the probability of each target: logits (..., V), targets (...) -> (...)."""
    chosen = tf.cast(targets[..., None] == tf.range(scores.shape[-1]), tf.float32)
    return -tf.reduce_sum(tf.nn.log_softmax(scores) * chosen, axis=-1) / log(2.0)


def _last_step_but_one(weights: Weights, ids: Tensor, mask: Tensor) -> tuple[State, ...]:
    """The states after all characters of the windows but the last."""
    steps = ids.shape[0] - 1

    def body(t: Tensor, states: tuple[State, ...]) -> tuple[Tensor, tuple[State, ...]]:
        states, _ = advance(weights, ids[t], states)
        kept = mask[t][:, None]
        return t + 1, tf.nest.map_structure(lambda array: array * kept, states)

    _, states = tf.while_loop(
        lambda t, _: t < steps,
        body,
        (0, zero_states(weights, ids.shape[1])),
        maximum_iterations=steps,
    )
    return states  # type: ignore[no-any-return]
