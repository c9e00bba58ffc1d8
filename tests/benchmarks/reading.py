"""Sampling and tracing: seconds for a stated number of characters."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import tensorflow as tf

from jobs.disk.array_files import NpyFolder
from jobs.engine.sample import sample
from jobs.engine.trace_text import write_trace
from jobs.model.network import Network, initial_network
from jobs.model.reading_mode import STREAM, ReadingMode
from jobs.pipeline.trace_files import array_specs
from tests.benchmarks import pytorch

SAMPLED, TRACED, WINDOW = 500, 1_000_000, 20
ROUNDS = 3


def timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def sampling(symbols: int) -> dict[str, float]:
    """Seconds for 500 characters with all states, 2x50, window regime."""
    network = initial_network(symbols, (50, 50), 0)
    start = np.arange(WINDOW, dtype=np.int32)

    def ours() -> None:
        sample(
            network,
            mode=ReadingMode(WINDOW),
            start_ids=start,
            characters=SAMPLED,
            temperature=1.0,
            seed=0,
        )

    seconds = {"Neuronario, cold (compilation included)": timed(ours)}
    seconds["Neuronario, compiled"] = min(timed(ours) for _ in range(5))
    characters = 10
    notebook = notebook_sampler(symbols)
    notebook(1)
    scaled = timed(lambda: notebook(characters)) * SAMPLED / characters
    seconds[f"the notebook's three predict calls ({characters} characters, scaled)"] = scaled
    return seconds


def notebook_sampler(symbols: int) -> Callable[[int], None]:
    """The whole window through three Keras models for every character."""
    models = notebook_models(symbols)
    return lambda characters: notebook_sample(models, symbols, list(range(WINDOW)), characters)


def notebook_models(symbols: int) -> list[tf.keras.Model]:
    """One network of two LSTM layers, seen at its softmax and at either layer."""
    start = tf.keras.layers.Input((WINDOW, symbols))
    first = tf.keras.layers.LSTM(50, return_sequences=True)(start)
    second = tf.keras.layers.LSTM(50)(first)
    last = tf.keras.layers.Dense(symbols, activation="softmax")(second)
    return [tf.keras.Model(start, output) for output in (last, first, second)]


def notebook_sample(
    models: list[tf.keras.Model], symbols: int, window: list[int], characters: int
) -> None:
    """Three ``predict`` calls for every character that is drawn."""
    generator = np.random.default_rng(0)
    for _ in range(characters):
        one_hot = np.eye(symbols, dtype=np.float32)[window][None]
        outputs = [model.predict(one_hot, verbose=0) for model in models]
        predicted = outputs[0][0].astype(np.float64)
        predicted /= predicted.sum()
        window = [*window[1:], int(generator.choice(symbols, p=predicted))]


def tracing(symbols: int) -> dict[str, float]:
    """Seconds for a million characters with all states and gates, 2x50, stream regime."""
    network = initial_network(symbols, (50, 50), 0)
    ids = np.random.default_rng(0).integers(0, symbols, TRACED).astype(np.int32)
    none = np.zeros(0, np.int32)

    def ours(characters: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            read = ids[:characters]
            specs = array_specs(network, read.size, positions=False)
            writer = NpyFolder(Path(folder), specs, {})
            writer.append("ids", read)
            write_trace(network, read, writer, mode=STREAM, context=none)
            writer.finish()

    def theirs() -> None:
        torch_trace(network, ids)

    seconds = {
        "Neuronario, cold (compilation included, 50,000 characters)": timed(lambda: ours(50_000))
    }
    own, others = [], []
    for _ in range(ROUNDS):
        own.append(timed(lambda: ours(TRACED)))
        if pytorch.AVAILABLE:
            others.append(timed(theirs))
    seconds["Neuronario, written to disk"] = median(own)
    if pytorch.AVAILABLE:
        name = "PyTorch, nn.LSTM, then gates from its states, kept in memory"
        seconds[name] = median(others)
        characters = 5_000
        scaled = timed(lambda: torch_cells(network, ids[:characters])) * TRACED / characters
        seconds[f"PyTorch, cell by cell, kept in memory ({characters:,} characters, scaled)"] = (
            scaled
        )
    return seconds


def torch_trace(network: Network, ids: np.ndarray) -> list:
    """nn.LSTM, layer by layer, gives the hidden states of every character; gates follow from them
    in one product over all characters, cell states by a scan over the gates.
    """
    import torch

    torch.set_num_threads(2)
    rows: list = []
    with torch.inference_mode():
        below = torch.nn.functional.one_hot(torch.tensor(ids).long(), network.alphabet_size).float()
        for layer in network.layers:
            kernel, recurrent, bias = (torch.tensor(part) for part in vars(layer).values())
            lstm = torch.nn.LSTM(kernel.shape[0], recurrent.shape[0])  # its gate order is i f g o
            values = (kernel.T, recurrent.T, bias, 0 * bias)
            for parameter, value in zip(lstm.parameters(), values, strict=True):
                parameter.copy_(value)
            hidden = lstm(below[:, None])[0][:, 0]
            before = torch.cat([torch.zeros_like(hidden[:1]), hidden[:-1]])
            i, f, g, o = torch.chunk(below @ kernel + before @ recurrent + bias, 4, dim=1)
            i, f, g, o = i.sigmoid_(), f.sigmoid_(), g.tanh_(), o.sigmoid_()
            cell = i * g
            for t in range(1, len(cell)):
                cell[t].addcmul_(f[t], cell[t - 1])
            rows.append((hidden, cell, i, f, o))
            below = hidden
    return rows


def torch_cells(network: Network, ids: np.ndarray) -> list:
    """The same, every step written out."""
    import torch

    torch.set_num_threads(1)
    layers = [[torch.tensor(part) for part in vars(layer).values()] for layer in network.layers]
    states = [(torch.zeros(layer[1].shape[0]), torch.zeros(layer[1].shape[0])) for layer in layers]
    rows = []
    with torch.inference_mode():
        for character in ids:
            for n, (kernel, recurrent, bias) in enumerate(layers):
                h, c = states[n]
                below = kernel[int(character)] if n == 0 else states[0][0] @ kernel
                i, f, g, o = torch.chunk(below + h @ recurrent + bias, 4)
                i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
                c = f * c + i * torch.tanh(g)
                states[n] = (o * torch.tanh(c), c)
                rows.append((states[n][0], c, i, f, o))
    return rows
