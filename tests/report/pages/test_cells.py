"""Pages of networks that are no LSTM: measured as they are, and no word of gates that they lack."""

from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest

from jobs.corpus.corpus import Corpus
from jobs.model.cell import CELLS
from report.export import export_files
from report.measures.measure import measure
from report.measures.records import from_files, to_files
from report.pages.build import build_pages
from report.pages.try_it import NETWORK
from report.panels.gates import saturation
from tests.support.tiny_view import tiny_view

WORDS = {
    "lstm": ("forget gate", "input gate", "output gate", "cell, as tanh c"),
    "gru": ("update gate", "reset gate"),
    "rnn": (),
}
ALL = {word for words in WORDS.values() for word in words}


@cache
def measured_view(cell):
    view = tiny_view(cell=cell, sizes=(5, 4), probe_characters=600)
    training = np.resize(view.sample.ids, 2_000)
    corpus = Corpus(
        name="text",
        ids=np.concatenate([training, view.probe.ids]),
        alphabet=view.card.alphabet,
        held_out_start=len(training),
        sha256="0" * 64,
        encoding="utf-8",
        bytes=0,
        notes=(),
        entropy=None,
    )
    measures = measure(view.network, view.probe, view.sample, corpus, view.config)
    return replace(view, measures=MappingProxyType(measures.by_name()))


@cache
def pages(cell):
    return {page.path: page for page in build_pages(measured_view(cell))}


@pytest.mark.parametrize("cell", CELLS)
def test_a_page_names_the_gates_of_its_cell_and_no_others(cell):
    made = pages(cell)
    for unit in measured_view(cell).units:
        text = made[unit.page].text
        assert {word for word in ALL if word in text} == set(WORDS[cell])
    said = {word for word in ALL if f"Layer 1, {word}" in made["index.md"].text}
    assert said == {word for word in WORDS[cell] if word.endswith("gate")}


@pytest.mark.parametrize("cell", CELLS)
def test_front_page_run_page_and_card_say_what_the_network_is(cell):
    title = CELLS[cell].title
    assert f"2 {title} layers" in pages(cell)["index.md"].text
    assert f"2 {title} layers" in pages(cell)["run.md"].text
    card = export_files(measured_view(cell))["README.md"].decode()
    assert f"- {cell}\n" in card and f"a character {title} and" in card
    assert f"blocks of layer 1: {', '.join(CELLS[cell].blocks)}" in card


def test_a_plain_rnn_says_that_it_has_no_gates():
    assert (
        "A plain RNN has no gates and no memory beside its state."
        in pages("rnn")["neurons/l1/n0.md"].text
    )
    assert saturation(measured_view("rnn")) is None
    assert "update gate keeps for" in pages("gru")["neurons/l1/n0.md"].text


@pytest.mark.parametrize("cell", CELLS)
def test_the_trace_belongs_to_the_weights_and_the_records_come_back(cell):
    known = measured_view(cell).measures["measures"]
    assert known.self_check.passed and known.sample_check.passed
    again = from_files(to_files(known))
    for one, other in zip(known.units, again.units, strict=True):
        assert [gate.name for gate in other.gates] == list(CELLS[cell].gates)
        assert (one.timescale is None) == (other.timescale is None) == (cell == "rnn")


@pytest.mark.parametrize("cell", CELLS)
def test_the_browsers_page_is_told_the_cell(cell):
    assert f'"cell":"{cell}"'.encode() in pages(cell)[NETWORK].data
