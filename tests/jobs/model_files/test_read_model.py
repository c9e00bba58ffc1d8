"""Every format against plain equations: states and probabilities to 1e-5."""

import numpy as np
import pytest

from jobs.errors import ExitCode, NeuronarioError
from jobs.model.network import Layer, Network
from jobs.model_files.fold import folded_network, reordered
from jobs.model_files.forward import log_probabilities
from jobs.model_files.read_model import read_model
from tests.support import checkpoint_files as tables
from tests.support import model_files as made
from tests.support.oracle import Oracle

IDS = np.random.default_rng(5).integers(0, made.V, 40)


def states_and_probabilities(network):
    oracle = Oracle(network)
    rows = [oracle.read(symbol) for symbol in IDS]
    return [np.concatenate([layer[0] for layer in row[0]]) for row in rows], [r[1] for r in rows]


def check(path, expected_states, expected_probabilities):
    """The folded network, and the file's own weights, against what the framework computes."""
    model = read_model(path).model
    network, _ = folded_network(model)
    states, probabilities = states_and_probabilities(network)
    np.testing.assert_allclose(states, expected_states, atol=1e-5, rtol=0)
    np.testing.assert_allclose(probabilities, expected_probabilities, atol=1e-5, rtol=0)
    own = [np.exp(logs[0]) for logs in log_probabilities(model, IDS[:, None])]
    np.testing.assert_allclose(own, expected_probabilities, atol=1e-5, rtol=0)
    return model


def by_pytorch(arrays):
    rows = made.pytorch_reading(arrays, IDS)
    return [np.concatenate(row[0]) for row in rows], [row[1] for row in rows]


def by_keras(arrays, embedding=0):
    """The oracle on the arrays of :func:`keras_arrays`, the embedding looked up by hand."""
    cells = [key for key in arrays if key.endswith("cell/vars/0")]
    layers = [
        Layer(*(arrays[key[:-1] + number].astype(float) for number in "012")) for key in cells
    ]
    if embedding:
        first = arrays["layers/embedding/vars/0"].astype(float) @ layers[0].kernel
        layers[0] = Layer(first, layers[0].recurrent_kernel, layers[0].bias)
    network = Network(tuple(layers), arrays["layers/dense/vars/0"], arrays["layers/dense/vars/1"])
    return states_and_probabilities(network)


@pytest.mark.parametrize("layers", [(4,), (4, 3), (2, 3, 2, 3, 2, 3, 2, 3)])
@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("form", ["pt", "safetensors"])
def test_pytorch(tmp_path, layers, embedding, form):
    arrays = made.pytorch_arrays(layers, embedding)
    write = made.write_pytorch if form == "pt" else made.write_safetensors
    model = check(write(tmp_path / "m.bin", arrays), *by_pytorch(arrays))
    assert model.sizes == layers


@pytest.mark.parametrize(
    "options",
    [{"bias": False}, {"modules": True}, {"prefix": ""}, {"prefix": "module.core.lstm."}],
    ids=str,
)
def test_pytorch_variants(tmp_path, options):
    arrays = made.pytorch_arrays(**options)
    check(made.write_pytorch(tmp_path / "m.pth", arrays), *by_pytorch(arrays))


@pytest.mark.parametrize(
    ("dtype", "storage", "least"),
    [("<f8", "DoubleStorage", 0.0), ("<f2", "HalfStorage", 1e-6), ("", "BFloat16Storage", 1e-4)],
)
def test_other_precisions(tmp_path, dtype, storage, least):
    arrays = made.pytorch_arrays()
    path = made.write_pytorch(tmp_path / "m.pt", arrays, dtype=dtype or "<f4", storage=storage)
    read = read_model(path).model.layers[0].input_weights
    error = np.abs(read - arrays["lstm.weight_ih_l0"]).max()
    assert least <= error < 0.01


def test_a_checkpoint_that_holds_a_state_dict(tmp_path):
    arrays = made.pytorch_arrays()
    tensors = {
        key: made.tensor(str(number), array.shape)
        for number, (key, array) in enumerate(arrays.items())
    }
    outer = b"}(" + made.text("epoch") + made.whole(3) + made.text("model_state_dict")
    outer += made.state_dict(tensors) + b"u"
    path = made.write_pytorch(tmp_path / "m.pt", arrays, pickle=made.pickled(outer))
    check(path, *by_pytorch(arrays))


@pytest.mark.parametrize("embedding", [0, 5])
def test_keras_archive(tmp_path, embedding):
    arrays = made.keras_arrays(embedding=embedding)
    config = made.sequential(*made.keras_layers(embedding=embedding))
    path = made.write_keras(tmp_path / "m.keras", config, arrays)
    check(path, *by_keras(arrays, embedding))


def test_keras_hdf5(tmp_path):
    arrays = made.keras_arrays(seed=3)
    check(made.write_keras_hdf5(tmp_path / "m.h5", arrays=arrays), *by_keras(arrays))


@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("given", ["ckpt.index", "ckpt"])
def test_tensorflow_checkpoint(tmp_path, embedding, given):
    arrays = made.keras_arrays(embedding=embedding)
    tables.write_checkpoint(tmp_path, tables.arrays_of(arrays))
    check(tmp_path / given, *by_keras(arrays, embedding))


@pytest.mark.parametrize("embedding", [0, 5])
def test_numbered_variables_of_a_saved_model(tmp_path, embedding):
    """As Keras 3 exports them: in the order of the layers, twelve of them, not as texts sort."""
    arrays = made.keras_arrays((4, 3, 2, 3), embedding)
    (tmp_path / "model" / "variables").mkdir(parents=True)
    numbered = {f"variables/{number}": array for number, array in enumerate(arrays.values())}
    index = tables.write_checkpoint(tmp_path / "model" / "variables", numbered)
    index.rename(index.with_name("variables.index"))
    shard = index.with_name("ckpt.data-00000-of-00001")
    shard.rename(shard.with_name("variables.data-00000-of-00001"))
    check(tmp_path / "model", *by_keras(arrays, embedding))


def test_a_checkpoint_needs_both_files_and_its_key_holds_both(tmp_path):
    path = tables.write_checkpoint(tmp_path, tables.arrays_of(made.keras_arrays()))
    shard = path.with_name("ckpt.data-00000-of-00001")
    before, data = read_model(path).sha256, shard.read_bytes()
    shard.write_bytes(data[:-4] + b"\0\0\0@")
    assert read_model(path).sha256 != before
    shard.unlink()
    with pytest.raises(NeuronarioError, match="data-00000-of-00001") as caught:
        read_model(path)
    assert caught.value.code == ExitCode.NO_INPUT


@pytest.mark.parametrize("form", ["npz", "safetensors"])
def test_documented_names(tmp_path, form):
    arrays = made.keras_arrays(seed=4)
    names = {
        "layer1.kernel": "layers/lstm/cell/vars/0",
        "layer1.recurrent_kernel": "layers/lstm/cell/vars/1",
        "layer1.bias": "layers/lstm/cell/vars/2",
        "layer2.kernel": "layers/lstm_1/cell/vars/0",
        "layer2.recurrent_kernel": "layers/lstm_1/cell/vars/1",
        "layer2.bias": "layers/lstm_1/cell/vars/2",
        "output.kernel": "layers/dense/vars/0",
        "output.bias": "layers/dense/vars/1",
    }
    own = {key: arrays[place] for key, place in names.items()}
    write = made.write_npz if form == "npz" else made.write_safetensors
    check(write(tmp_path / f"m.{form}", own), *by_keras(arrays))


def test_what_is_passed_over_is_said(tmp_path):
    layers = made.keras_layers()
    layers.insert(2, made.layer("Dropout", rate=0.2))
    wrapped = made.layer("TimeDistributed", layer=layers.pop())
    arrays = made.keras_arrays()
    for number in "01":
        arrays[f"layers/time_distributed/layer/vars/{number}"] = arrays.pop(
            f"layers/dense/vars/{number}"
        )
    config = made.sequential(*layers, wrapped)
    path = made.write_keras(tmp_path / "m.keras", config, arrays)
    moved = {key.replace("time_distributed/layer", "dense"): a for key, a in arrays.items()}
    model = check(path, *by_keras(moved))
    assert model.notes == ("dropout (Dropout) passed: it acts in training only",)


def test_another_order_of_characters_is_the_same_network(tmp_path):
    network, _ = folded_network(read_model(made.write_keras(tmp_path / "m.keras")).model)
    order = np.random.default_rng(1).permutation(made.V)
    moved = Oracle(reordered(network, order))
    plain = Oracle(network)
    for symbol in range(made.V):
        expected = plain.read(order[symbol])[1]
        np.testing.assert_allclose(moved.read(symbol)[1], expected[order], atol=1e-6)
