"""From a model file to the engine's network: what is named, what is checked, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jobs.config.file import load_config
from jobs.corpus.corpus import with_alphabet
from jobs.corpus.load import load_corpus
from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.import_model import import_model, naming_model
from jobs.pipeline.session import ModelToImport
from tests.support import model_files as made
from tests.support.command_line import write_config
from tests.support.golden_networks import ALPHABET, golden_text, trace_text

TEXT = golden_text(12_000, 3)
NETWORK = made.bigram_network(TEXT, ALPHABET)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    made.write_npz(tmp_path / "m.npz", NETWORK.arrays())
    write_config(tmp_path)
    return tmp_path


def imported(folder, **options):
    wanted = ModelToImport(folder / "m.npz", folder / "text.txt", **options)
    config_file = naming_model(load_config(folder / "neuronario.yml"), wanted)
    corpus = load_corpus(config_file.config.corpus, config_file.folder)
    found = import_model(config_file, corpus)
    return found, with_alphabet(corpus, found.alphabet), found.configured(config_file.config)


def test_the_command_line_goes_over_the_configuration(folder):
    _, corpus, config = imported(folder)
    assert config.network.layers == NETWORK.sizes  # of the file, not of the configuration
    assert (config.corpus.builtin, corpus.name) == (None, "text.txt")
    assert config.training.regime == "stream"
    assert imported(folder, window=7)[2].training.window == 7


def test_nothing_is_imported_where_nothing_is_named(folder):
    config_file = load_config(folder / "neuronario.yml")
    assert import_model(config_file, load_corpus(config_file.config.corpus, folder)) is None


@pytest.mark.parametrize("window", [0, 9])
def test_the_self_check_finds_another_network(folder, window):
    found, corpus, _ = imported(folder, window=window)
    ids = corpus.held_out_ids[:60]
    regime = "window" if window else "stream"
    context = corpus.training_ids[-20:]
    probe = trace_text(found.network, ids, context, regime, window)
    record = found.record(probe)
    assert record.self_check < 1e-6
    assert record.self_check_characters == 60
    wrong = replace(found.network, output_bias=found.network.output_bias + np.eye(9, dtype="f4")[0])
    other = trace_text(wrong, ids, context, regime, window)
    with pytest.raises(NeuronarioError, match=r"a probability differs by") as caught:
        found.record(other)
    assert caught.value.code == ExitCode.BAD_DATA


def test_a_list_of_the_users_is_part_of_the_key(folder):
    plain = imported(folder)[0].inputs()
    (folder / "list.txt").write_text("".join(f"{c}\n" for c in ALPHABET).replace("\n\n", "\\n\n"))
    listed, _, _ = imported(folder, alphabet=folder / "list.txt")
    assert listed.choice.source == "a file"
    assert listed.inputs() != plain
    assert listed.inputs()["from"] == plain["from"]


@pytest.mark.parametrize(
    ("content", "reason"), [("a\nb\n", "lists 2 ids"), ("a\n\nb\n", "empty line")]
)
def test_refusals_name_the_file(folder, content, reason):
    (folder / "list.txt").write_text(content)
    with pytest.raises(NeuronarioError, match=rf"not imported: .*{reason}") as caught:
        imported(folder, alphabet=folder / "list.txt")
    assert caught.value.code == ExitCode.BAD_DATA


def test_paths_start_where_they_are_stated(folder):
    (folder / "jobs").mkdir()
    (folder / "models").mkdir()
    made.write_npz(folder / "models" / "m.npz", NETWORK.arrays())
    (folder / "models" / "base.yml").write_text(
        "corpus: {path: ../text.txt}\nnetwork: {from: m.npz}\n", encoding="utf-8"
    )
    (folder / "jobs" / "own.yml").write_text("extends: ../models/base.yml\n", encoding="utf-8")
    config_file = load_config(folder / "jobs" / "own.yml")
    corpus = load_corpus(config_file.config.corpus, config_file.folder)
    assert import_model(config_file, corpus).file.name == "m.npz"
