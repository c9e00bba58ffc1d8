"""A catalogue of model files that are to be refused: how each is written, and words of its reason.

Files that want to run code, fill the memory or read other files; and models that do not fit.
"""

import json
import pickle
import zipfile

import h5py
import numpy as np

from tests.support import checkpoint_files as tables
from tests.support import model_files as made

KERNEL = "layers/lstm/cell/vars/0"
GIB = 1 << 30


def replaced(path, make):
    """A change of an HDF5 file: what is at ``path`` becomes something else."""

    def change(file):
        del file[path]
        make(file, path)

    return change


def keras_with(make, at=KERNEL):
    def write(folder):
        made.write_keras(folder / "m.keras", change=replaced(at, lambda f, p: make(f, p, folder)))
        return folder / "m.keras"

    return write


def external_link(file, path, folder):
    (folder / "other.h5").write_bytes(made.hdf5(made.keras_arrays()))
    file[path] = h5py.ExternalLink(str(folder / "other.h5"), "/" + path)


def soft_link(file, path, _folder):
    file[path] = h5py.SoftLink("/layers/lstm_1/cell/vars/0")


def external_storage(file, path, folder):
    other = folder / "secret"
    other.write_bytes(bytes(9 * 16 * 4))
    file.create_dataset(path, (9, 16), "<f4", external=[(str(other), 0, 9 * 16 * 4)])


def virtual(file, path, folder):
    (folder / "other.h5").write_bytes(made.hdf5(made.keras_arrays()))
    layout = h5py.VirtualLayout((9, 16), "<f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), path, (9, 16))
    file.create_virtual_dataset(path, layout)


def unwritten(file, path, _folder):
    file.create_dataset(path, (30 * GIB,), "<f4")  # 120 GB that nobody wrote


def chunked(file, path, _folder):
    data = file.create_dataset(path, (8_000, 16_000), "<f4", chunks=(8_000, 1_600), compression=9)
    data[0, 0] = 1.0


def loop(file, path, _folder):
    file[path] = np.zeros((9, 16), np.float32)
    file["layers/lstm/cell/again"] = file["layers/lstm"]


def many_groups(file, path, _folder):
    deep = file
    for _ in range(40):
        deep = deep.require_group("layers/lstm/cell" if deep is file else "x")
    file[path] = np.zeros((9, 16), np.float32)


def words(file, path, _folder):
    file.create_dataset(path, (9, 16), h5py.string_dtype())


def run_it(folder):
    return f"touch {folder / 'ran'}"


def pickle_with(opcodes):
    def write(folder):
        value = opcodes(folder) if callable(opcodes) else opcodes
        return made.write_pytorch(folder / "m.pt", made.pytorch_arrays(), pickle=value)

    return write


def calls_system(folder):
    return made.pickled(made.name("os", "system") + made.text(run_it(folder)) + b"\x85R")


class Evil:
    def __reduce__(self):
        return eval, ("open('ran', 'w')",)


def one_tensor(**options):
    tensors = {"lstm.weight_ih_l0": made.tensor("0", (16, 9), **options)}
    return made.pickled(made.state_dict(tensors))


def zipped(members, **options):
    def write(folder):
        with zipfile.ZipFile(folder / "m.zip", "w", **options) as archive:
            for member, content in members:
                archive.writestr(member, content)
        return folder / "m.zip"

    return write


def npy(header, data=b""):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def overlapping(folder):
    """The directory of the archive names one member a hundred times: a bomb of overlaps."""
    path = made.write_keras(folder / "m.keras")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")  # model.weights.h5 in the directory
    for offset in (20, 24):
        data[place + offset : place + offset + 4] = (2 * GIB).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def keras_of(*layers, kind="Sequential", **options):
    def write(folder):
        config = {"class_name": kind, "config": {"name": "m", "layers": list(layers)}}
        return made.write_keras(folder / "m.keras", config, **options)

    return write


def between(*extra):
    first, *rest = made.keras_layers()
    return keras_of(first, rest[0], *extra, *rest[1:])


def state(change):
    def write(folder):
        arrays = made.pytorch_arrays()
        change(arrays)
        return made.write_pytorch(folder / "m.pt", arrays)

    return write


def raw(data):
    def write(folder):
        (folder / "m.bin").write_bytes(data)
        return folder / "m.bin"

    return write


def safetensors_bytes(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def nan_weights(arrays):
    arrays["lstm.weight_hh_l0"][0, 0] = np.nan


def other(name, *shape):
    return lambda arrays: arrays.update({name: np.ones(shape, np.float32)})


def cell_of(gates):
    def change(arrays):
        for key in list(arrays):
            if "lstm" in key:
                units = 4 if key.endswith("l0") else 3
                arrays[key] = arrays[key][: gates * units]

    return change


def bidirectional():
    inner = made.lstm(4)
    return between(made.layer("Bidirectional", layer=inner, merge_mode="concat"))


def branch(folder):
    layers = made.keras_layers()
    for place, item in enumerate(layers):
        item["name"] = item["config"]["name"] = f"n{place}"
        source = f"n{max(0, place - 1)}" if place < 3 else "n1"
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
        item["inbound_nodes"] = [{"args": [tensor], "kwargs": {}}] if place else []
    return keras_of(*layers, kind="Functional")(folder)


def checkpoint_with(**arrays):
    def write(folder):
        plain = tables.arrays_of(made.keras_arrays())
        return tables.write_checkpoint(folder, {**plain, **arrays})

    return write


def table_with(header=tables.HEADER, **options):
    def change(checkpoint):
        checkpoint.entries[0] = (b"", header)

    def write(folder):
        arrays = tables.arrays_of(made.keras_arrays())
        return tables.write_checkpoint(folder, arrays, change, **options)

    return write


def variable(value):
    """A checkpoint whose first variable is described by ``value``."""

    def change(checkpoint):
        checkpoint.entries[1] = (checkpoint.entries[1][0], value)

    def write(folder):
        return tables.write_checkpoint(folder, tables.arrays_of(made.keras_arrays()), change)

    return write


def same_bytes(folder):
    def change(checkpoint):
        names = [f"x{number}/kernel{tables.VALUE}".encode() for number in range(1_000)]
        checkpoint.entries += [(name, entry(1, (9, 16), 0, 9 * 16 * 4)) for name in names]

    return tables.write_checkpoint(folder, tables.arrays_of(made.keras_arrays()), change)


entry = tables.entry
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
    "variable beyond the file": (variable(entry(1, (9,), 1 << 40, 36)), "does not have"),
    "variable of 4 TB": (variable(entry(1, (1 << 20, 1 << 20), 0, 1 << 42)), "claims more"),
    "variable larger than its bytes": (variable(entry(1, (4, 1 << 40), 0, 12)), "does not have"),
    "the same bytes a thousand times": (same_bytes, "claims more"),
    "another shard": (variable(entry(1, (4, 16), 0, 256, shard=3)), "index is damaged"),
    "slices": (variable(entry(1, (4, 16), 0, 256, extra=tables.field(7, b""))), "in slices"),
    "many axes": (variable(entry(1, (1,) * 9, 0, 4)), "9 axes"),
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
