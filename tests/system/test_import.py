"""A model that was trained elsewhere, imported by the real command line; then it changes."""

import json
import re

import numpy as np
import pytest

from jobs.model.cell import GRU, GRU_RESET_BEFORE, RNN
from tests.support import model_files as made
from tests.support.command_line import Answer, neuronario, tree, write_config
from tests.support.golden_networks import ALPHABET, golden_text

TEXT = golden_text(12_000, 3)
NETWORK = made.bigram_network(TEXT, ALPHABET)


def write_model(folder, scale=1.0):
    """As PyTorch stores it, with an embedding and a padding id before the characters."""
    layer, size = NETWORK.layers[0], len(ALPHABET)
    wide = np.pad(NETWORK.output_kernel * np.float32(scale), ((0, 0), (1, 0)))
    arrays = {
        "embedding.weight": np.pad(np.eye(size, dtype=np.float32), ((1, 0), (0, 0))),
        "lstm.weight_ih_l0": layer.kernel.T.copy(),
        "lstm.weight_hh_l0": layer.recurrent_kernel.T.copy(),
        "lstm.bias_ih_l0": layer.bias * np.float32(0.25),
        "lstm.bias_hh_l0": layer.bias * np.float32(0.75),
        "fc.weight": wide.T.copy(),
        "fc.bias": np.array([-9, *[0] * size], np.float32),
    }
    return made.write_pytorch(folder / "model.pt", arrays)


def configured(folder, **network):
    corpus = {"path": "text.txt"}
    path = write_config(folder, corpus=corpus, network=network, probe={"characters": 400})
    plain = path.read_text(encoding="utf-8")  # TINY names a generator: the text is a file here
    path.write_text(re.sub(r"^  builtin.*\n", "", plain, flags=re.M), encoding="utf-8")


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    write_model(folder)
    configured(folder, layers=[6, 5])
    return folder, neuronario(folder, "import", "model.pt", "--text", "text.txt")


def runs(folder):
    return sorted((folder / "runs" / "runs").iterdir())


def test_makes_a_run_and_a_site(job):
    folder, answer = job
    assert answer.code == 0, answer.err
    (run,) = runs(folder)
    assert answer.out.strip() == run.name
    assert "alphabet: sorted, from id 1" in answer.err
    assert "epoch" not in answer.err
    assert (folder / "site" / "neurons" / "l1" / "n8.html").is_file()
    assert len((run / "sample.txt").read_text(encoding="utf-8")) == 120


def test_says_where_it_comes_from(job):
    folder, _ = job
    (run,) = runs(folder)
    imported = json.loads((run / "import.json").read_text())
    assert imported["file"] == "model.pt" and imported["reader"] == "PyTorch state dict"
    assert imported["self_check"] < 1e-5 and imported["self_check_characters"] == 400
    assert imported["no_characters"] == 1
    manifest = json.loads((run / "MANIFEST.json").read_text())
    assert manifest["inputs"]["train"]["network"]["from"]["sha256"] == imported["sha256"]
    page = (folder / "site" / "run.html").read_text(encoding="utf-8")
    for part in (imported["sha256"], "two biases", "folded into the first", "is not known"):
        assert part in page
    assert str(folder) not in page + (run / "config.yml").read_text()


def test_the_network_is_the_one_of_the_file(job):
    folder, _ = job
    (run,) = runs(folder)
    weights = np.load(run / "weights.npz")
    np.testing.assert_allclose(weights["layer1.kernel"][:9], NETWORK.layers[0].kernel)
    probe = np.load(run / "probe.npz")
    letters = json.loads((run / "corpus.json").read_text())["alphabet"]
    assert letters == [*ALPHABET, "\ufffd"]
    text = "".join(letters[number] for number in probe["ids"])
    assert text == TEXT[-1_200:][:400]
    following = np.exp(NETWORK.output_kernel * np.tanh(np.tanh(5)))[
        [ALPHABET.index(c) for c in text]
    ]
    np.testing.assert_allclose(probe["probabilities"][:, :9], following, atol=2e-3)


def test_a_nightly_job_on_a_model_that_changes(job):
    folder, _ = job
    configured(folder, **{"from": "model.pt"})
    (run,) = runs(folder)
    site = tree(folder / "site")
    assert neuronario(folder, "run", "--quiet") == Answer(0, "", "")
    assert runs(folder) == [run] and tree(folder / "site") == site
    write_model(folder, scale=0.9)
    explained = neuronario(folder, "run", "--explain").out
    assert re.fullmatch(r'network\.from\.sha256: ".*" -> ".*" \(train again\)\n', explained)
    answer = neuronario(folder, "run", "--quiet", "--no-publish")
    assert answer == Answer(0, "", ""), answer.err
    assert len(runs(folder)) == 2
    difference = neuronario(folder, "diff", "previous", "latest").out
    assert "model file" in difference
    assert "nothing to train" in neuronario(folder, "train").err


@pytest.mark.long
@pytest.mark.parametrize("cell", [GRU, GRU_RESET_BEFORE, RNN], ids=lambda cell: cell.name)
def test_other_cells(tmp_path, cell):
    network = made.bigram_network(TEXT, ALPHABET, cell)
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    made.write_npz(tmp_path / "model.npz", network.arrays())
    configured(tmp_path)
    answer = neuronario(tmp_path, "import", "model.npz", "--text", "text.txt")
    assert answer.code == 0, answer.err
    (run,) = runs(tmp_path)
    assert json.loads((run / "import.json").read_text())["self_check"] < 1e-5
    probe = np.load(run / "probe.npz")
    assert ("layer1.update_gate" in probe) == (cell != RNN)
    assert "layer1.forget_gate" not in probe
    following = np.exp(network.output_kernel * np.tanh(5))[probe["ids"]]
    np.testing.assert_allclose(probe["probabilities"], following, atol=2e-3)
    page = (tmp_path / "site" / "neurons" / "l1" / "n8.html").read_text(encoding="utf-8")
    assert "NumPy archive (.npz)" in page[page.index("n-provenance") :]


def test_a_bad_file_leaves_the_site_alone(job):
    folder, _ = job
    site = tree(folder / "site")
    (folder / "bad.pt").write_bytes(b"\x80\x02cos\nsystem\n")
    answer = neuronario(folder, "import", "bad.pt", "--text", "text.txt")
    assert answer.code == 65 and "bare pickle" in answer.err and answer.err.count("\n") == 1
    assert tree(folder / "site") == site
