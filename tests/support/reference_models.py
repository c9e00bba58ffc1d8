"""Models that the real frameworks make, save and run: what the readers of model files must equal.

PyTorch is in the optional group ``bench``; Keras comes with TensorFlow.
"""

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

V, EMBEDDING, UNITS = 9, 5, 4
IDS = np.random.default_rng(5).integers(0, V, 40)


@dataclass(frozen=True)
class Case:
    """One model: which framework, cells of its layers, input, file, and what is unusual."""

    framework: str
    cells: tuple[str, ...]
    embedding: bool
    form: str  # the file's ending
    options: tuple[tuple[str, object], ...] = ()  # of each recurrent layer
    extra: str = ""  # "functional", "dropout", "last"

    def __str__(self):
        kinds = dict.fromkeys(self.cells)
        what = [self.framework, f"{len(self.cells)} x {'+'.join(kinds)}"]
        what += ["embedding" if self.embedding else "one-hot", self.form]
        return ", ".join([*what, *(f"{key}={value}" for key, value in self.options), self.extra])


@dataclass(frozen=True)
class Reading:
    """What the framework computes over IDS: hidden states (T, sum of units), (T, V)."""

    path: Path
    states: np.ndarray
    probabilities: np.ndarray


def keras_cases():
    """Cells x input x format x layers, then what is unusual."""
    cells = ("LSTM", "GRU", "GRU before", "SimpleRNN")
    for cell, embedding, form, layers in itertools.product(
        cells, (False, True), ("keras", "h5"), (1, 2)
    ):
        yield Case("Keras", (cell,) * layers, embedding, form)
    for form in ("index", "saved model"):
        for cell, embedding in itertools.product(cells, (False, True)):
            yield Case("Keras", (cell,) * 2, embedding, form)
    for form in ("keras", "h5"):
        yield Case("Keras", ("GRU", "LSTM", "SimpleRNN"), True, form)
        yield Case("Keras", ("LSTM", "GRU before") * 4, False, form)
        for cell in cells[:3]:
            hard = (("recurrent_activation", "hard_sigmoid"),)
            yield Case("Keras", (cell,) * 2, False, form, hard)
        for cell in cells:
            yield Case("Keras", (cell,) * 2, True, form, (("activation", "relu"),))
            yield Case("Keras", (cell,) * 2, False, form, (("use_bias", False),))
        for extra in ("functional", "dropout", "last"):
            yield Case("Keras", ("LSTM", "LSTM"), False, form, (), extra)


def pytorch_cases():
    """Cells x input x format x layers; without bias."""
    cells, forms = ("LSTM", "GRU", "RNN"), ("pt", "safetensors")
    for cell, embedding, form, layers in itertools.product(cells, (False, True), forms, (1, 2, 8)):
        yield Case("PyTorch", (cell,) * layers, embedding, form)
    for cell, form in itertools.product(cells, forms):
        yield Case("PyTorch", (cell,) * 2, False, form, (("bias", False),))


def made(case, folder):
    """The case's model with random weights, saved in ``folder`` and read by its framework."""
    return (_keras if case.framework == "Keras" else _pytorch)(case, Path(folder))


def _keras(case, folder):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    keras.utils.set_random_seed(7)
    layers = keras.layers
    inputs = x = keras.Input((None,) if case.embedding else (None, V))
    if case.embedding:
        x = layers.Embedding(V, EMBEDDING)(x)
    states = []
    for number, cell in enumerate(case.cells):
        kind, _, before = cell.partition(" ")
        options = dict(case.options) | ({"reset_after": False} if before else {})
        if case.extra == "functional":  # names that mislead: a reader must not go by them
            options["name"] = ("dense", "lstm_7")[number]
        if case.extra == "dropout":
            options |= {"dropout": 0.3, "recurrent_dropout": 0.2}
        layer = getattr(layers, kind)(
            UNITS - number % 2,
            return_sequences=True,
            bias_initializer="random_normal",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.6),
            **options,
        )
        x = layer(x)
        states.append(x)
        if case.extra == "dropout":
            x = layers.Dropout(0.2)(x)
    end = layers.Dense(V, "softmax", bias_initializer="random_normal")
    all_steps = keras.Model(inputs, [*states, end(x)])
    model = keras.Model(inputs, end(x))
    if case.extra == "last":  # as Keras' lstm_text_generation: the last layer hands on one state
        stack = [layer for layer in model.layers if isinstance(layer, layers.LSTM)]
        last = layers.LSTM.from_config({**stack[-1].get_config(), "return_sequences": False})
        short = keras.Sequential([keras.Input((None, V)), stack[0], last, end])
        last.set_weights(stack[-1].get_weights())
        model = short
    path = folder / f"model.{case.form}"
    if case.form == "index":
        import tensorflow as tf

        tf.train.Checkpoint(model).write(str(folder / "model"))
    elif case.form == "saved model":
        model.export(path, verbose=False)
    else:
        model.save(path)
    read = IDS[None] if case.embedding else np.eye(V, dtype=np.float32)[IDS][None]
    *hidden, probabilities = (np.asarray(value)[0] for value in all_steps(read))
    return Reading(path, np.concatenate(hidden, axis=1), probabilities)


def _pytorch(case, folder):
    import torch
    from safetensors.numpy import save_file
    from torch import nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(V, EMBEDDING) if case.embedding else None
            kind = getattr(nn, case.cells[0])
            inputs = EMBEDDING if case.embedding else V
            self.rnn = kind(inputs, UNITS, len(case.cells), batch_first=True, **dict(case.options))
            self.fc = nn.Linear(UNITS, V)

    torch.manual_seed(3)
    model = Model()
    path = folder / f"model.{case.form}"
    if case.form == "pt":
        torch.save(model.state_dict(), path)
    else:
        save_file({name: array.numpy() for name, array in model.state_dict().items()}, path)
    with torch.no_grad():
        ids = torch.tensor(IDS)[None]
        x = model.embedding(ids) if case.embedding else torch.eye(V)[ids]
        states, weights = [], model.state_dict()
        for number in range(len(case.cells)):  # layer by layer, for the states of each
            layer = getattr(nn, case.cells[0])(x.shape[-1], UNITS, 1, batch_first=True)
            for name, array in layer.named_parameters():
                stored = weights.get(f"rnn.{name.replace('_l0', f'_l{number}')}")
                array.copy_(torch.zeros_like(array) if stored is None else stored)
            x, _ = layer(x)
            states.append(x[0].numpy())
        whole, _ = model.rnn(model.embedding(ids) if case.embedding else torch.eye(V)[ids])
        assert torch.equal(whole, x)
        probabilities = torch.softmax(model.fc(whole), -1)[0].numpy()
    return Reading(path, np.concatenate(states, axis=1), probabilities)
