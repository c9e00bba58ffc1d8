"""LSTMs built by hand whose every unit is known, a text for them, and a plain tracer.

``golden()`` gives units that follow quotation marks, brace depth and line position, one that is
always zero, one that duplicates another, and random ones. Symmetries of an LSTM (reordering units,
flipping a unit's sign) are functions here too: they change no prediction.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from jobs.model.network import Layer, Network
from jobs.model.reading_mode import Regime, reading_mode
from jobs.model.trace import Before, Trace
from tests.support.layer_traces import layer_trace

ALPHABET = tuple(sorted('ab xy"{}\n'))
QUOTE, BRACES, LINE, DEAD, TWIN, RANDOM = range(6)  # index of each unit; random ones follow
KNOWN = {QUOTE: "quote", BRACES: "brace depth", LINE: "line position"}
WIDE = 12.0  # a gate's input that saturates it


@dataclass(frozen=True)
class Golden:
    """A network, its text and its trace on that text."""

    network: Network
    text: str
    lead: str  # what stands before the text: the trace's context
    trace: Trace


def golden(
    layers: int = 1,
    characters: int = 6_000,
    random_units: int = 3,
    seed: int = 0,
    regime: Regime = "stream",
    window: int = 0,
) -> Golden:
    """The hand-built network on ``characters`` characters; in the last layer the known units."""
    network = golden_network(layers, random_units, seed)
    text = golden_text(characters + 40, seed)
    ids = text_ids(text)
    trace = trace_text(network, ids[40:], ids[:40], regime, window)
    return Golden(network, text[40:], text[:40], trace)


def text_ids(text: str) -> np.ndarray:
    """(T,) int32 ids in ``ALPHABET``."""
    return np.array([ALPHABET.index(character) for character in text], np.int32)


@cache
def golden_text(characters: int, seed: int) -> str:
    """Random text: x and y inside quotes only, nested braces, uneven lines."""
    random = np.random.default_rng(seed)
    written: list[str] = []
    quoted, depth, line, length = False, 0, 0, 40
    while len(written) < characters:
        draw = random.random()
        if line >= length and not quoted:
            character, line, length = "\n", -1, int(random.integers(20, 50))
        elif quoted:
            character = '"' if draw < 0.12 else "abxy"[int(random.integers(4))]
        elif draw < 0.06:
            character = '"'
        elif draw < 0.11 and depth < 4:
            character = "{"
        elif draw < 0.17 and depth > 0:
            character = "}"
        else:
            character = "ab "[int(random.integers(3))]
        quoted ^= character == '"'
        depth += (character == "{") - (character == "}")
        line += 1
        written.append(character)
    return "".join(written)


@cache
def golden_network(layers: int, random_units: int, seed: int) -> Network:
    """Weights in Keras' layout, gates i f c o; the softmax is fitted to the text."""
    first = _counting_layer(random_units, seed)
    rest = [_copying_layer(first.units) for _ in range(layers - 1)]
    blank = np.zeros((first.units, len(ALPHABET)), np.float32)
    network = Network((first, *rest), blank, np.zeros(len(ALPHABET), np.float32))
    ids = text_ids(golden_text(3_000, seed + 7))
    hidden = trace_text(network, ids[1:], ids[:1]).layers[-1].hidden
    kernel, bias = _fit_softmax(hidden[:-1], ids[2:])
    kernel[RANDOM:] = np.random.default_rng(seed + 2).normal(0.0, 0.02, kernel[RANDOM:].shape)
    return Network((first, *rest), kernel, bias)


def _counting_layer(random_units: int, seed: int) -> Layer:
    units = RANDOM + random_units
    kernel = np.zeros((len(ALPHABET), 4, units), np.float32)
    recurrent = np.zeros((units, 4, units), np.float32)
    bias = np.zeros((4, units), np.float32)
    i, f, c, o = range(4)
    letter = {character: index for index, character in enumerate(ALPHABET)}
    known = [QUOTE, BRACES, LINE, TWIN]
    bias[f, known] = bias[o, known] = WIDE
    # quote flip-flop: on a quotation mark write the opposite of what was there
    for unit in (QUOTE, TWIN):
        bias[i, unit], kernel[letter['"'], i, unit] = -WIDE, 2 * WIDE
        kernel[letter['"'], f, unit] = -2 * WIDE
        bias[c, unit], recurrent[QUOTE, c, unit] = 1.0, -20.0
    # brace depth: add or take away a quarter
    bias[i, BRACES] = -WIDE
    for character, sign in (("{", 1.0), ("}", -1.0)):
        kernel[letter[character], i, BRACES] = WIDE - 1.0986  # sigmoid = 1/4
        kernel[letter[character], c, BRACES] = sign * 5.0
    # line position: add a fiftieth for each character, forget on a newline
    bias[i, LINE], bias[c, LINE] = -3.9, 5.0
    kernel[letter["\n"], i, LINE] = kernel[letter["\n"], f, LINE] = -2 * WIDE
    random = np.random.default_rng(seed + 1)
    kernel[:, :, RANDOM:] = random.normal(0.0, 0.7, kernel[:, :, RANDOM:].shape)
    recurrent[RANDOM:, :, RANDOM:] = random.normal(0.0, 0.3, recurrent[RANDOM:, :, RANDOM:].shape)
    return Layer(kernel.reshape(-1, 4 * units), recurrent.reshape(-1, 4 * units), bias.reshape(-1))


def _copying_layer(units: int) -> Layer:
    """Each unit is a squashed copy of the unit of the same index below."""
    kernel = np.zeros((units, 4, units), np.float32)
    kernel[:, 2] = 1.5 * np.eye(units)
    bias = np.zeros((4, units), np.float32)
    bias[0], bias[1], bias[3] = WIDE, -WIDE, WIDE
    return Layer(
        kernel.reshape(-1, 4 * units), np.zeros((units, 4 * units), np.float32), bias.reshape(-1)
    )


def _fit_softmax(hidden: np.ndarray, following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial regression on the known units by plain gradient descent."""
    inputs = np.concatenate([hidden, np.ones_like(hidden[:, :1])], axis=1).astype(float)
    inputs[:, RANDOM : hidden.shape[1]] = 0.0
    wanted = np.eye(len(ALPHABET))[following]
    weight = np.zeros((inputs.shape[1], len(ALPHABET)))
    for _ in range(1_500):
        logits = inputs @ weight
        exponent = np.exp(logits - logits.max(1, keepdims=True))
        error = exponent / exponent.sum(1, keepdims=True) - wanted
        weight -= 2.0 * inputs.T @ error / len(inputs)
    return weight[:-1].astype(np.float32), weight[-1].astype(np.float32)


def trace_text(
    network: Network,
    ids: np.ndarray,
    context: np.ndarray,
    regime: Regime = "stream",
    window: int = 0,
) -> Trace:
    """Every state by the plain float64 equations, one character at a time."""
    text = np.concatenate([context, ids])
    rows = []
    state = zero_states(network)
    for end in range(1, len(text) + 1):
        if regime == "window":
            state = zero_states(network)
            for symbol in text[max(0, end - window) : end]:
                state, row = read(network, int(symbol), state)
        else:
            state, row = read(network, int(text[end - 1]), state)
        rows.append(row)
    start = len(context)
    layers = tuple(
        layer_trace(
            *(np.array([row[0][number][k] for row in rows[start:]], np.float32) for k in range(5))
        )
        for number in range(len(network.layers))
    )
    before = rows[start - 1]
    return Trace(
        ids=ids,
        context=context,
        layers=layers,
        probabilities=np.array([row[1] for row in rows[start:]], np.float32),
        before=Before(
            hidden=tuple(layer[0].astype(np.float32) for layer in before[0]),
            cell=tuple(layer[1].astype(np.float32) for layer in before[0]),
            probabilities=before[1].astype(np.float32),
        ),
        mode=reading_mode(regime, window),
    )


def zero_states(network: Network) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per layer hidden and cell, zeros."""
    return [(np.zeros(layer.units), np.zeros(layer.units)) for layer in network.layers]


def read(network, symbol, states, held=None):
    """One character: new states, and ((h, c, i, f, o) per layer, probabilities).

    ``held``: (layer, unit, value): a state that is overwritten on every outgoing edge.
    """
    below = np.eye(network.alphabet_size)[symbol]
    new, row = [], []
    for number, (layer, (hidden, cell)) in enumerate(zip(network.layers, states, strict=True)):
        total = (
            below @ layer.kernel.astype(float)
            + hidden @ layer.recurrent_kernel.astype(float)
            + layer.bias.astype(float)
        )
        i, f, g, o = np.split(total, 4)
        i, f, o = (1.0 / (1.0 + np.exp(-gate)) for gate in (i, f, o))
        c = f * cell + i * np.tanh(g)
        h = o * np.tanh(c)
        if held is not None and held[0] == number:
            h[held[1]] = held[2]
        new.append((h, c))
        row.append((h, c, i, f, o))
        below = h
    logits = below @ network.output_kernel.astype(float) + network.output_bias.astype(float)
    exponent = np.exp(logits - logits.max())
    return new, (row, exponent / exponent.sum())


def reordered(network: Network, layer: int, order: np.ndarray) -> Network:
    """Same predictions, units of ``layer`` (from 0) in another order: new j is old order[j]."""
    old = network.layers[layer]
    columns = np.concatenate([gate * old.units + order for gate in range(4)])
    changed = Layer(
        np.ascontiguousarray(old.kernel[:, columns]),
        np.ascontiguousarray(old.recurrent_kernel[order][:, columns]),
        old.bias[columns],
    )
    return _with_layer(network, layer, changed, lambda rows: np.ascontiguousarray(rows[order]))


def flipped(network: Network, layer: int, unit: int) -> Network:
    """Same predictions, h of ``unit`` in ``layer`` (from 0) negated."""
    old = network.layers[layer]
    kernel, recurrent, bias = (
        old.kernel.copy(),
        old.recurrent_kernel.copy(),
        old.bias.copy(),
    )
    candidate = 2 * old.units + unit
    kernel[:, candidate] *= -1
    recurrent[:, candidate] *= -1
    bias[candidate] *= -1
    recurrent[unit] *= -1

    def negate(rows: np.ndarray) -> np.ndarray:
        changed = rows.copy()
        changed[unit] *= -1
        return changed

    return _with_layer(network, layer, Layer(kernel, recurrent, bias), negate)


def _with_layer(network, layer, changed, outgoing) -> Network:
    layers = list(network.layers)
    layers[layer] = changed
    if layer + 1 < len(layers):
        layers[layer + 1] = replace(layers[layer + 1], kernel=outgoing(layers[layer + 1].kernel))
        return Network(tuple(layers), network.output_kernel, network.output_bias)
    return Network(tuple(layers), outgoing(network.output_kernel), network.output_bias)
