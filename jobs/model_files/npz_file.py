"""A ``.npz`` file with documented names: the door for every framework that has no reader here.

The names are those of a run's own weights.npz: ``layer1.kernel`` (inputs, 4H) with gates in the
order input, forget, candidate, output, ``layer1.recurrent_kernel`` (H, 4H), ``layer1.bias`` (4H,)
or none, ``layer2...``, ``output.kernel`` (H, V), ``output.bias`` (V,) or none; ``embedding``
(V, E) or none.
"""

import math
import re
from collections.abc import Mapping

import numpy as np

from jobs.disk.npz import HEADER
from jobs.model_files.archive import Archive
from jobs.model_files.file_model import (
    FileModel,
    Float,
    RecurrentLayer,
    RefusedError,
    float32,
    named,
)

OWN_OUTPUT = "output.kernel"
OWN_NAMES = re.compile(
    r"embedding|output\.(kernel|bias)|layer[1-9]\.(kernel|recurrent_kernel|bias)"
)


def read_npz_model(archive: Archive) -> FileModel:
    """The model in an archive of .npy members.

    Raises:
        RefusedError: compressed, pickled objects, other names, shapes that do not fit.
    """
    arrays = {}
    for member in archive.names:
        name = member.removesuffix(".npy")
        if not member.endswith(".npy"):
            raise RefusedError(f"{member[:80]!a} is no array")
        if not OWN_NAMES.fullmatch(name):
            raise RefusedError(
                f"the array {name[:80]!a} is not one of embedding, layerN.kernel, "
                "layerN.recurrent_kernel, layerN.bias, output.kernel, output.bias"
            )
        arrays[name] = _array(name, archive.read(member))
    return model_of_own_names("NumPy archive (.npz)", arrays)


def model_of_own_names(reader: str, arrays: Mapping[str, Float]) -> FileModel:
    """The model whose arrays have the names above."""
    strange = [name for name in arrays if not OWN_NAMES.fullmatch(name)]
    if strange:
        raise RefusedError(f"the array {strange[0][:80]!a} has no place in a character LSTM")
    count = sum(name.endswith(".recurrent_kernel") for name in arrays)
    layers = []
    for number in range(1, count + 1):
        bias = arrays.get(f"layer{number}.bias")
        layers.append(
            RecurrentLayer(
                cell="lstm",
                layout="keras",
                input_weights=_matrix(arrays, f"layer{number}.kernel"),
                recurrent_weights=_matrix(arrays, f"layer{number}.recurrent_kernel"),
                biases=() if bias is None else (bias,),
            )
        )
    return FileModel(
        reader=reader,
        embedding=_matrix(arrays, "embedding") if "embedding" in arrays else None,
        layers=tuple(layers),
        output_layout="keras",
        output_weights=_matrix(arrays, OWN_OUTPUT),
        output_bias=arrays.get("output.bias"),
    )


def _matrix(arrays: Mapping[str, Float], name: str) -> Float:
    array = named(arrays, name)
    if array.ndim != 2:
        raise RefusedError(f"{name} has {array.ndim} axes, expected 2")
    return array


def _array(name: str, data: bytes) -> Float:
    """One .npy member; its header must match a pattern, it is never evaluated."""
    match = HEADER.match(data)
    if match is None or match.end() != 10 + int.from_bytes(match["length"], "little"):
        raise RefusedError(
            f"{name} is no plain array of little-endian numbers in C order "
            "(numpy.ascontiguousarray makes one)"
        )
    shape = tuple(int(length) for length in match["shape"].split(b",") if length.strip())
    dtype = np.dtype(match["dtype"].decode("ascii"))
    if len(data) - match.end() != dtype.itemsize * math.prod(shape):
        raise RefusedError(f"{name} is longer or shorter than its header says")
    return float32(name, np.frombuffer(data, dtype, offset=match.end()).reshape(shape))
