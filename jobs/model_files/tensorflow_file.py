"""A TensorFlow checkpoint, or the variables of a SavedModel: no graph is read, nothing is run.

The names say which object of the model holds a variable, as ``gru/cell/kernel``; what Keras 3
exports is only numbered, in the order of the layers. Optimizer and counters are passed over.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.model.cell import GRU, GRU_RESET_BEFORE, Cell
from jobs.model_files.checkpoint_index import Variable, read_index
from jobs.model_files.file_model import (
    BY_BLOCKS,
    FileModel,
    Float,
    RecurrentLayer,
    RefusedError,
    float32,
    from_bfloat16,
)

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
PASSED = re.compile(r"(^|/)(_?optimizer|keras_api|_?metrics|_?loss_tracker|_all_variables)/|/\.OPT")
NUMBERED = re.compile(r"variables/([0-9]{1,4})")
WIRING = (
    "a checkpoint does not say how its layers are wired: embedding or one-hot, recurrent layers in "
    "the order of their names, dense, tanh and sigmoid taken"
)

Group = dict[str, Float]  # the arrays of one object: kernel, recurrent_kernel, bias, embeddings


def read_tensorflow(index: bytes, data: bytes) -> FileModel:
    """The model whose variables the two files of a checkpoint hold.

    Args:
        index: the file ``.index``.
        data: the file ``.data-00000-of-00001``.

    Raises:
        RefusedError: damaged, or no character model.
    """
    variables = {
        name.removesuffix(VALUE): variable
        for name, variable in read_index(index).items()
        if name.endswith(VALUE) and not PASSED.search(name)
    }
    if sum(variable.size for variable in variables.values()) > len(data):
        raise RefusedError("its index claims more values than the file beside it has")
    arrays = {name: _array(name, variable, data) for name, variable in variables.items()}
    numbered = {match[1]: a for name, a in arrays.items() if (match := NUMBERED.fullmatch(name))}
    if numbered and len(numbered) == len(arrays):
        return _model_in_order([numbered[key] for key in sorted(numbered, key=int)])
    return _model(_groups(arrays))


def _array(name: str, variable: Variable, data: bytes) -> Float:
    width = 2 if variable.dtype == "bfloat16" else np.dtype(variable.dtype).itemsize
    end = variable.offset + variable.size
    if variable.size != width * math.prod(variable.shape) or end > len(data):
        raise RefusedError(f"{name[:80]!a} claims values that the file does not have")
    values = data[variable.offset : end]
    if variable.dtype == "bfloat16":
        return from_bfloat16(values).reshape(variable.shape)
    return float32(name[:80], np.frombuffer(values, variable.dtype).reshape(variable.shape))


def _groups(arrays: Mapping[str, Float]) -> list[Group]:
    """The arrays of each object, objects in the order of their names, numbers as numbers."""
    groups: dict[str, Group] = {}
    for name, array in arrays.items():
        parent, _, leaf = name.rpartition("/")
        groups.setdefault(parent, {})[leaf.removeprefix("_")] = array
    for parent, group in groups.items():
        strange = set(group) - {"kernel", "recurrent_kernel", "bias", "embeddings"}
        if strange:
            raise RefusedError(
                f"the variable {f'{parent}/{min(strange)}'[:80]!a} has no place in a character "
                "model of embedding, recurrent layers and dense"
            )
    return [groups[parent] for parent in sorted(groups, key=_natural)]


def _natural(name: str) -> list[tuple[int, int | str]]:
    """``lstm_10`` after ``lstm_9``."""
    parts = re.split(r"([0-9]+)", name)
    return [(1, int(part[:9])) if part.isdigit() else (0, part) for part in parts]


def _model(groups: Sequence[Group]) -> FileModel:
    recurrent = [group for group in groups if "recurrent_kernel" in group]
    embeddings = [group["embeddings"] for group in groups if "embeddings" in group]
    dense = [
        group for group in groups if "recurrent_kernel" not in group and "embeddings" not in group
    ]
    if not recurrent:
        raise RefusedError("no recurrent layer in it (no variable is named recurrent_kernel)")
    if len(dense) != 1 or len(embeddings) > 1:
        raise RefusedError(
            f"{len(dense)} dense layers and {len(embeddings)} embeddings; one output layer and at "
            "most one embedding are read"
        )
    return FileModel(
        reader="TensorFlow checkpoint",
        embedding=_matrix("the embedding", embeddings[0]) if embeddings else None,
        layers=tuple(_layer(number, group) for number, group in enumerate(recurrent, start=1)),
        output_layout="keras",
        output_weights=_matrix("the output's weights", dense[0].get("kernel")),
        output_bias=dense[0].get("bias"),
        notes=(WIRING,),
    )


def _model_in_order(arrays: Sequence[Float]) -> FileModel:
    """Numbered variables: an embedding or none, kernel, recurrent kernel and bias of each layer,
    the dense layer; told by their shapes.
    """
    for first in (0, 1):
        groups: list[Group] = [{"embeddings": arrays[0]}] if first else []
        rest = list(arrays[first:])
        while len(rest) > 2:
            kernel, recurrent, *rest = rest
            if not _is_recurrent(kernel, recurrent):
                break
            group = {"kernel": kernel, "recurrent_kernel": recurrent}
            if len(rest) > 1 and _is_bias(rest[0], recurrent):
                group["bias"] = rest.pop(0)
            groups.append(group)
        else:
            if rest and rest[0].ndim == 2:
                names = ("kernel", "bias")
                return _model([*groups, dict(zip(names, rest, strict=False))])
    raise RefusedError(
        "its numbered variables are not those of embedding, recurrent layers and one dense layer"
    )


def _is_recurrent(kernel: Float, recurrent: Float) -> bool:
    if kernel.ndim != 2 or recurrent.ndim != 2 or kernel.shape[1] != recurrent.shape[1]:
        return False
    units, columns = recurrent.shape
    return units > 0 and columns % units == 0 and columns // units in BY_BLOCKS


def _is_bias(array: Float, recurrent: Float) -> bool:
    return array.shape in ((recurrent.shape[1],), (2, recurrent.shape[1]))


def _layer(number: int, group: Group) -> RecurrentLayer:
    recurrent = _matrix(f"layer {number}: its recurrent weights", group["recurrent_kernel"])
    bias = group.get("bias")
    if bias is not None and not _is_bias(bias, recurrent):
        raise RefusedError(f"layer {number}: its bias has the shape {bias.shape}")
    return RecurrentLayer(
        cell=_cell(number, recurrent, bias),
        layout="keras",
        input_weights=_matrix(f"layer {number}: its weights", group.get("kernel")),
        recurrent_weights=recurrent,
        biases=() if bias is None else tuple(np.atleast_2d(bias)),
    )


def _cell(number: int, recurrent: Float, bias: Float | None) -> Cell:
    units, columns = recurrent.shape
    cell = BY_BLOCKS.get(columns // units if units and columns % units == 0 else 0)
    if cell is None:
        raise RefusedError(f"layer {number}: {columns:,} columns for {units:,} units are no cell")
    if cell == GRU and bias is None:
        raise RefusedError(f"layer {number}: a GRU without bias; its reset form is not known")
    if cell == GRU and bias is not None and bias.ndim == 1:
        return GRU_RESET_BEFORE
    if bias is not None and bias.ndim != (2 if cell.recurrent_bias else 1):
        raise RefusedError(f"layer {number}: two biases; save the model as .keras")
    return cell


def _matrix(name: str, array: Any) -> Float:
    if array is None or array.ndim != 2:
        raise RefusedError(f"{name}: no matrix")
    matrix: Float = array
    return matrix
