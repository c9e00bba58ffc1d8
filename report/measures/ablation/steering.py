"""What the network writes while one unit is held: low, free, high, from the same start and seed.

Each kind of copy draws from the same random numbers, so that texts differ only through the unit.
One text of each kind is shown; how often concepts hold is counted over all draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.alphabet import decode
from jobs.model.network import Float, Ids, Network
from jobs.model.trace import Trace
from report.measures.ablation.numpy_cells import Weights, log_softmax, weights
from report.measures.ablation.numpy_reading import advance, window_pass, zero_state
from report.measures.concepts.library import Concept, evaluate

UNITS = 20  # those of largest effect
CHARACTERS = 200
DRAWS = 5
LOW, HIGH = 1.0, 99.0  # percentiles on the probe at which a unit is held
SHIFTS_SHOWN = 3

Step = Callable[[Ids], Float]  # from what was written, (B, n), to the last layer's states (B, H)


@dataclass(frozen=True)
class Prevalence:
    """Share of the written characters on which a concept holds."""

    concept: str
    low: float
    free: float
    high: float


@dataclass(frozen=True)
class Clamp:
    """One unit's three texts."""

    layer: int  # from 1
    index: int
    low_value: float  # h is held at this
    high_value: float
    low_text: str
    free_text: str
    high_text: str
    characters: int  # over which the shares below are counted, of each kind
    shifts: tuple[Prevalence, ...]  # the label's concept first, then the largest changes


@dataclass(frozen=True)
class _Copies:
    """What is held in each of B copies; layer -1: nothing."""

    layer: NDArray[np.int64]  # (B,)
    unit: NDArray[np.int64]
    value: Float

    def hold(self, layer: int, hidden: Float) -> None:
        rows = np.flatnonzero(self.layer == layer)
        hidden[rows, self.unit[rows]] = self.value[rows]


def clamp(
    network: Network,
    probe: Trace,
    context: Ids,
    alphabet: Sequence[str],
    chosen: Sequence[tuple[int, int, str]],
    concepts: Sequence[Concept],
    temperature: float,
    seed: int,
) -> tuple[Clamp, ...]:
    """Sample with each of ``chosen`` held.

    Args:
        network: the network.
        probe: where the values to hold at come from.
        context: (S,) ids read, freely, before writing.
        alphabet: characters by id.
        chosen: (layer from 0, unit, its label's concept or "").
        concepts: yes/no concepts to count in the texts; those that look ahead are left out.
        temperature: of the softmax.
        seed: of the draws.
    """
    if not chosen:
        return ()
    ends = [
        np.percentile(probe.layers[layer].hidden[:, unit].astype(np.float64), [LOW, HIGH])
        for layer, unit, _ in chosen
    ]
    copies = _copies(chosen, ends)
    ids = write(network, context, copies, probe.mode.window, temperature, seed)
    texts = [decode(row, alphabet) for row in ids]
    counted = [one for one in concepts if one.kind == "yes/no" and not one.anticipates]
    lead = decode(context, alphabet)
    shares = _shares(counted, texts, lead)
    free = shares[-1]
    clamps = []
    for number, (layer, unit, concept) in enumerate(chosen):
        low, high = shares[2 * number], shares[2 * number + 1]
        clamps.append(
            Clamp(
                layer=layer + 1,
                index=unit,
                low_value=float(ends[number][0]),
                high_value=float(ends[number][1]),
                low_text=texts[2 * number * DRAWS],
                free_text=texts[-DRAWS],
                high_text=texts[(2 * number + 1) * DRAWS],
                characters=DRAWS * CHARACTERS,
                shifts=_shifts(counted, concept, low, free, high),
            )
        )
    return tuple(clamps)


def _copies(chosen: Sequence[tuple[int, int, str]], ends: Sequence[NDArray[np.float64]]) -> _Copies:
    """Per unit ``DRAWS`` copies low, as many high; at last as many free."""
    layer, unit, value = [], [], []
    for (number, index, _), (low, high) in zip(chosen, ends, strict=True):
        layer += [number] * (2 * DRAWS)
        unit += [index] * (2 * DRAWS)
        value += [low] * DRAWS + [high] * DRAWS
    return _Copies(
        np.array(layer + [-1] * DRAWS, np.int64),
        np.array(unit + [0] * DRAWS, np.int64),
        np.array(value + [0.0] * DRAWS, np.float32),
    )


def write(
    network: Network, context: Ids, copies: _Copies, window: int, temperature: float, seed: int
) -> Ids:
    """(B, CHARACTERS) ids; copies a multiple of ``DRAWS`` apart use the same random numbers."""
    layers = [weights(layer) for layer in network.layers]
    count = len(copies.layer)
    random = np.random.Generator(np.random.PCG64(seed)).random((DRAWS, CHARACTERS))
    random = np.tile(random, (count // DRAWS, 1))
    text = np.tile(context.astype(np.int32), (count, 1))
    if window:
        step = _window_writer(layers, text, copies, window)
    else:
        step = _stream_writer(layers, text, copies)
    written = np.zeros((count, CHARACTERS), np.int32)
    for place in range(CHARACTERS):
        last = step(written[:, :place])
        logits = last @ network.output_kernel + network.output_bias
        cumulative = np.cumsum(np.exp(log_softmax(logits / np.float32(temperature))), axis=1)
        cumulative /= cumulative[:, -1:]
        written[:, place] = (cumulative < random[:, place, None]).sum(1)
    return written


def _stream_writer(layers: list[Weights], text: Ids, copies: _Copies) -> Step:
    hidden, cell = zero_state(layers, 1)
    for symbol in text[0]:
        advance(layers, np.array([symbol]), hidden, cell)
    hidden = [np.repeat(states, len(text), axis=0) for states in hidden]
    cell = [np.repeat(states, len(text), axis=0) for states in cell]
    for number, states in enumerate(hidden):
        copies.hold(number, states)

    def step(written: Ids) -> Float:
        if written.shape[1]:
            advance(layers, written[:, -1], hidden, cell, copies.hold)
        return hidden[-1]

    return step


def _window_writer(layers: list[Weights], text: Ids, copies: _Copies, window: int) -> Step:
    def step(written: Ids) -> Float:
        read = np.concatenate([text, written], axis=1)[:, -window:]
        return window_pass(layers, read, copies.hold)[-1]

    return step


def _shares(concepts: Sequence[Concept], texts: Sequence[str], lead: str) -> NDArray[np.float64]:
    """(groups, C) how often each concept holds in each group of ``DRAWS`` texts."""
    means = np.array([evaluate(concepts, text, lead).values.mean(0) for text in texts])
    shares: NDArray[np.float64] = means.reshape(-1, DRAWS, len(concepts)).mean(1)
    return shares


def _shifts(
    concepts: Sequence[Concept],
    own: str,
    low: NDArray[np.float64],
    free: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[Prevalence, ...]:
    order = [int(place) for place in np.argsort(-np.abs(high - low), kind="stable")]
    names = [concept.name for concept in concepts]
    if own in names:
        place = names.index(own)
        order.remove(place)
        order.insert(0, place)
    return tuple(
        Prevalence(names[place], float(low[place]), float(free[place]), float(high[place]))
        for place in order[: 1 + SHIFTS_SHOWN]
    )
