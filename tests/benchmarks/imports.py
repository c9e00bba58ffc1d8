"""Models of the real frameworks, read back: how exactly, and whole sites of what tutorials build.

    python -m tests.benchmarks.imports references    # a table; PyTorch where it is installed
    python -m tests.benchmarks.imports tutorials [--keep DIR] [--only gru]
    python -m tests.benchmarks.imports hostile       # how long each is read until it is refused

``tutorials`` trains, with Keras and for minutes, the text generators of three public tutorials as
their authors wrote them, smaller and shorter: TensorFlow's "Text generation with an RNN"
(StringLookup, embedding, GRU, logits, a subclassed model kept as a checkpoint), Keras'
lstm_text_generation (one LSTM of 128 on one-hot windows of 40) and two LSTM layers with dropout.
Each is imported by the real command line. The one that feeds ids divided by their number is
refused.
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import numpy as np

from jobs.errors import NeuronarioError
from jobs.model_files.read_model import read_model
from tests.support.command_line import neuronario
from tests.support.hostile_models import HOSTILE
from tests.support.places import CORPORA
from tests.support.reference_models import Case, keras_cases, pytorch_cases

CHARACTERS = 120_000  # of each text
CONFIG = "extends: default\nprobe: {characters: 3000}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("references", "tutorials", "hostile"))
    parser.add_argument("--keep", type=Path, help="a new folder for models, runs and sites")
    parser.add_argument("--only", choices=TUTORIALS, help="one tutorial")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if options.what == "references":
        references()
        return
    if options.what == "hostile":
        hostile()
        return
    folder = options.keep or Path(tempfile.mkdtemp())
    for name, (train, arguments) in TUTORIALS.items():
        if options.only in (None, name):
            (folder / name).mkdir(parents=True)
            tutorial(name, folder / name, train, arguments)


def hostile() -> None:
    """Processor time until each hostile file is refused; what the first round imports is not in."""
    with tempfile.TemporaryDirectory() as name:
        spent = []
        for number, (kind, (write, _)) in enumerate([*HOSTILE.items()] * 2):
            folder = Path(name, str(number))
            folder.mkdir()
            path = write(folder)
            begun = time.process_time()
            try:
                read_model(path)
            except NeuronarioError:
                spent.append((time.process_time() - begun, kind))
    spent = sorted(spent[len(HOSTILE) :], reverse=True)
    print(f"{len(spent)} of {len(HOSTILE)} files refused; the slowest:")
    for seconds, kind in spent[:5]:
        print(f"{1e3 * seconds:.0f} ms  {kind}")


def references() -> None:
    """A row per kind of model: the largest differences over its files and numbers of layers."""
    from tests.jobs.model_files.test_reference_models import largest_differences

    cases: Iterator[Case] = keras_cases()
    if find_spec("torch") is None:
        print("PyTorch is not installed (group `bench`): its models are left out.\n")
    else:
        cases = chain(cases, pytorch_cases())
    rows: dict[tuple[str, str, str, str], list[tuple[float, ...]]] = {}
    for case in cases:
        differences = largest_differences(case, Path(tempfile.mkdtemp()))
        cell = " + ".join(dict.fromkeys(case.cells)).replace("GRU before", "GRU, reset before")
        special = " ".join([*(f"{key}={value}" for key, value in case.options), case.extra]).strip()
        shape = "embedding" if case.embedding else "one-hot"
        rows.setdefault((case.framework, cell, shape, special), []).append(differences)
    print("| made by | cell | input | special | models | states | probabilities |")
    print("|---|---|---|---|---|---|---|")
    for key, found in rows.items():
        states, folded, own = np.max(found, axis=0)
        print(f"| {' | '.join(key)} | {len(found)} | {states:.1e} | {max(folded, own):.1e} |")
    count, worst = sum(map(len, rows.values())), np.max([*chain(*rows.values())])
    print(f"\n{count} models, largest difference {worst:.1e}")


def tutorial(name: str, folder: Path, train: Callable[[Path], str], arguments: list[str]) -> None:
    """Train, import, say what came of it."""
    began = time.perf_counter()
    model = train(folder)
    trained = time.perf_counter() - began
    (folder / "neuronario.yml").write_text(CONFIG, encoding="utf-8")
    began = time.perf_counter()
    line = ("import", model, "--text", "text.txt", *arguments)
    answer = neuronario(folder, *line, seconds=None)
    seconds = time.perf_counter() - began
    print(f"{name}: trained in {trained:.0f} s; import {seconds:.0f} s, exit code {answer.code}")
    for line in answer.err.splitlines():
        if re.search(r"sha256|alphabet:|not imported", line):
            print(f"  {line.strip()}")
    if answer.code == 0:
        (run,) = (folder / "runs" / "runs").iterdir()
        metrics = json.loads((run / "import.json").read_text(encoding="utf-8"))
        pages = len(list((folder / "site").rglob("*.html")))
        print(f"  self-check {metrics['self_check']:.1e}, {pages} pages in {folder / 'site'}")


def _text(folder: Path, corpus: str, *, lower: bool = False) -> str:
    text = (CORPORA / corpus).read_text(encoding="utf-8")[:CHARACTERS]
    text = text.lower().replace("\n", " ") if lower else text
    (folder / "text.txt").write_text(text, encoding="utf-8")
    return text


def text_generation_with_an_rnn(folder: Path) -> str:
    """www.tensorflow.org/text/tutorials/text_generation, GRU of 128 instead of 1,024."""
    import keras
    import tensorflow as tf

    text = _text(folder, "tinyshakespeare.txt")
    vocabulary = sorted(set(text))
    ids_of = keras.layers.StringLookup(vocabulary=vocabulary, mask_token=None)
    ids = ids_of(tf.strings.unicode_split(text, "UTF-8"))
    data = tf.data.Dataset.from_tensor_slices(ids).batch(101, drop_remainder=True)
    data = data.map(lambda row: (row[:-1], row[1:])).shuffle(10_000, seed=1)
    data = data.batch(32, drop_remainder=True).cache()

    class MyModel(keras.Model):  # type: ignore[misc]
        def __init__(self, size: int) -> None:
            super().__init__()
            self.embedding = keras.layers.Embedding(size, 256)
            self.gru = keras.layers.GRU(128, return_sequences=True, return_state=True)
            self.dense = keras.layers.Dense(size)

        def call(self, inputs, training=False):  # type: ignore[no-untyped-def]
            x, _ = self.gru(self.embedding(inputs, training=training), training=training)
            return self.dense(x, training=training)

    model = MyModel(len(ids_of.get_vocabulary()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss)
    model.fit(data, epochs=6, verbose=0)
    tf.train.Checkpoint(model).write(str(folder / "ckpt_6"))
    return "ckpt_6"


def lstm_text_generation(folder: Path) -> str:
    """keras.io/examples/generative/lstm_character_level_text_generation, every 7th window."""
    import keras
    from keras import layers

    text = _text(folder, "nietzsche.txt", lower=True)
    chars = sorted(set(text))
    char_indices = {c: i for i, c in enumerate(chars)}
    maxlen, step = 40, 7
    starts = range(0, len(text) - maxlen, step)
    x = np.zeros((len(starts), maxlen, len(chars)), dtype="bool")
    y = np.zeros((len(starts), len(chars)), dtype="bool")
    for i, start in enumerate(starts):
        for t, char in enumerate(text[start : start + maxlen]):
            x[i, t, char_indices[char]] = 1
        y[i, char_indices[text[start + maxlen]]] = 1
    model = keras.Sequential(
        [
            keras.Input(shape=(maxlen, len(chars))),
            layers.LSTM(128),
            layers.Dense(len(chars), activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(0.01))
    model.fit(x, y, batch_size=128, epochs=4, verbose=0)
    model.save(folder / "model.keras")
    return "model.keras"


def two_layers_with_dropout(folder: Path) -> str:
    """Two LSTM layers with dropout, one-hot, every character predicted, kept as HDF5."""
    import keras
    from keras import layers

    text = _text(folder, "tinyshakespeare.txt")
    chars = sorted(set(text))
    places = {character: number for number, character in enumerate(chars)}
    ids = np.array([places[character] for character in text])
    rows = ids[: len(ids) // 61 * 61].reshape(-1, 61)
    model = keras.Sequential(
        [
            keras.Input((None, len(chars))),
            layers.LSTM(128, return_sequences=True),
            layers.Dropout(0.2),
            layers.LSTM(128, return_sequences=True),
            layers.Dropout(0.2),
            layers.TimeDistributed(layers.Dense(len(chars), activation="softmax")),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.005))
    one_hot = np.eye(len(chars), dtype=np.float32)[rows[:, :-1]]
    model.fit(one_hot, rows[:, 1:], batch_size=32, epochs=4, verbose=0)
    model.save(folder / "model.h5")
    return "model.h5"


def ids_divided_by_their_number(folder: Path) -> str:
    """One number a step, id / V, as machinelearningmastery.com has it: nothing here reads that."""
    import keras
    from keras import layers

    text = _text(folder, "tinyshakespeare.txt", lower=True)
    keras.Sequential(
        [
            keras.Input((100, 1)),
            layers.LSTM(64, return_sequences=True),
            layers.Dropout(0.2),
            layers.LSTM(64),
            layers.Dropout(0.2),
            layers.Dense(len(set(text)), activation="softmax"),
        ]
    ).save(folder / "model.keras")
    return "model.keras"


TUTORIALS: dict[str, tuple[Callable[[Path], str], list[str]]] = {
    "gru": (text_generation_with_an_rnn, []),
    "windows": (lstm_text_generation, ["--window", "40"]),
    "dropout": (two_layers_with_dropout, []),
    "scaled": (ids_divided_by_their_number, []),
}

if __name__ == "__main__":
    main()
