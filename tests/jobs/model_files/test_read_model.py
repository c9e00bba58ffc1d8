"""Every format against plain equations: states and probabilities to 1e-5."""

import os
from importlib.util import find_spec

import numpy as np
import pytest

from jobs.model.network import Layer, Network
from jobs.model_files.fold import folded_network, reordered
from jobs.model_files.forward import log_probabilities
from jobs.model_files.read_model import read_model
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


KERAS = {
    "one-hot": ["lstm", "lstm"],
    "embedding": ["embedding", "lstm"],
    "no bias": ["no bias", "lstm"],
    "last only": ["lstm", "last"],
    "dropout inside": ["dropout inside"],
    "dropout": ["lstm", "dropout", "lstm", "time distributed"],
    "functional": ["functional"],
}


@pytest.mark.parametrize("form", ["keras", "h5"])
@pytest.mark.parametrize("parts", KERAS.values(), ids=KERAS)
def test_the_real_keras(tmp_path, parts, form):
    """States and probabilities of models that Keras itself made and saved."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = pytest.importorskip("keras")
    model, states = real_keras(keras, parts)
    path = tmp_path / f"m.{form}"
    model.save(path)
    inputs = IDS[None] if "embedding" in parts else np.eye(made.V, dtype=np.float32)[IDS][None]
    probabilities = np.stack(
        [np.asarray(model(inputs[:, : step + 1])).reshape(-1, made.V)[-1] for step in (0, 7, 39)]
    )
    network, _ = folded_network(read_model(path).model)
    found_states, found = states_and_probabilities(network)
    np.testing.assert_allclose(np.array(found)[[0, 7, 39]], probabilities, atol=1e-5, rtol=0)
    expected = np.asarray(states(inputs))[0]
    units = network.layers[0].units
    np.testing.assert_allclose(np.array(found_states)[:, :units], expected, atol=1e-5, rtol=0)


def real_keras(keras, parts):
    """A model with random weights, and one for the states of its first LSTM layer."""
    L = keras.layers
    keras.utils.set_random_seed(7)
    make = {
        "lstm": lambda: L.LSTM(4, return_sequences=True, bias_initializer="random_normal"),
        "no bias": lambda: L.LSTM(3, return_sequences=True, use_bias=False),
        "last": lambda: L.LSTM(3),
        "dropout inside": lambda: L.LSTM(4, return_sequences=True, dropout=0.3),
        "dropout": lambda: L.Dropout(0.2),
        "embedding": lambda: L.Embedding(made.V, 5),
    }
    shape = (None,) if "embedding" in parts else (None, made.V)
    inputs = x = keras.Input(shape)
    if parts == ["functional"]:  # names that mislead: the reader must not go by them
        first = x = L.LSTM(4, return_sequences=True, name="dense")(x)
        x = L.LSTM(3, return_sequences=True, name="lstm_7")(x)
        outputs = L.Dense(made.V, activation="softmax", name="lstm")(x)
        return keras.Model(inputs, outputs), keras.Model(inputs, first)
    built = [make[part]() for part in parts if part in make]
    end = L.Dense(made.V, activation="softmax", bias_initializer="random_normal")
    built.append(L.TimeDistributed(end) if "time distributed" in parts else end)
    model = keras.Sequential([inputs, *built])
    first = next(layer for layer in model.layers if isinstance(layer, L.LSTM))
    return model, keras.Model(model.inputs[0], first.output)


@pytest.mark.skipif(find_spec("torch") is None, reason="the group `bench` installs torch")
@pytest.mark.parametrize("embedding", [0, 5])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_real_pytorch(tmp_path, embedding, layers):
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(made.V, 5) if embedding else None
            self.lstm = nn.LSTM(embedding or made.V, 4, layers, batch_first=True)
            self.fc = nn.Linear(4, made.V)

    torch.manual_seed(3)
    model = Model()
    path = tmp_path / "m.pt"
    torch.save(model.state_dict(), path)
    ids = torch.tensor(IDS)[None]
    x = model.embedding(ids) if embedding else torch.eye(made.V)[ids]
    hidden, _ = model.lstm(x)
    expected = torch.softmax(model.fc(hidden), -1)[0].detach().numpy()
    network, _ = folded_network(read_model(path).model)
    states, found = states_and_probabilities(network)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)
    np.testing.assert_allclose(
        np.array(states)[:, -4:], hidden[0].detach().numpy(), atol=1e-5, rtol=0
    )
