"""A catalogue of model files that are to be refused: how each is written, and words of its reason.

Files that want to run code, fill the memory or read other files; and models that do not fit.
"""

import pickle
import zipfile

import numpy as np

from tests.support import checkpoint_files as tables
from tests.support import model_files as made
from tests.support.hostile_files import (
    KERNEL,
    Evil,
    between,
    bidirectional,
    branch,
    calls_system,
    cell_of,
    checkpoint_with,
    chunked,
    external_link,
    external_storage,
    keras_of,
    keras_with,
    loop,
    many_groups,
    nan_weights,
    npy,
    one_tensor,
    other,
    overlapping,
    pickle_with,
    raw,
    safetensors_bytes,
    same_bytes,
    soft_link,
    state,
    table_with,
    unwritten,
    variable,
    virtual,
    words,
    zipped,
)

HOSTILE = {
    # HDF5 that leads out of itself or is larger than it is
    "external link": (keras_with(external_link), "is a link"),
    "external link on the way": (keras_with(external_link, "layers/lstm/cell"), "is a link"),
    "soft link": (keras_with(soft_link), "is a link"),
    "external storage": (keras_with(external_storage), "kept in another file"),
    "virtual data set": (keras_with(virtual), "virtual data set"),
    "120 GB that nobody wrote": (keras_with(unwritten), "claims"),
    "compressed bomb in HDF5": (keras_with(chunked), "in chunks"),
    "groups in a circle": (keras_with(loop), "deep"),
    "groups in groups": (keras_with(many_groups), "deep"),
    "texts as weights": (keras_with(words), "not numbers"),
    "damaged HDF5": (raw(made.hdf5(made.keras_arrays())[:3_000]), "HDF5"),
    # zip
    "zip bomb": (
        zipped([("config.json", b" " * 50_000_000)], compression=zipfile.ZIP_DEFLATED),
        "is compressed",
    ),
    "members that overlap": (overlapping, "claim"),
    "huge configuration": (zipped([("config.json", b" " * 9_000_000)]), "at most 8,000,000"),
    "nested configuration": (
        lambda folder: made.write_keras(folder / "m.keras", "[" * 100_000),
        "not JSON",
    ),
    "no zip": (raw(b"PK\x03\x04" + bytes(100)), "not a readable zip"),
    # arrays
    "object array": (
        zipped(
            [
                (
                    "embedding.npy",
                    npy(
                        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                        pickle.dumps(Evil()),
                    ),
                )
            ]
        ),
        "no plain array",
    ),
    "array of 4 TB": (
        zipped(
            [
                (
                    "embedding.npy",
                    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"),
                )
            ]
        ),
        "longer or shorter",
    ),
    "header that is code": (
        zipped([("embedding.npy", npy("__import__('os').system('touch ran')"))]),
        "no plain array",
    ),
    "safetensors beyond the file": (
        raw(
            safetensors_bytes(
                {"fc.weight": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}
            )
        ),
        "not a readable .safetensors",
    ),
    "safetensors of whole numbers": (
        raw(
            safetensors_bytes(
                {"fc.weight": {"dtype": "I8", "shape": [1, 1], "data_offsets": [0, 1]}}, b"x"
            )
        ),
        "type I8",
    ),
    # pickles
    "os.system": (pickle_with(calls_system), "names 'os.system'"),
    "eval, newer protocol": (
        pickle_with(pickle.dumps(Evil(), 4)),
        "names 'builtins.eval'",
    ),
    "a whole module": (
        pickle_with(made.pickled(made.name("__main__", "Model") + b")\x81")),
        "'__main__.Model'",
    ),
    "call of an attribute": (
        pickle_with(made.pickled(made.name("torch._utils", "_rebuild_tensor_v2.__globals__"))),
        "names",
    ),
    "instance opcode": (
        pickle_with(b"\x80\x02(ios\nsystem\n."),
        "opcode b'i'",
    ),
    "extension opcode": (pickle_with(b"\x80\x02\x82\x01."), "opcode"),
    "tensor that repeats a value": (pickle_with(one_tensor(stride=(0, 0), count=1)), "claims"),
    "tensor beyond its storage": (pickle_with(one_tensor(offset=1 << 30)), "claims"),
    "storage beyond its member": (pickle_with(one_tensor(count=1 << 30)), "claims"),
    "tensor stored by columns": (pickle_with(one_tensor(stride=(1, 16))), "row by row"),
    "pickle that ends early": (pickle_with(b"\x80\x02X\xff\xff\xff\xff"), "ends too early"),
    "pickle without end": (pickle_with(b"\x80\x02" + b"}" * 60_000), "steps"),
    "text as a number": (pickle_with(b"\x80\x02h\x05."), "damaged"),
    "bare pickle": (raw(pickle.dumps(Evil(), 2)), "bare pickle"),
    "TorchScript": (
        lambda folder: made.write_pytorch(
            folder / "m.pt", made.pytorch_arrays(), extra=[("m/code/x.py", "import os")]
        ),
        "TorchScript",
    ),
    "other byte order": (
        zipped([("m/data.pkl", b"."), ("m/byteorder", "big")]),
        "byte order",
    ),
    # Keras configurations that run code or are no chain of LSTM layers
    "Lambda": (
        between(made.layer("Lambda", function=["4wEAAAA=", None, None])),
        "'Lambda': it holds",
    ),
    "own class": (
        between({**made.layer("Cell"), "registered_name": "mine>Cell", "module": "os"}),
        "author's own",
    ),
    "own model": (keras_of(*made.keras_layers(), kind="MyModel"), "author's own class, 'MyModel'"),
    "bidirectional": (bidirectional(), "reads the future"),
    "attention": (between(made.layer("MultiHeadAttention")), "attention"),
    "layer normalisation": (between(made.layer("LayerNormalization")), "normalisation"),
    "GRU": (between(made.layer("GRU", recurrent_activation="softplus")), "softplus"),
    "SimpleRNN": (between(made.layer("SimpleRNN", activation="elu")), "tanh and relu"),
    "two outputs": (keras_of(*made.keras_layers(), made.dense(name="d2")), "more than one output"),
    "hard sigmoid": (
        between(made.lstm(4, recurrent_activation="hard_sigmoid")),
        "hard_sigmoid",
    ),
    "selu": (between(made.lstm(4, activation="selu")), "selu"),
    "backwards": (between(made.lstm(4, go_backwards=True)), "backwards"),
    "sigmoid output": (
        keras_of(*made.keras_layers()[:-1], made.dense("sigmoid")),
        "'sigmoid'",
    ),
    "branches": (branch, "chain"),
    "words": (
        keras_of(
            made.layer("InputLayer", batch_shape=[None, None]),
            made.layer("StringLookup", vocabulary=["the", "of", "and", "to", "a", "in", "is"]),
            *made.keras_layers(embedding=5)[0:],
            arrays=made.keras_arrays(embedding=5),
        ),
        "vocabulary of words",
    ),
    "text that is changed": (
        keras_of(
            made.layer("TextVectorization", split="character", standardize="lower"),
            *made.keras_layers(embedding=5),
            arrays=made.keras_arrays(embedding=5),
        ),
        "changes the text",
    ),
    "units that the file has not": (
        lambda folder: made.write_keras(folder / "m.keras", change=lambda f: f.__delitem__(KERNEL)),
        "no kernel",
    ),
    "ids divided by their number": (
        lambda folder: made.write_keras(
            folder / "m.keras",
            made.sequential(
                made.layer("InputLayer", batch_shape=[None, 100, 1]), *made.keras_layers()[1:]
            ),
        ),
        "one number a step",
    ),
    # state dicts of other models
    "bidirectional state": (state(other("lstm.weight_ih_l0_reverse", 16, 9)), "reads the future"),
    "projection": (state(other("lstm.weight_hr_l0", 2, 4)), "projections"),
    "normalised state": (state(other("ln.weight", 4)), "normalis"),
    "batch norm": (state(other("bn.running_mean", 4)), "normalisation"),
    "attention state": (state(other("attn.in_proj_weight", 4, 4)), "attention"),
    "convolution": (state(other("conv.weight", 4, 4, 3)), "convolutions"),
    "two linear layers": (
        state(lambda a: a.update({"b.weight": np.ones((9, 3), "f4"), "b.bias": np.ones(9, "f4")})),
        "more than one output layer",
    ),
    "cell of two gates": (state(cell_of(2)), "no LSTM (4 a unit)"),
    "not a number": (state(nan_weights), "NaN"),
    "other shape": (state(other("fc.bias", 8)), "shape"),
    # checkpoints of TensorFlow
    "variable beyond the file": (variable(tables.entry(1, (9,), 1 << 40, 36)), "does not have"),
    "variable of 4 TB": (variable(tables.entry(1, (1 << 20, 1 << 20), 0, 1 << 42)), "claims more"),
    "variable larger than its bytes": (
        variable(tables.entry(1, (4, 1 << 40), 0, 12)),
        "does not have",
    ),
    "the same bytes a thousand times": (same_bytes, "claims more"),
    "another shard": (variable(tables.entry(1, (4, 16), 0, 256, shard=3)), "index is damaged"),
    "slices": (variable(tables.entry(1, (4, 16), 0, 256, extra=tables.field(7, b""))), "in slices"),
    "many axes": (variable(tables.entry(1, (1,) * 9, 0, 4)), "9 axes"),
    "two shards": (table_with(header=tables.field(1, 2)), "more than one file"),
    "big-endian": (table_with(header=tables.field(2, 1)), "byte order"),
    "compressed index": (table_with(kind=1), "compressed"),
    "restarts without end": (
        table_with(index=lambda data: data.replace(b"\1\0\0\0\0", b"\xff\xff\xff\xff\0")),
        "index is damaged",
    ),
    "handle beyond the index": (
        table_with(index=lambda data: data[:-48] + b"\xff\x7f" * 4 + bytes(32) + data[-8:]),
        "index is damaged",
    ),
    "number without end": (
        table_with(index=lambda data: data[:-48] + b"\xff" * 40 + data[-8:]),
        "index is damaged",
    ),
    "huge index": (table_with(index=lambda data: bytes(2_000_000) + data), "at most 1,000,000"),
    "attention variables": (
        checkpoint_with(**{"model/attention/query_dense": np.ones((4, 4))}),
        "no place",
    ),
    "two dense layers": (
        checkpoint_with(**{"model/other/kernel": np.ones((4, 4), "f4")}),
        "2 dense layers",
    ),
    "no recurrent variables": (
        lambda folder: tables.write_checkpoint(folder, {"dense/kernel": np.ones((4, 4), "f4")}),
        "no recurrent layer",
    ),
    # no files at all
    "a text": (raw(b"hello world, this is no model"), "not a model file"),
    "nothing": (raw(b""), "not a model file"),
}
