"""What a model file says, in the file's own layout, before anything is folded.

Every reader of this room ends here. A reader never guesses: what it does not know, it refuses by
name, with :class:`RefusedError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import GRU, LSTM, RNN, Cell

Float = NDArray[np.float32]
Layout = Literal["keras", "pytorch"]

MOST_LAYERS, MOST_UNITS, MOST_CHARACTERS = 8, 4_096, 65_536  # as jobs/config/schema.py
BY_BLOCKS = {4: LSTM, 3: GRU, 1: RNN}  # blocks of a kernel tell PyTorch's cells apart


class RefusedError(ValueError):
    """Why a model file is not read: what was found, and why it cannot be used."""


@dataclass(frozen=True)
class RecurrentLayer:
    """The weights of one recurrent layer as the file has them; G blocks of H rows or columns.

    Keras: ``input_weights`` (inputs, G H), ``recurrent_weights`` (H, G H); LSTM i f c o, GRU z r h.
    PyTorch: (G H, inputs) and (G H, H); LSTM i f g o, which is the same order, GRU r z n.
    """

    cell: Cell
    layout: Layout
    input_weights: Float
    recurrent_weights: Float
    biases: tuple[Float, ...]  # none, one, or two: of the inputs, of the recurrent product; (G H,)

    @property
    def units(self) -> int:
        """H, the number of units."""
        return int(self.recurrent_weights.shape[0 if self.layout == "keras" else 1])

    @property
    def inputs(self) -> int:
        """What the layer reads per step."""
        return int(self.input_weights.shape[0 if self.layout == "keras" else 1])


@dataclass(frozen=True)
class Vocabulary:
    """What the model itself says of its ids; ``characters[id]`` is None where an id is none."""

    characters: tuple[str | None, ...]
    source: str  # where it stands, in words


@dataclass(frozen=True)
class FileModel:
    """A model for the next character: ids in, one recurrent layer or more, one softmax."""

    reader: str  # which reader, in words
    embedding: Float | None  # (V, E); None: the first layer reads one-hot characters
    layers: tuple[RecurrentLayer, ...]
    output_layout: Layout
    output_weights: Float  # keras (H, V), pytorch (V, H)
    output_bias: Float | None  # (V,)
    vocabulary: Vocabulary | None = None
    id_0_is_padding: bool = False  # Keras' mask_zero: steps with id 0 are left out
    notes: tuple[str, ...] = field(default=())  # what was passed over, one sentence each

    @property
    def alphabet_size(self) -> int:
        """V, the number of ids."""
        return int(self.output_weights.shape[1 if self.output_layout == "keras" else 0])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, first layer first."""
        return tuple(layer.units for layer in self.layers)


def checked(model: FileModel) -> FileModel:
    """``model``, once all its shapes fit together, all its values are numbers, all sizes fit.

    Raises:
        RefusedError: which array, and what it should be.
    """
    if not 1 <= len(model.layers) <= MOST_LAYERS:
        raise RefusedError(f"{len(model.layers)} recurrent layers; 1 to {MOST_LAYERS} are read")
    V = model.alphabet_size
    if not 1 <= V <= MOST_CHARACTERS:
        raise RefusedError(f"an output of {V:,} ids; 1 to {MOST_CHARACTERS:,} are read")
    inputs = V
    if model.embedding is not None:
        _expect("the embedding", model.embedding, (V, model.embedding.shape[-1]))
        inputs = int(model.embedding.shape[1])
    for number, layer in enumerate(model.layers, start=1):
        if not 1 <= layer.units <= MOST_UNITS:
            raise RefusedError(
                f"layer {number} has {layer.units:,} units; 1 to {MOST_UNITS:,} are read"
            )
        _check_layer(number, layer, inputs)
        inputs = layer.units
    keras = model.output_layout == "keras"
    _expect("the output's weights", model.output_weights, (inputs, V) if keras else (V, inputs))
    if model.output_bias is not None:
        _expect("the output's bias", model.output_bias, (V,))
    return model


def _check_layer(number: int, layer: RecurrentLayer, inputs: int) -> None:
    columns, units = layer.cell.width(layer.units), layer.units
    keras = layer.layout == "keras"
    name = f"layer {number}"
    _expect(
        f"{name}: its input weights",
        layer.input_weights,
        (inputs, columns) if keras else (columns, inputs),
    )
    _expect(
        f"{name}: its recurrent weights",
        layer.recurrent_weights,
        (units, columns) if keras else (columns, units),
    )
    for bias in layer.biases:
        _expect(f"{name}: its bias", bias, (columns,))


def _expect(name: str, array: Float, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise RefusedError(f"{name}: shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise RefusedError(f"{name}: holds values that are no numbers (NaN or infinite)")


def float32(name: str, array: np.ndarray) -> Float:
    """``array`` of any floating-point type as float32, C order, not sharing its memory.

    Raises:
        RefusedError: another type.
    """
    if array.dtype.kind != "f" or array.dtype.itemsize not in (2, 4, 8):
        raise RefusedError(f"{name}: type {array.dtype}; weights are float16, bfloat16, 32 or 64")
    with np.errstate(over="ignore"):  # becomes infinite, which `checked` refuses
        return np.ascontiguousarray(array, np.float32)


def from_bfloat16(data: bytes) -> Float:
    """bfloat16 is the upper half of float32."""
    halves = np.frombuffer(data, "<u2").astype(np.uint32)
    return (halves << 16).view(np.float32)


def named(arrays: Mapping[str, Float], name: str) -> Float:
    """``arrays[name]``, or a refusal that says what is missing."""
    if name not in arrays:
        raise RefusedError(f"holds no array `{name}`")
    return arrays[name]
