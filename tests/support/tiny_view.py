"""A small finished run for tests of the report: real states of a small random network."""

from dataclasses import replace
from functools import cache

import numpy as np

from jobs.config.schema import Config, CorpusConfig, NetworkConfig, ReportConfig, TrainingConfig
from jobs.corpus.corpus import Corpus, corpus_card
from jobs.model.cell import CELLS, CellName
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.network import Network, initial_network
from jobs.model.reading_mode import STREAM
from jobs.model.trace import Before, Trace
from report.run_view import RunView
from tests.support.layer_traces import layer_trace
from tests.support.oracle import Oracle

XML = (
    '<country code="FO">\n\t<name lang="en">Faroe Islands</name>\n\t<area unit="km2">1393</area>\n'
    '</country>\n<country code="IS">\n\t<name lang="en">Iceland &amp; more</name>\n</country>\n'
)


def read(network: Network, context: np.ndarray, ids: np.ndarray) -> Trace:
    """The trace of ``ids`` after ``context``, one character at a time, state carried on."""
    oracle = Oracle(network)
    for index in context:
        oracle.read(index)
    before = Before(
        tuple(hidden.astype(np.float32) for hidden in oracle.h),
        tuple(
            memory.astype(np.float32)[: cell.cell_units(len(memory))]
            for cell, memory in zip(network.cells, oracle.c, strict=True)
        ),
        oracle.predict().astype(np.float32),
    )
    rows = [oracle.read(index) for index in ids]
    layers = tuple(
        layer_trace(
            *(
                np.array([row[number][kind] for row, _ in rows], np.float32)
                for kind in range(len(cell.states))
            ),
            cell=cell,
        )
        for number, cell in enumerate(network.cells)
    )
    return Trace(
        ids=np.asarray(ids, np.int32),
        context=np.asarray(context, np.int32),
        layers=layers,
        probabilities=np.array([probabilities for _, probabilities in rows], np.float32),
        before=before,
        mode=STREAM,
    )


def _ids(text: str) -> tuple[tuple[str, ...], np.ndarray]:
    alphabet = tuple(sorted(set(text)))
    return alphabet, np.array([alphabet.index(character) for character in text], np.int32)


@cache
def _read_text(
    text: str,
    sizes: tuple[int, ...],
    probe_characters: int,
    gain: float,
    seed: int,
    cell: CellName,
) -> tuple[Network, Trace, Trace]:
    """The network, its sample and its probe: what takes time, made once for all tests."""
    alphabet, ids = _ids(text)
    drawn = initial_network(len(alphabet), sizes, seed, (CELLS[cell],) * len(sizes))
    network = Network(
        tuple(replace(layer, kernel=layer.kernel * np.float32(gain)) for layer in drawn.layers),
        drawn.output_kernel * np.float32(gain),
        drawn.output_bias,
    )
    probe = read(network, ids[:0], np.resize(ids, probe_characters))
    return network, read(network, ids[:5], ids), probe


def tiny_view(
    text: str = XML,
    sizes: tuple[int, ...] = (4, 3),
    probe_characters: int = 1_500,
    report: ReportConfig | None = None,
    gain: float = 3.0,
    entropy: float | None = 1.25,
    name: str = "countries.xml",
    seed: int = 1,
    cell: CellName = "lstm",
) -> RunView:
    """A run whose sample is ``text`` itself; ``gain`` makes the random states larger."""
    alphabet, ids = _ids(text)
    network, sample, probe = _read_text(text, sizes, probe_characters, gain, seed, cell)
    corpus = Corpus(
        name=name,
        ids=np.resize(ids, 2_000),
        alphabet=alphabet,
        held_out_start=1_800,
        sha256="ab" * 32,
        encoding="utf-8",
        bytes=2_000,
        notes=("BOM dropped",),
        entropy=entropy,
    )
    history = tuple(
        EpochRecord(
            epoch=epoch,
            loss=2.0 / epoch,
            training_bits=1.4 + 2.0 / epoch,
            held_out_bits=1.5 + 2.0 / epoch,
            gradient_norm=0.5,
            learning_rate=0.001,
        )
        for epoch in range(1, 9)
    )
    return RunView(
        config=Config(
            corpus=CorpusConfig(path=f"/home/someone/{name}"),
            network=NetworkConfig(layers=sizes, cell=cell),
            training=TrainingConfig(epochs=8),
            report=report or ReportConfig(),
        ),
        card=corpus_card(corpus),
        network=network,
        history=history,
        evaluation=Evaluation(
            held_out_bits=1.75,
            held_out_characters=200,
            unigram_bits=4.2,
            best_epoch=8,
            stopped_early=False,
        ),
        sample=sample,
        probe=probe,
        run_id="000001-abcdef01",
        tool_version="0.1.0",
    )
