"""Keras models: the zip archive of Keras 3 (.keras) and the HDF5 file of Keras 2 and 3 (.h5)."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jobs.model.cell import Cell
from jobs.model_files.archive import MOST_TEXT_BYTES, Archive
from jobs.model_files.file_model import FileModel, Float, RecurrentLayer, RefusedError, Vocabulary
from jobs.model_files.hdf5 import Hdf5
from jobs.model_files.keras_cells import RECURRENT
from jobs.model_files.keras_config import Architecture, LayerConfig, architecture
from jobs.model_files.vocabulary import listed_vocabulary

# a layer's arrays by their short name: kernel, recurrent_kernel, bias, embeddings
Arrays = Callable[[LayerConfig], Mapping[str, Float]]

NUMBERED = {  # Keras 3 numbers the variables of a layer
    **dict.fromkeys(RECURRENT, ("kernel", "recurrent_kernel", "bias")),
    "Dense": ("kernel", "bias"),
    "Embedding": ("embeddings",),
}


def read_keras_archive(archive: Archive) -> FileModel:
    """A ``.keras`` file: config.json and model.weights.h5."""
    config = _json(archive.read("config.json", MOST_TEXT_BYTES))
    parts, layers = architecture(config, _version(archive))
    weights = Hdf5(archive.read("model.weights.h5"))
    groups = _group_names(layers)

    def arrays(layer: LayerConfig) -> Mapping[str, Float]:
        found = weights.arrays(f"layers/{groups[id(layer)]}")
        names = NUMBERED[layer.kind]
        return {
            names[int(path.rpartition("/")[2])]: array
            for path, array in found.items()
            if re.fullmatch(r"((cell|layer)/)?vars/[0-9]", path)
            and int(path.rpartition("/")[2]) < len(names)
        }

    return _model("Keras 3 archive (.keras)", parts, arrays, _vocabulary(parts, archive))


def read_keras_hdf5(data: bytes) -> FileModel:
    """A whole model in one HDF5 file: configuration as an attribute, weights below it."""
    file = Hdf5(data)
    config = file.text_attribute("model_config")
    if config is None:
        raise RefusedError(
            "an HDF5 file without model_config: weights alone do not say how the layers are "
            "wired; save the whole model (model.save)"
        )
    parts, _ = architecture(_json(config.encode()), file.text_attribute("keras_version") or "")

    def arrays(layer: LayerConfig) -> Mapping[str, Float]:
        if not layer.name or "/" in layer.name or layer.name.startswith("."):
            raise RefusedError(f"a layer with the name {layer.name[:60]!a}")
        found = file.arrays(f"model_weights/{layer.name}")
        return {path.rpartition("/")[2].partition(":")[0]: array for path, array in found.items()}

    return _model("Keras HDF5 file (.h5)", parts, arrays, _vocabulary(parts, None))


def _model(
    reader: str, parts: Architecture, arrays: Arrays, vocabulary: Vocabulary | None
) -> FileModel:
    embedding = None
    if parts.embedding is not None:
        embedding = _array(arrays(parts.embedding), parts.embedding, "embeddings")
    output = arrays(parts.output)
    model = FileModel(
        reader=reader,
        embedding=embedding,
        layers=tuple(
            _recurrent(layer, cell, arrays(layer))
            for layer, cell in zip(parts.recurrent, parts.cells, strict=True)
        ),
        output_layout="keras",
        output_weights=_array(output, parts.output, "kernel"),
        output_bias=_bias(output, parts.output),
        vocabulary=vocabulary,
        id_0_is_padding=bool(parts.embedding and parts.embedding.get("mask_zero")),
        notes=parts.notes,
    )
    if parts.one_hot_size == 1 != model.output_weights.shape[-1]:
        raise RefusedError(
            "it reads one number a step, as ids divided by their count: characters must come "
            "one-hot or through an embedding"
        )
    if parts.one_hot_size not in (None, model.output_weights.shape[-1]):
        raise RefusedError(
            f"it reads {parts.one_hot_size:,} values a step and predicts "
            f"{model.output_weights.shape[-1]:,}: the input is not one-hot characters"
        )
    return model


def _recurrent(layer: LayerConfig, cell: Cell, arrays: Mapping[str, Float]) -> RecurrentLayer:
    bias = _bias(arrays, layer, 2 if cell.recurrent_bias else 1)
    return RecurrentLayer(
        cell=cell,
        layout="keras",
        input_weights=_array(arrays, layer, "kernel"),
        recurrent_weights=_array(arrays, layer, "recurrent_kernel"),
        biases=() if bias is None else tuple(np.atleast_2d(bias)),
    )


def _bias(arrays: Mapping[str, Float], layer: LayerConfig, axes: int = 1) -> Float | None:
    return _array(arrays, layer, "bias", axes) if layer.get("use_bias", True) else None


def _array(arrays: Mapping[str, Float], layer: LayerConfig, name: str, axes: int = 2) -> Float:
    array = arrays.get(name)
    if array is None:
        raise RefusedError(f"{layer.kind} {layer.name!a} has no {name} in the file")
    if array.ndim != axes or (name == "bias" and axes == 2 and len(array) != 2):
        raise RefusedError(f"{layer.kind} {layer.name!a}: its {name} has the shape {array.shape}")
    return array


def _vocabulary(parts: Architecture, archive: Archive | None) -> Vocabulary | None:
    if parts.vocabulary is None:
        return None
    layer = parts.vocabulary
    text = None
    if not layer.get("vocabulary") and archive is not None:
        kept = f"assets/layers/{_snake_case(layer.kind)}/vocabulary.txt"
        if kept in archive.names:
            text = archive.read(kept, MOST_TEXT_BYTES)
    return listed_vocabulary(layer, text)


def _group_names(layers: tuple[LayerConfig, ...]) -> dict[int, str]:
    """Where Keras 3 keeps each layer's weights: class names, numbered; never the author's names."""
    used: dict[str, int] = {}
    names = {}
    for layer in layers:
        name = "time_distributed" if layer.wrapped else _snake_case(layer.kind)
        number = used[name] = used.get(name, -1) + 1
        names[id(layer)] = f"{name}_{number}" if number else name
    return names


def _snake_case(name: str) -> str:
    """As Keras writes class names: StringLookup becomes string_lookup, LSTM lstm."""
    parted = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()


def _version(archive: Archive) -> str:
    """Of the Keras that wrote an archive; "" where it does not say."""
    if "metadata.json" not in archive.names:
        return ""
    metadata = _json(archive.read("metadata.json", MOST_TEXT_BYTES))
    return str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else ""


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RefusedError("its configuration is not JSON") from error
