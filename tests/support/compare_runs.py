"""Small runs for comparisons: real networks reading real characters, no training."""

from dataclasses import replace

import numpy as np

from jobs.config.schema import Config, CorpusConfig, NetworkConfig, ProbeConfig
from jobs.corpus.corpus import CorpusCard
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.network import Network, initial_network
from jobs.model.reading_mode import ReadingMode
from jobs.model.trace import Before, Trace
from report.measures.ablation.numpy_reading import hidden_states
from report.run_view import RunView
from tests.support.layer_traces import layer_trace

SIZES = (8, 6)
PROBE = 2_304


def text_of(characters: int, seed: int = 5) -> str:
    """Lines of small XML, different in every line."""
    generator = np.random.default_rng(seed)
    lines = []
    while sum(map(len, lines)) < characters:
        name = "".join(generator.choice(list("abcde"), generator.integers(1, 6)))
        number = "".join(generator.choice(list("0123"), generator.integers(1, 5)))
        lines.append("\t" * generator.integers(0, 3) + f'<{name} n="{number}">{number}</{name}>\n')
    return "".join(lines)[:characters]


def network(seed: int = 0, alphabet_size: int = 20, sizes: tuple[int, ...] = SIZES) -> Network:
    """Untrained weights, three times as strong, so that the units differ clearly."""
    start = initial_network(alphabet_size, sizes, seed)
    layers = tuple(
        replace(layer, kernel=3 * layer.kernel, recurrent_kernel=2 * layer.recurrent_kernel)
        for layer in start.layers
    )
    return replace(start, layers=layers)


def permuted(net: Network, layer: int, order: np.ndarray) -> Network:
    """The same function, unit ``order[i]`` of ``layer`` (from 0) now at place i."""
    size = net.sizes[layer]
    columns = np.concatenate([gate * size + order for gate in range(4)])
    old = net.layers[layer]
    layers = list(net.layers)
    layers[layer] = replace(
        old,
        kernel=old.kernel[:, columns],
        recurrent_kernel=old.recurrent_kernel[order][:, columns],
        bias=old.bias[columns],
    )
    return _outgoing(replace(net, layers=tuple(layers)), layer, lambda rows: rows[order])


def flipped(net: Network, layer: int, unit: int) -> Network:
    """The same function with the state of one unit negated: its candidate and all its readers."""
    size = net.sizes[layer]
    column = 2 * size + unit
    old = net.layers[layer]
    kernel, recurrent, bias = old.kernel.copy(), old.recurrent_kernel.copy(), old.bias.copy()
    kernel[:, column] *= -1
    bias[column] *= -1
    recurrent[:, column] *= -1
    recurrent[unit] *= -1
    layers = list(net.layers)
    layers[layer] = replace(old, kernel=kernel, recurrent_kernel=recurrent, bias=bias)

    def negated(rows: np.ndarray) -> np.ndarray:
        rows = rows.copy()
        rows[unit] *= -1
        return rows

    return _outgoing(replace(net, layers=tuple(layers)), layer, negated)


def _outgoing(net: Network, layer: int, change) -> Network:
    if layer == len(net.layers) - 1:
        return replace(net, output_kernel=change(net.output_kernel))
    layers = list(net.layers)
    above = layers[layer + 1]
    layers[layer + 1] = replace(above, kernel=change(above.kernel))
    return replace(net, layers=tuple(layers))


def trace(net: Network, ids: np.ndarray, window: int = 0) -> Trace:
    """States and probabilities; gates and cells, which comparisons do not read, are zero."""
    key = (b"".join(array.tobytes() for array in net.arrays().values()), ids.tobytes(), window)
    if key not in _TRACES:  # the same few networks read the same text in most tests
        _TRACES[key] = _read(net, ids, window)
    return _TRACES[key]


_TRACES: dict[tuple[bytes, bytes, int], Trace] = {}


def _read(net: Network, ids: np.ndarray, window: int) -> Trace:
    none = np.zeros(0, np.int32)
    states = hidden_states(net, ids, none, window)
    logits = states[-1] @ net.output_kernel + net.output_bias
    odds = np.exp(logits - logits.max(1, keepdims=True))
    first = np.exp(net.output_bias - net.output_bias.max())
    return Trace(
        ids=ids,
        context=none,
        layers=tuple(layer_trace(state, *(4 * [np.zeros_like(state)])) for state in states),
        probabilities=odds / odds.sum(1, keepdims=True),
        before=Before(
            tuple(np.zeros(size, np.float32) for size in net.sizes),
            tuple(np.zeros(size, np.float32) for size in net.sizes),
            first / first.sum(),
        ),
        mode=ReadingMode(window),
    )


def view(
    net: Network | None = None,
    *,
    text: str | None = None,
    seed: int = 0,
    window: int = 0,
    run_id: str = "000001-0badcafe",
    sample: str = "<ab>",
    **config,
) -> RunView:
    """A run whose probe is ``text``; further keywords are sections of the configuration."""
    text = text_of(PROBE) if text is None else text
    alphabet = tuple(sorted(set(text) | set(sample)))
    net = network(seed, len(alphabet)) if net is None else net
    places = {character: place for place, character in enumerate(alphabet)}
    ids = np.array([places[character] for character in text], np.int32)
    sample_ids = np.array([places[character] for character in sample], np.int32)
    settings = {
        "corpus": CorpusConfig(path="text.xml"),
        "network": NetworkConfig(layers=net.sizes),
        "probe": ProbeConfig(characters=max(100, len(text))),
    } | config
    return RunView(
        config=Config(seed=seed, **settings),
        card=CorpusCard(
            name="text.xml",
            characters=10 * len(text),
            held_out_start=9 * len(text),
            alphabet=alphabet,
            counts=tuple(10 * text.count(character) for character in alphabet),
            sha256=("%02x" % (sum(map(ord, text)) % 256)) * 32,
            encoding="utf-8",
            bytes=10 * len(text),
            notes=(),
            entropy=None,
        ),
        network=net,
        history=(EpochRecord(1, 2.0, 3.0, 3.1, 0.5, 0.001),),
        evaluation=Evaluation(3.1, len(text), 3.5, 1, False),
        sample=trace(net, sample_ids, window),
        probe=trace(net, ids, window),
        run_id=run_id,
        tool_version="0.1.0",
    )
