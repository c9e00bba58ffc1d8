"""A run of a few kilobytes: real types, random values, no training."""

from dataclasses import replace

import numpy as np

from jobs.config.schema import Config, CorpusConfig, NetworkConfig, SampleConfig
from jobs.corpus.corpus import CorpusCard
from jobs.machine.runtime import Runtime
from jobs.model.cell import LSTM, Cell
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.network import initial_network
from jobs.model.reading_mode import STREAM
from jobs.model.trace import Before, Trace
from jobs.store.manifest import Inputs, stage_inputs
from jobs.store.run import RunContent
from tests.support.layer_traces import layer_trace

ALPHABET = ("\t", "\n", "<", "a", "é", "\u202e", "😀")
SIZES = (3, 2)
RUNTIME = Runtime("Linux", "x86_64", "test processor", 2, "3.11.0", "2.1.0", "2.21.0")
PAGES = {"index.md": b"# Overview\n", "neurons/l1/n0.md": "é <b>\n".encode()}


def tiny_config(seed: int = 0) -> Config:
    return Config(
        seed=seed,
        corpus=CorpusConfig(path="text.xml"),
        network=NetworkConfig(layers=SIZES),
        sample=SampleConfig(characters=12),
    )


def tiny_card() -> CorpusCard:
    return CorpusCard(
        name="text.xml",
        characters=700,
        held_out_start=630,
        alphabet=ALPHABET,
        counts=(100,) * 7,
        sha256="ab" * 32,
        encoding="utf-8",
        bytes=1100,
        notes=("byte order mark dropped",),
        entropy=None,
    )


def tiny_trace(
    characters: int, generator: np.random.Generator, cells: tuple[Cell, ...] = (LSTM, LSTM)
) -> Trace:
    def values(*shape: int) -> np.ndarray:
        return generator.uniform(-1, 1, shape).astype(np.float32)

    size, layers = len(ALPHABET), tuple(zip(SIZES, cells, strict=True))
    return Trace(
        ids=generator.integers(0, size, characters).astype(np.int32),
        context=generator.integers(0, size, 5).astype(np.int32),
        layers=tuple(
            layer_trace(*(values(characters, units) for _ in cell.states), cell=cell)
            for units, cell in layers
        ),
        probabilities=np.abs(values(characters, size)),
        before=Before(
            tuple(values(units) for units in SIZES),
            tuple(values(cell.cell_units(units)) for units, cell in layers),
            np.abs(values(size)),
        ),
        mode=STREAM,
    )


def tiny_content(seed: int = 0, cells: tuple[Cell, ...] = (LSTM, LSTM)) -> RunContent:
    generator = np.random.default_rng(seed)
    return RunContent(
        config=tiny_config(seed),
        card=tiny_card(),
        network=initial_network(len(ALPHABET), SIZES, seed, cells),
        history=tuple(
            EpochRecord(epoch, 1.5 / epoch, 2.0 / epoch, 2.25 / epoch, 0.5, 0.001)
            for epoch in (1, 2)
        ),
        evaluation=Evaluation(1.125, 69, 2.75, 2, False),
        sample=tiny_trace(12, generator, cells),
        probe=tiny_trace(30, generator, cells),
    )


def tiny_inputs(seed: int = 0, templates: str = "cd" * 32) -> Inputs:
    return stage_inputs(tiny_config(seed), tiny_card(), RUNTIME, templates)


def other_text(inputs: Inputs, sha256: str) -> Inputs:
    """The same job on another text."""
    return stage_inputs(tiny_config(), replace(tiny_card(), sha256=sha256), RUNTIME, "cd" * 32)
