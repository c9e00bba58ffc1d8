"""Model files made by hand, in the formats of the frameworks, without the frameworks.

``character_arrays`` draws a model in PyTorch's names or in Keras' layout; ``write_*`` put it into
a file. ``pytorch_reading`` is PyTorch's LSTM from its documentation, in float64.
"""

import io
import itertools
import json
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
from safetensors.numpy import save_file

from jobs.model.cell import LSTM
from jobs.model.network import Layer, Network
from tests.support.oracle import sigmoid, softmax

V = 9  # characters of the random models


# --- PyTorch ---------------------------------------------------------------------------------


def pytorch_arrays(layers=(4, 3), embedding=0, bias=True, seed=0, prefix="lstm.", modules=False):
    """A state dict of float32 arrays; ``modules``: one nn.LSTM per layer instead of one stack."""
    random = np.random.default_rng(seed)

    def draw(*shape):
        return random.normal(0, 0.6, shape).astype(np.float32)

    arrays = {}
    inputs = embedding or V
    if embedding:
        arrays["embedding.weight"] = draw(V, embedding)
    for number, units in enumerate(layers):
        name = f"rnn{number}." if modules else prefix
        suffix = "_l0" if modules else f"_l{number}"
        arrays[f"{name}weight_ih{suffix}"] = draw(4 * units, inputs)
        arrays[f"{name}weight_hh{suffix}"] = draw(4 * units, units)
        if bias:
            arrays[f"{name}bias_ih{suffix}"] = draw(4 * units)
            arrays[f"{name}bias_hh{suffix}"] = draw(4 * units)
        inputs = units
    arrays["fc.weight"] = draw(V, inputs)
    arrays["fc.bias"] = draw(V)
    return arrays


def pytorch_reading(arrays, ids):
    """Per character: hidden states of all layers, and the probabilities of the next one."""
    cells = [name for name in arrays if "weight_ih" in name]
    states = [(np.zeros(arrays[name].shape[0] // 4),) * 2 for name in cells]
    rows = []
    for symbol in ids:
        x = np.eye(V)[symbol]
        if "embedding.weight" in arrays:
            x = arrays["embedding.weight"][symbol].astype(float)
        for number, name in enumerate(cells):
            h, c = states[number]
            total = arrays[name].astype(float) @ x
            total = total + arrays[name.replace("weight_ih", "weight_hh")].astype(float) @ h
            for part in ("bias_ih", "bias_hh"):
                total = total + arrays.get(name.replace("weight_ih", part), 0.0)
            i, f, g, o = np.split(total, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            states[number] = (h, c)
            x = h
        p = softmax(arrays["fc.weight"].astype(float) @ x + arrays["fc.bias"])
        rows.append(([h for h, _ in states], p))
    return rows


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def whole(value):
    return b"J" + struct.pack("<i", value)


def tensor(key, shape, stride=None, offset=0, count=None, storage="FloatStorage"):
    """The opcodes that PyTorch writes for one tensor."""
    steps = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    where = b"(" + text("storage") + name("torch", storage) + text(key) + text("cpu")
    where += whole(int(np.prod(shape)) if count is None else count) + b"tQ"
    sizes = b"(" + b"".join(map(whole, shape)) + b"t"
    strides = b"(" + b"".join(map(whole, steps if stride is None else stride)) + b"t"
    rest = b"\x89" + name("collections", "OrderedDict") + b")R"
    return (
        name("torch._utils", "_rebuild_tensor_v2")
        + b"("
        + where
        + whole(offset)
        + sizes
        + strides
        + rest
        + b"tR"
    )


def state_dict(tensors):
    """An OrderedDict of names and the opcodes of their tensors."""
    items = b"".join(text(key) + value for key, value in tensors.items())
    return name("collections", "OrderedDict") + b")R(" + items + b"u"


def pickled(value):
    return b"\x80\x02" + value + b"."


def write_pytorch(path, arrays, pickle=None, extra=(), dtype="<f4", storage="FloatStorage"):
    """``torch.save(state_dict)`` as a zip archive; ``pickle`` replaces its data.pkl."""
    tensors = {
        key: tensor(str(number), array.shape, storage=storage)
        for number, (key, array) in enumerate(arrays.items())
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", pickle or pickled(state_dict(tensors)))
        archive.writestr("m/byteorder", "little")
        for number, array in enumerate(arrays.values()):
            data = array.astype(dtype).tobytes()
            if storage == "BFloat16Storage":
                data = (array.view(np.uint32) >> 16).astype("<u2").tobytes()
            archive.writestr(f"m/data/{number}", data)
        archive.writestr("m/version", "3\n")
        for member, content in extra:
            archive.writestr(member, content)
    return Path(path)


def write_safetensors(path, arrays):
    save_file(arrays, path)
    return Path(path)


# --- Keras -----------------------------------------------------------------------------------


def layer(kind, **config):
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": config.pop("name", kind.lower()), **config},
        "registered_name": None,
    }


def lstm(units, **config):
    base = {
        "units": units,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
        "return_sequences": True,
    }
    return layer("LSTM", **{**base, **config})


def dense(activation="softmax", **config):
    return layer("Dense", units=V, activation=activation, use_bias=True, **config)


def one_hot():
    return layer("InputLayer", batch_shape=[None, None, V])


def sequential(*layers):
    return {"class_name": "Sequential", "config": {"name": "model", "layers": list(layers)}}


def keras_arrays(layers=(4, 3), embedding=0, seed=0):
    """Weights by their place in model.weights.h5."""
    random = np.random.default_rng(seed)

    def draw(*shape):
        return random.normal(0, 0.6, shape).astype(np.float32)

    arrays, inputs = {}, embedding or V
    if embedding:
        arrays["layers/embedding/vars/0"] = draw(V, embedding)
    for number, units in enumerate(layers):
        place = f"layers/lstm{f'_{number}' if number else ''}/cell/vars/"
        arrays[place + "0"] = draw(inputs, 4 * units)
        arrays[place + "1"] = draw(units, 4 * units)
        arrays[place + "2"] = draw(4 * units)
        inputs = units
    arrays["layers/dense/vars/0"] = draw(inputs, V)
    arrays["layers/dense/vars/1"] = draw(V)
    return arrays


def keras_layers(layers=(4, 3), embedding=0):
    first = layer("Embedding", input_dim=V, output_dim=embedding) if embedding else one_hot()
    return [first, *(lstm(units, name=f"l{n}") for n, units in enumerate(layers)), dense()]


def hdf5(arrays, change=None, attributes=None):
    """An HDF5 file in memory; ``change`` gets it open, to do harm."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for place, array in arrays.items():
            file[place] = array
        for key, value in (attributes or {}).items():
            file.attrs[key] = value
        if change:
            change(file)
    return buffer.getvalue()


def write_keras(path, config=None, arrays=None, change=None, weights=None, extra=(), **zipped):
    """A ``.keras`` archive."""
    config = sequential(*keras_layers()) if config is None else config
    with zipfile.ZipFile(path, "w", **zipped) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr(
            "model.weights.h5",
            weights or hdf5(keras_arrays() if arrays is None else arrays, change),
        )
        for member, content in extra:
            archive.writestr(member, content)
    return Path(path)


def write_keras_hdf5(path, config=None, arrays=None, change=None):
    """A whole model in one ``.h5``, with Keras 2's names of weights."""
    arrays = keras_arrays() if arrays is None else arrays
    places = {"kernel:0": "0", "recurrent_kernel:0": "1", "bias:0": "2"}
    renamed = {}
    for number in range(2):
        old = f"layers/lstm{'_1' if number else ''}/cell/vars/"
        for key, short in places.items():
            renamed[f"model_weights/l{number}/l{number}/lstm_cell/{key}"] = arrays[old + short]
    renamed["model_weights/dense/dense/kernel:0"] = arrays["layers/dense/vars/0"]
    renamed["model_weights/dense/dense/bias:0"] = arrays["layers/dense/vars/1"]
    config = sequential(*keras_layers()) if config is None else config
    attributes = {"model_config": json.dumps(config)}
    Path(path).write_bytes(hdf5(renamed, change, attributes))
    return Path(path)


# --- NumPy -----------------------------------------------------------------------------------


def bigram_network(text, alphabet, cell=LSTM):
    """A network whose units are the last character and whose softmax knows what follows it.

    One unit per character: gates wide open, the past forgotten, the candidate the one-hot input.
    """
    size = len(alphabet)
    place = {character: number for number, character in enumerate(alphabet)}
    counts = np.full((size, size), 0.1)
    for one, two in itertools.pairwise(text):
        counts[place[one], place[two]] += 1
    blocks = len(cell.blocks)
    kernel = np.zeros((size, blocks, size), np.float32)
    kernel[:, min(2, blocks - 1)] = 5 * np.eye(size)
    bias = np.zeros((blocks, size), np.float32)
    if cell == LSTM:
        bias[0], bias[1], bias[3] = 12, -12, 12
    elif blocks == 3:
        bias[0] = -12
    bias = bias.ravel()
    if cell.recurrent_bias:
        bias = np.stack([bias, np.zeros_like(bias)])
    state = np.tanh(np.tanh(5)) if cell == LSTM else np.tanh(5)
    logs = np.log(counts / counts.sum(1, keepdims=True)) / state
    zeros = np.zeros((size, blocks * size), np.float32)
    return Network(
        (Layer(kernel.reshape(size, -1), zeros, bias, cell),),
        logs.astype(np.float32),
        np.zeros(size, np.float32),
    )


def write_npz(path, arrays):
    np.savez(path, **arrays)
    return Path(path)
