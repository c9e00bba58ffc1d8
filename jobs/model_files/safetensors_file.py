"""A ``.safetensors`` file with the names of a PyTorch state dict."""

import numpy as np
import safetensors

from jobs.model_files.file_model import FileModel, Float, RefusedError, float32, from_bfloat16
from jobs.model_files.npz_file import OWN_OUTPUT, model_of_own_names
from jobs.model_files.state_dict import model_of_state_dict

TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4"}


def read_safetensors(data: bytes) -> FileModel:
    """The model in ``data``; the library checks that all offsets lie inside it.

    Raises:
        RefusedError: damaged, or no character LSTM.
    """
    try:
        entries = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
    except (safetensors.SafetensorError, ValueError) as error:
        raise RefusedError(f"not a readable .safetensors file ({str(error)[:80]})") from error
    arrays = {name: _array(name, entry) for name, entry in entries}
    if OWN_OUTPUT in arrays:
        return model_of_own_names("safetensors with Neuronario's names", arrays)
    return model_of_state_dict("safetensors (PyTorch names)", arrays)


def _array(name: str, entry: dict[str, object]) -> Float:
    kind, shape, raw = entry["dtype"], entry["shape"], entry["data"]
    assert isinstance(shape, list)
    raw = bytes(raw)  # type: ignore[call-overload]
    if kind == "BF16":
        return from_bfloat16(raw).reshape(shape)
    if kind not in TYPES:
        raise RefusedError(f"{name[:80]!a}: type {kind}; weights are float16, bfloat16, 32 or 64")
    array = np.frombuffer(raw, TYPES[str(kind)]).reshape(shape)
    return array if array.dtype.kind != "f" else float32(name, array)
