"""Predicted memory: equal to what is really allocated, refused where it cannot fit."""

import numpy as np
import pytest

import jobs.config.memory
from jobs.config.memory import (
    check_memory,
    memory_refusal,
    parameter_count,
    predicted_memory,
    size_text,
)
from jobs.config.memory_limit import MemoryLimit
from jobs.config.schema import Config, CorpusConfig, NetworkConfig, ProbeConfig, SampleConfig
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.cell import CELLS, Cell, CellName
from jobs.model.network import initial_network
from jobs.model.reading_mode import STREAM
from jobs.model.trace import Before, Trace
from tests.support.layer_traces import layer_trace


def config_of(
    *layers: int, probe: int = 20_000, sample: int = 500, cell: CellName = "lstm"
) -> Config:
    return Config(
        corpus=CorpusConfig(builtin="xml"),
        network=NetworkConfig(layers=layers, cell=cell),
        probe=ProbeConfig(characters=probe),
        sample=SampleConfig(characters=sample),
    )


@pytest.mark.parametrize("cell", CELLS.values())
@pytest.mark.parametrize("layers", [(3,), (4, 2), (5, 1, 7)])
def test_parameters_as_in_a_real_network(layers: tuple[int, ...], cell: Cell) -> None:
    network = initial_network(11, layers, 0, (cell,) * len(layers))
    assert parameter_count(layers, 11, cell) == network.parameters


def test_a_plain_rnn_needs_less_than_an_lstm() -> None:
    lstm, rnn = (predicted_memory(config_of(50, cell=cell), 80) for cell in ("lstm", "rnn"))
    assert rnn.weights < lstm.weights
    assert rnn.activations < lstm.activations
    assert rnn.traces < lstm.traces


@pytest.mark.parametrize("name", CELLS)
def test_traces_as_in_a_real_trace(name: CellName) -> None:
    cell = CELLS[name]
    characters, units, alphabet = 100, (3, 2), 7

    def array(width: int) -> np.ndarray:
        return np.zeros((characters, width), np.float32)

    trace = Trace(
        ids=np.zeros(characters, np.int32),
        context=np.zeros(0, np.int32),
        layers=tuple(
            layer_trace(*(array(count) for _ in cell.states), cell=cell) for count in units
        ),
        probabilities=array(alphabet),
        before=Before((), (), np.zeros(alphabet, np.float32)),
        mode=STREAM,
    )
    real = trace.probabilities.nbytes
    real += sum(
        array.nbytes
        for layer in trace.layers
        for array in (layer.hidden, layer.cell, *layer.gates.values())
    )
    config = config_of(*units, probe=characters, sample=1, cell=name)
    assert predicted_memory(config, alphabet).traces == real * 101 // 100


def test_each_part_names_its_key() -> None:
    assert predicted_memory(config_of(4_096, probe=100), 100).largest_key == ("network", "layers")
    large_probe = config_of(50, probe=1_000_000)
    assert predicted_memory(large_probe, 100).largest_key == ("probe", "characters")
    training = config_of(50).training.model_copy(update={"batch": 65_536})
    large_batch = config_of(50).model_copy(update={"training": training})
    assert predicted_memory(large_batch, 100).largest_key == ("training", "batch")


def test_what_cannot_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(50, 50)
    total = predicted_memory(config, 80).total
    monkeypatch.setattr(jobs.config.memory, "memory_limit", lambda: MemoryLimit(total, "here is"))
    assert memory_refusal(config, 80) is None
    check_memory(config, 80)
    with pytest.raises(NeuronarioError, match="needs about") as caught:
        check_memory(config, 81)
    assert caught.value.code == ExitCode.BAD_CONFIG
    assert str(caught.value).endswith("lower probe.characters")


def test_a_long_text_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(50)
    few, many = (predicted_memory(config, size, 300_000_000).text for size in (256, 257))
    assert many - few == 300_000_000  # the second byte of each character
    limit = MemoryLimit(few, "here is")
    monkeypatch.setattr(jobs.config.memory, "memory_limit", lambda: limit)
    with pytest.raises(NeuronarioError, match=r"lower corpus\.first_characters"):
        check_memory(config, 256, 300_000_000)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_500, "1.5 kB"),
        (17_200_000_000, "17.2 GB"),
        (80 * 10**18, "80.0 EB"),
        (10**400, "1,000 YB or more"),
    ],
)
def test_sizes_in_words(count: int, text: str) -> None:
    assert size_text(count) == text
