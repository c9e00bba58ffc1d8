"""The network writes a text: all characters, states and gates in one compiled loop.

``stream`` carries the state. In the ``window`` regime each state belongs to a pass from a zero
state over the last ``window`` characters. ``window`` such passes advance together as the lanes of
one batch, one of them started anew per character: every window is read once, nothing is computed
twice, and the states equal those of ``window`` times as much work.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.engine.layers import Weights, advance, logits, to_device, zero_states
from jobs.engine.tensors import LayerRun, State, Tensor, named_arrays
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.network import Ids, Network
from jobs.model.reading_mode import ReadingMode
from jobs.model.trace import Trace, trace_from_arrays

STREAM_START = 100  # characters read before the first is drawn, stream regime
START_KEY, DRAW_KEY = 1, 2  # independent random numbers from the one seed


class Row(NamedTuple):
    """The network after one character."""

    states: tuple[State, ...]  # per layer (H,)
    gates: tuple[Tensor, ...]  # per layer, as its cell writes them; or ()
    probabilities: Tensor  # (V,)


def choose_start(corpus: Corpus, config: Config) -> Ids:
    """The start: a piece of the text, chosen by the seed.

    ``window`` regime: one of the training windows, as the notebook does. ``stream``: 100 characters
    (or all but one of a shorter text). Of documents: as much of the beginning of one that is
    trained on.
    """
    training = config.training
    generator = np.random.Generator(np.random.PCG64([config.seed, START_KEY]))
    if corpus.training_starts is not None:
        starts = corpus.training_starts
        number = int(generator.integers(starts.size))
        end = [*starts[1:].tolist(), corpus.held_out_start][number]
        length = training.window if training.regime == "window" else STREAM_START
        return corpus.ids[starts[number] : min(end, starts[number] + length)].astype(np.int32)
    if training.regime == "window":
        windows = len(range(0, corpus.held_out_start - training.window, training.stride))
        start = int(generator.integers(max(windows, 1))) * training.stride
        return corpus.ids[start : start + training.window].astype(np.int32)
    length = min(STREAM_START, corpus.characters - 1)
    start = int(generator.integers(corpus.characters - length))
    return corpus.ids[start : start + length].astype(np.int32)


def sample(
    network: Network,
    *,
    mode: ReadingMode,
    start_ids: Ids,
    characters: int,
    temperature: float,
    seed: int,
) -> Trace:
    """Draw ``characters`` characters and trace them.

    Args:
        network: the weights.
        mode: how states are made.
        start_ids: (S,) read before the first character is drawn; ``window`` regime: at least
            ``mode.window`` characters, of which the last count.
        characters: T.
        temperature: > 0; the logits are divided by it for drawing. The trace's probabilities are
            the network's own, at temperature 1.
        seed: of the draws; the t-th character takes the t-th number of the seed's sequence and is
            the first whose cumulative probability exceeds it.

    Returns:
        the trace: ``ids`` are the drawn characters, ``context`` the start.

    Raises:
        NeuronarioError: 65, the start is empty or shorter than a window.
    """
    lanes = mode.window or 1
    if start_ids.size < lanes:
        raise NeuronarioError(
            f"the sample's start has {start_ids.size} characters, at least {lanes} are needed; "
            "use a longer text or lower training.window",
            ExitCode.BAD_DATA,
        )
    start = np.ascontiguousarray(start_ids[-mode.window :], np.int32)  # all of it in a stream
    generator = np.random.Generator(np.random.PCG64([seed, DRAW_KEY]))
    numbers = generator.random(characters, dtype=np.float32)
    ids, rows = compiled_sample(lanes, carry_state=not mode.window)(
        to_device(network), tf.constant(start), tf.constant(numbers), tf.constant(temperature)
    )
    return _trace(network, ids.numpy(), start, rows, mode)


@lru_cache(maxsize=8)
def compiled_sample(lanes: int, *, carry_state: bool) -> Any:
    """The program: (weights, start (S,), numbers (T,), temperature) -> ids (T,), rows (T + 1, ...).

    Row 0 is the network after the start, row t + 1 after drawn character t. The text is
    read in so many ``lanes`` at once; unless they ``carry_state``, one starts anew per character.
    """

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def program(
        weights: Weights, start: Tensor, numbers: Tensor, temperature: Tensor
    ) -> tuple[Tensor, Row]:
        def read(
            position: Tensor, character: Tensor, states: tuple[State, ...]
        ) -> tuple[tuple[State, ...], tuple[Tensor, ...]]:
            if not carry_state:
                kept = tf.cast(tf.range(lanes) != position % lanes, tf.float32)[:, None]
                states = tf.nest.map_structure(lambda array: array * kept, states)
            return advance(weights, tf.repeat(character, lanes), states)

        def warm_up(t: Tensor, states: tuple[State, ...]) -> tuple[Tensor, tuple[State, ...]]:
            return t + 1, read(t, start[t], states)[0]

        first = start.shape[0] - 1
        _, states = tf.while_loop(
            lambda t, _: t < first,
            warm_up,
            (0, zero_states(weights, lanes)),
            maximum_iterations=first,
        )
        states, gates = read(tf.constant(first), start[-1], states)
        row = _row(weights, states, gates, _oldest(first, lanes))

        steps = numbers.shape[0]
        ids = tf.TensorArray(tf.int32, steps, element_shape=[])
        stacks = tf.nest.map_structure(
            lambda array: tf.TensorArray(tf.float32, steps + 1, element_shape=array.shape).write(
                0, array
            ),
            row,
        )

        def body(
            t: Tensor, states: tuple[State, ...], probabilities: Tensor, ids: Any, stacks: Any
        ) -> tuple[Any, ...]:
            character = draw(probabilities, numbers[t], temperature)
            position = t + first + 1
            states, gates = read(position, character, states)
            row = _row(weights, states, gates, _oldest(position, lanes))
            stacks = tf.nest.map_structure(
                lambda stack, array: stack.write(t + 1, array), stacks, row
            )
            return t + 1, states, row.probabilities, ids.write(t, character), stacks

        _, _, _, ids, stacks = tf.while_loop(
            lambda t, *_: t < steps,
            body,
            (0, states, row.probabilities, ids, stacks),
            maximum_iterations=steps,
        )
        return ids.stack(), tf.nest.map_structure(lambda stack: stack.stack(), stacks)

    return program


def draw(probabilities: Tensor, number: Tensor, temperature: Tensor) -> Tensor:
    """The character whose stretch of the cumulative distribution holds ``number`` in [0, 1).

    Args:
        probabilities: (V,) float32, sum 1.
        number: scalar.
        temperature: scalar; p ** (1 / temperature), normalised, is drawn from.
    """
    scores = tf.math.log(probabilities) / temperature  # -inf: never drawn
    cumulative = tf.cumsum(tf.exp(scores - tf.reduce_max(scores)))
    passed = tf.reduce_sum(tf.cast(cumulative <= number * cumulative[-1], tf.int32))
    return tf.minimum(passed, cumulative.shape[0] - 1)


def _oldest(position: Any, lanes: int) -> Tensor:
    """The lane that has read the last ``lanes`` characters."""
    return (position + 1) % lanes


def _row(
    weights: Weights, states: tuple[State, ...], gates: tuple[Tensor, ...], lane: Tensor
) -> Row:
    return Row(
        tf.nest.map_structure(lambda array: array[lane], states),
        tf.nest.map_structure(lambda array: array[lane], gates),
        tf.nn.softmax(logits(weights, states[-1].hidden[lane][None]))[0],
    )


def _trace(network: Network, ids: Ids, start: Ids, rows: Row, mode: ReadingMode) -> Trace:
    arrays: dict[str, np.ndarray] = {
        "ids": ids,
        "context": start,
        "probabilities": rows.probabilities.numpy()[1:],
        "before.probabilities": rows.probabilities.numpy()[0],
    }
    runs = tuple(
        LayerRun(*state, gates) for state, gates in zip(rows.states, rows.gates, strict=True)
    )
    for name, tensor in named_arrays(network.cells, runs).items():
        array = tensor.numpy()
        layer, _, state = name.partition(".")
        arrays[name] = np.ascontiguousarray(array[1:])
        if state in ("hidden", "cell"):
            arrays[f"{layer}.before.{state}"] = array[0]
    return trace_from_arrays(arrays, mode)
