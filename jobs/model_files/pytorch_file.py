"""PyTorch's zip form of ``torch.save(model.state_dict())``: data.pkl and one member per storage."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jobs.model_files.archive import MOST_TEXT_BYTES, Archive
from jobs.model_files.file_model import FileModel, Float, RefusedError, float32, from_bfloat16
from jobs.model_files.pickle_data import Tensor, read_pickle
from jobs.model_files.state_dict import model_of_state_dict

WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "net")


def read_pytorch(archive: Archive, pickle_name: str) -> FileModel:
    """A state dict, alone or in a checkpoint's dictionary.

    Raises:
        RefusedError: TorchScript, a pickled module, damaged, or no character LSTM.
    """
    root = pickle_name.removesuffix("data.pkl")
    if any(name.startswith(f"{root}code/") for name in archive.names):
        raise RefusedError("TorchScript: it holds code; save model.state_dict() instead")
    order = f"{root}byteorder"
    if order in archive.names and archive.read(order, 100) != b"little":
        raise RefusedError("stored on a machine of the other byte order")
    state = _state_dict(read_pickle(archive.read(pickle_name, MOST_TEXT_BYTES)))
    arrays = {name: _array(name, tensor, archive, root) for name, tensor in state.items()}
    return model_of_state_dict("PyTorch state dict", arrays)


def _state_dict(value: Any) -> Mapping[str, Tensor]:
    if not isinstance(value, dict):
        raise RefusedError("data.pkl holds no dictionary of tensors: save model.state_dict()")
    if not any(isinstance(item, Tensor) for item in value.values()):
        inner = [value[key] for key in WRAPPERS if isinstance(value.get(key), dict)]
        if len(inner) != 1:
            raise RefusedError(
                f"data.pkl holds no tensors and not one of {', '.join(WRAPPERS)}: save "
                "model.state_dict()"
            )
        value = inner[0]
    return {str(name): item for name, item in value.items() if isinstance(item, Tensor)}


def _array(name: str, tensor: Tensor, archive: Archive, root: str) -> Float:
    """The values of a tensor that lies in its storage in C order."""
    storage, shape = tensor.storage, tensor.shape
    data = archive.read(f"{root}data/{storage.key}")
    size = 2 if storage.dtype == "bfloat16" else np.dtype(storage.dtype).itemsize
    count = math.prod(shape)
    if len(data) != storage.count * size or tensor.offset + count > storage.count:
        raise RefusedError(f"{name}: claims more values than the file holds")
    steps = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    if any(s != w for s, w, n in zip(tensor.stride, steps, shape, strict=True) if n > 1):
        raise RefusedError(f"{name}: not stored row by row; call .contiguous() before saving")
    data = data[tensor.offset * size : (tensor.offset + count) * size]
    if storage.dtype == "bfloat16":
        return from_bfloat16(data).reshape(shape)
    array = np.frombuffer(data, storage.dtype).reshape(shape)
    # counters of training are whole numbers; they are told apart by their names
    return array if array.dtype.kind != "f" else float32(name, array)
