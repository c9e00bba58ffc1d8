"""How the model files of :mod:`tests.support.hostile_models` are written, one function a trick.

Each gives a function that is called with an empty folder and returns the file's path.
"""

import json
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
        checkpoint.entries += [(name, tables.entry(1, (9, 16), 0, 9 * 16 * 4)) for name in names]

    return tables.write_checkpoint(folder, tables.arrays_of(made.keras_arrays()), change)
