"""A ``.npz`` file with documented names: the door for every framework that has no reader here.

The names are those of a run's own weights.npz: ``layer1.kernel`` (inputs, 4H) with gates in the
order input, forget, candidate, output, ``layer1.recurrent_kernel`` (H, 4H), ``layer1.bias`` (4H,)
or none, ``layer2...``, ``output.kernel`` (H, V), ``output.bias`` (V,) or none; ``embedding``
(V, E) or none. A GRU has 3H columns, update, reset, candidate, and a bias of (2, 3H), inputs' and
recurrent; with a bias of (3H,) the reset gate acts before the recurrent product. A plain RNN has H
columns.
"""

import math
import re
from collections.abc import Mapping

import numpy as np

from jobs.disk.npz import HEADER
from jobs.model.cell import GRU, GRU_RESET_BEFORE, Cell
from jobs.model_files.archive import Archive
from jobs.model_files.file_model import (
    BY_BLOCKS,
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
        raise RefusedError(f"the array {strange[0][:80]!a} has no place in a character model")
    count = sum(name.endswith(".recurrent_kernel") for name in arrays)
    layers = []
    for number in range(1, count + 1):
        recurrent = _matrix(arrays, f"layer{number}.recurrent_kernel")
        bias = arrays.get(f"layer{number}.bias")
        layers.append(
            RecurrentLayer(
                cell=_cell(f"layer{number}", recurrent, bias),
                layout="keras",
                input_weights=_matrix(arrays, f"layer{number}.kernel"),
                recurrent_weights=recurrent,
                biases=() if bias is None else tuple(np.atleast_2d(bias)),
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


def _cell(name: str, recurrent: Float, bias: Float | None) -> Cell:
    """Which cell it is, by the shapes of its kernel and its bias."""
    units, columns = recurrent.shape
    cell = BY_BLOCKS.get(columns // units if units and columns % units == 0 else 0)
    if cell is None:
        raise RefusedError(
            f"{name}: {columns:,} columns for {units:,} units are no LSTM (4 a unit), GRU (3) or "
            "plain RNN (1)"
        )
    if cell == GRU:
        if bias is None:
            raise RefusedError(
                f"{name}: a GRU without bias; zeros of (2, {columns}) say that the reset gate acts "
                f"after the recurrent product, of ({columns},) before"
            )
        cell = GRU if bias.ndim == 2 else GRU_RESET_BEFORE
    if bias is not None and bias.shape != cell.bias_shape(units):
        raise RefusedError(f"{name}.bias: shape {bias.shape}, expected {cell.bias_shape(units)}")
    return cell


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
