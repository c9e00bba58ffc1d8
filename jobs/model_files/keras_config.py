"""What a Keras configuration says of a model, as data: no class of it is ever looked up.

Layers are known by the name of their class. What is not known is refused by that name: a layer
of the author's own, or one that computes what this program does not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.model.cell import Cell
from jobs.model_files.file_model import RefusedError
from jobs.model_files.keras_cells import RECURRENT, layer_cell

PASSED = {  # without effect when a trained network reads
    "Dropout": "dropout",
    "SpatialDropout1D": "dropout",
    "GaussianNoise": "noise",
    "GaussianDropout": "dropout",
    "ActivityRegularization": "an activity penalty",
}
REASONS = {
    "Bidirectional": "it reads the future, so it is no model of the next character",
    "Lambda": "it holds code, and code of a file is never run",
    "RNN": "a recurrent layer of cells of its author's own",
    "ConvLSTM1D": "convolutions are not computed here",
    "CuDNNLSTM": "an old layer with two biases; load it in Keras 2 and save it as LSTM",
    "CuDNNGRU": "an old layer; load it in Keras 2 and save it as GRU",
    "LayerNormalization": "layer normalisation is not computed here",
    "BatchNormalization": "batch normalisation is not computed here",
    "Attention": "attention is not computed here",
    "AdditiveAttention": "attention is not computed here",
    "MultiHeadAttention": "attention is not computed here",
    "Conv1D": "convolutions are not computed here",
    "Masking": "masking is not computed here",
}


@dataclass(frozen=True)
class LayerConfig:
    """One layer of the chain from the input to the output."""

    kind: str  # name of its class, as LSTM
    name: str  # that its author gave it
    config: Mapping[str, Any]
    wrapped: bool = False  # in TimeDistributed

    def get(self, key: str, default: Any = None) -> Any:
        """A value of its configuration."""
        return self.config.get(key, default)


@dataclass(frozen=True)
class Architecture:
    """The layers that hold weights or a vocabulary, in the order of the chain."""

    vocabulary: LayerConfig | None  # StringLookup or TextVectorization
    embedding: LayerConfig | None
    recurrent: tuple[LayerConfig, ...]
    output: LayerConfig
    one_hot_size: int | None  # what the input says of its last axis
    cells: tuple[Cell, ...]  # of each recurrent layer
    notes: tuple[str, ...]


def architecture(model: Any, version: str) -> tuple[Architecture, tuple[LayerConfig, ...]]:
    """The parts of a model, and all its layers in the order of its configuration.

    Args:
        model: the parsed JSON of config.json or of the attribute model_config.
        version: of the Keras that wrote it; "" where the file does not say.

    Raises:
        RefusedError: which layer, and why.
    """
    if not isinstance(model, dict):
        raise RefusedError("its configuration is no object")
    kind, config = model.get("class_name"), model.get("config")
    if kind not in ("Sequential", "Functional", "Model"):
        raise RefusedError(
            f"a model of its author's own class, {str(kind)[:60]!a}: its file does not say how the "
            "layers are wired; hand over the weights as .npz instead"
        )
    listed = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(listed, list) or not listed:
        raise RefusedError("its configuration lists no layers")
    layers = tuple(_layer(item) for item in listed)
    chain = layers if kind == "Sequential" else _chain(listed, layers)
    return _parts(chain, version), layers


def _layer(item: Any) -> LayerConfig:
    kind, config = _class_and_config(item)
    wrapped = kind == "TimeDistributed"
    name = config.get("name", "")
    if wrapped:
        kind, config = _class_and_config(config.get("layer"))
    return LayerConfig(kind, str(name), config, wrapped)


def _class_and_config(item: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(item, dict) or not isinstance(item.get("config"), dict):
        raise RefusedError("its configuration lists something that is no layer")
    kind = item.get("class_name")
    package = item.get("registered_name")
    if isinstance(package, str) and ">" in package and not package.startswith("keras"):
        raise RefusedError(
            f"layer {package[:60]!a}: a layer of its author's own is not computed here"
        )
    return str(kind), item["config"]


def _chain(listed: Sequence[Any], layers: Sequence[LayerConfig]) -> tuple[LayerConfig, ...]:
    """The layers of a functional model in the order in which a character passes them."""
    after: dict[str | None, LayerConfig] = {}
    for item, layer in zip(listed, layers, strict=True):
        source = _source(item, layer)
        if source in after:
            raise RefusedError("its layers are no plain chain: two of them read the same one")
        after[source] = layer
    chain: list[LayerConfig] = []
    reached: str | None = None
    while reached in after and len(chain) < len(layers):
        chain.append(after[reached])
        reached = chain[-1].name
    if len(chain) != len(layers):
        raise RefusedError("its layers are no plain chain from one input to one output")
    return tuple(chain)


def _source(item: Mapping[str, Any], layer: LayerConfig) -> str | None:
    """The name of the layer whose output ``layer`` reads; None for the input."""
    nodes = item.get("inbound_nodes")
    if not nodes:
        return None
    if not isinstance(nodes, list) or len(nodes) != 1:
        raise RefusedError(f"layer {layer.name!a} is used twice")
    found = _histories(nodes[0], 0)
    if len(found) != 1 or found[0][1:] != (0, 0):
        raise RefusedError(f"layer {layer.name!a} reads something other than one layer's output")
    return found[0][0]


def _histories(value: Any, depth: int) -> list[tuple[str, int, int]]:
    """Every ``[layer, node, tensor]`` in a node of Keras 3 or Keras 2."""
    if depth > 12:
        raise RefusedError("a configuration nested too deeply")
    if isinstance(value, dict):
        if "keras_history" in value:
            value = value["keras_history"]
            return [_history(value)]
        return [found for item in value.values() for found in _histories(item, depth + 1)]
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            extra = [found for item in value[3:] for found in _histories(item, depth + 1)]
            return [_history(value), *extra]
        return [found for item in value for found in _histories(item, depth + 1)]
    return []


def _history(value: Any) -> tuple[str, int, int]:
    if not (isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)):
        raise RefusedError("a connection between layers that cannot be read")
    if type(value[1]) is not int or type(value[2]) is not int:
        raise RefusedError("a connection between layers that cannot be read")
    return value[0], value[1], value[2]


class _Sorter:
    """Takes the layers of a chain one by one and puts each in its place, or refuses it."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.cells: list[Cell] = []
        self.vocabulary: LayerConfig | None = None
        self.embedding: LayerConfig | None = None
        self.recurrent: list[LayerConfig] = []
        self.output: LayerConfig | None = None
        self.one_hot: int | None = None
        self.notes: list[str] = []

    def take(self, layer: LayerConfig) -> None:
        kind = layer.kind
        if kind in PASSED:
            self.notes.append(f"{PASSED[kind]} ({kind}) passed: it acts in training only")
        elif self.output is not None:
            self._after_output(layer)
        elif kind in RECURRENT:
            self._take_recurrent(layer)
        elif kind == "Dense":
            self._take_output(layer)
        elif self.recurrent or not self._take_input(layer):
            raise RefusedError(_reason(layer))

    def _take_input(self, layer: LayerConfig) -> bool:
        """Whether ``layer`` stands before the first recurrent layer and is known there."""
        if layer.kind == "InputLayer":
            self.one_hot = _last_axis(layer)
        elif layer.kind in ("StringLookup", "TextVectorization") and self.vocabulary is None:
            self.vocabulary = layer
        elif layer.kind == "CategoryEncoding":
            if layer.get("output_mode") != "one_hot":
                raise RefusedError("CategoryEncoding: only output_mode one_hot is a character")
        elif layer.kind == "Embedding" and self.embedding is None:
            self.embedding = layer
        else:
            return False
        return True

    def _take_recurrent(self, layer: LayerConfig) -> None:
        place = f"{layer.kind} {layer.name!a}"
        if layer.wrapped:
            raise RefusedError(f"{place} in TimeDistributed is no chain of characters")
        if layer.get("go_backwards"):
            raise RefusedError(f"{place} goes backwards: {REASONS['Bidirectional']}")
        self.cells.append(layer_cell(layer.kind, place, layer.config, self.version))
        self.recurrent.append(layer)

    def _take_output(self, layer: LayerConfig) -> None:
        if not self.recurrent:
            raise RefusedError("a Dense layer before the first recurrent layer")
        if layer.get("activation") not in ("softmax", "linear", None):
            raise RefusedError(
                f"Dense {layer.name!a}: activation {str(layer.get('activation'))[:60]!a}, neither "
                "softmax nor linear"
            )
        self.output = layer

    def _after_output(self, layer: LayerConfig) -> None:
        if layer.kind == "Dense":
            raise RefusedError(f"more than one output layer: Dense {layer.name!a} after another")
        if layer.kind == "Activation" and layer.get("activation") in ("softmax", "linear"):
            return
        if layer.kind != "Softmax":
            raise RefusedError(_reason(layer))


def _parts(chain: Sequence[LayerConfig], version: str) -> Architecture:
    sorter = _Sorter(version)
    for layer in chain:
        sorter.take(layer)
    recurrent = sorter.recurrent
    if not recurrent:
        raise RefusedError("no LSTM, GRU or SimpleRNN layer in it")
    if sorter.output is None:
        raise RefusedError("no Dense layer at its end that gives the probabilities")
    for layer in recurrent[:-1]:
        if not layer.get("return_sequences"):
            raise RefusedError(f"{layer.kind} {layer.name!a} hands only its last state upwards")
    return Architecture(
        vocabulary=sorter.vocabulary,
        embedding=sorter.embedding,
        recurrent=tuple(recurrent),
        output=sorter.output,
        one_hot_size=None if sorter.embedding or sorter.vocabulary else sorter.one_hot,
        cells=tuple(sorter.cells),
        notes=tuple(sorter.notes + _recurrent_notes(recurrent)),
    )


def _reason(layer: LayerConfig) -> str:
    kind = layer.kind[:60]
    if re.search(r"attention", kind, re.IGNORECASE):
        return f"layer {kind!a}: {REASONS['Attention']}"
    why = REASONS.get(kind, "not computed here; a layer of its author's own, or none of a chain")
    return f"layer {kind!a}: {why}"


def _recurrent_notes(layers: Sequence[LayerConfig]) -> list[str]:
    notes = []
    if any(layer.get("dropout") or layer.get("recurrent_dropout") for layer in layers):
        notes.append("dropout inside the recurrent layers passed: it acts in training only")
    if not layers[-1].get("return_sequences"):
        notes.append("learned from the last character of each window only")
    if any(layer.get("stateful") for layer in layers):
        notes.append("stateful: its author carried the state from batch to batch")
    return notes


def _last_axis(layer: LayerConfig) -> int | None:
    shape = layer.get("batch_shape") or layer.get("batch_input_shape")
    if isinstance(shape, list) and len(shape) == 3 and type(shape[-1]) is int:
        return int(shape[-1])
    return None
