"""Small networks and texts that the engine's tests share."""

import numpy as np

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.model.cell import CELLS, LSTM
from jobs.model.network import Network, initial_network, network_from_arrays

SIZES = [(5,), (4, 6), (5, 3, 4)]
TRAINED = list(CELLS.values())


def random_network(alphabet=7, sizes=(4, 6), seed=1, cell=LSTM) -> Network:
    """Weights large enough that states move and gates open and close; one ``cell``, or one of each
    layer.
    """
    cells = cell if isinstance(cell, tuple) else (cell,) * len(sizes)
    generator = np.random.default_rng(seed)
    arrays = initial_network(alphabet, sizes, seed, cells).arrays()
    return network_from_arrays(
        {
            name: generator.normal(0.0, 0.8, array.shape).astype(np.float32)
            for name, array in arrays.items()
        },
        cells,
    )


def keras_layer(layer, **options):
    """Keras' own layer of the same kind, its weights not yet set."""
    import tensorflow as tf

    kinds = {"lstm": "LSTM", "gru": "GRU", "gru_reset_before": "GRU", "rnn": "SimpleRNN"}
    if kinds[layer.cell.name] == "GRU":
        options["reset_after"] = layer.cell.recurrent_bias
    penalty = options.pop("activity_regularizer", None)
    made = getattr(tf.keras.layers, kinds[layer.cell.name])(layer.units, **options)
    made.activity_regularizer = penalty  # Keras' SimpleRNN forgets it when it is made
    return made


def random_ids(length, alphabet=7, seed=2):
    return np.random.default_rng(seed).integers(0, alphabet, length).astype(np.int32)


def corpus_of(text: str, held_out=0.1) -> Corpus:
    alphabet = tuple(sorted(set(text)))
    ids = np.array([alphabet.index(character) for character in text], np.int32)
    return Corpus(
        name="test",
        ids=ids,
        alphabet=alphabet,
        held_out_start=len(text) - max(1, int(len(text) * held_out)),
        sha256="0" * 64,
        encoding="utf-8",
        bytes=len(text),
        notes=(),
        entropy=None,
    )


PATTERN = corpus_of("<a>12</a>\n<b>34</b>\n" * 60)


def config_of(layers=(6, 5), seed=3, cell="lstm", **training) -> Config:
    defaults = {"epochs": 4, "batch": 8, "chunk": 10, "window": 8, "stride": 3}
    defaults |= {"schedule": "constant", "clip_norm": 0.0}
    return Config.model_validate(
        {
            "schema": 1,
            "seed": seed,
            "corpus": {"builtin": "xml"},
            "network": {"layers": tuple(layers), "cell": cell},
            "training": {**defaults, "learning_rate": 0.02, **training},
        }
    )


def assert_same_bits(left: Network, right: Network) -> None:
    for name, array in left.arrays().items():
        np.testing.assert_array_equal(array, right.arrays()[name], err_msg=name)
