"""The network's weights: plain NumPy arrays in Keras' layout, and what can be said of them.

Layers: one-hot input, recurrent layers of any sizes, a dense softmax. What kind a layer is, and the
order of the gates in its kernels, says its cell (``jobs/model/cell.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import LSTM, Cell

Float = NDArray[np.float32]
Array = NDArray[np.float64]
Ids = NDArray[np.int32]  # characters, by their place in the alphabet
TextIds = NDArray[np.integer[Any]]  # the same as a corpus holds them: one or two bytes each


@dataclass(frozen=True)
class Layer:
    """Weights of one layer with H units and ``inputs`` inputs; G blocks, as its cell says."""

    kernel: Float  # (inputs, G H)
    recurrent_kernel: Float  # (H, G H)
    bias: Float  # (G H,); (2, G H) where the recurrent product has its own
    cell: Cell = LSTM

    @property
    def units(self) -> int:
        """H, the number of units."""
        return int(self.recurrent_kernel.shape[0])


@dataclass(frozen=True)
class Network:
    """All weights: float32, read by training, sampling, tracing and the measures."""

    layers: tuple[Layer, ...]
    output_kernel: Float  # (H of the last layer, V)
    output_bias: Float  # (V,)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, first layer first."""
        return tuple(layer.units for layer in self.layers)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cell of each layer, first layer first."""
        return tuple(layer.cell for layer in self.layers)

    @property
    def cell_title(self) -> str:
        """What the layers are, in words: ``LSTM``, or ``LSTM and GRU`` where they differ."""
        return " and ".join(dict.fromkeys(cell.title for cell in self.cells))

    @property
    def alphabet_size(self) -> int:
        """V, the number of distinct characters."""
        return int(self.output_bias.shape[0])

    @property
    def parameters(self) -> int:
        """Number of trainable values."""
        return sum(array.size for array in self.arrays().values())

    def arrays(self) -> dict[str, Float]:
        """Named arrays, as stored in weights.npz: ``layer1.kernel`` ... ``output.bias``."""
        named: dict[str, Float] = {}
        for number, layer in enumerate(self.layers, start=1):
            named[f"layer{number}.kernel"] = layer.kernel
            named[f"layer{number}.recurrent_kernel"] = layer.recurrent_kernel
            named[f"layer{number}.bias"] = layer.bias
        named["output.kernel"] = self.output_kernel
        named["output.bias"] = self.output_bias
        return named


def network_from_arrays(arrays: Mapping[str, Float], cells: Sequence[Cell]) -> Network:
    """Inverse of :meth:`Network.arrays`.

    Args:
        arrays: by their names.
        cells: of each layer.

    Raises:
        KeyError: an array is missing.
        ValueError: shapes do not fit together.
    """
    count = sum(name.endswith(".recurrent_kernel") for name in arrays)
    layers = tuple(
        Layer(
            arrays[f"layer{number}.kernel"],
            arrays[f"layer{number}.recurrent_kernel"],
            arrays[f"layer{number}.bias"],
            cell,
        )
        for number, cell in zip(range(1, count + 1), cells, strict=True)
    )
    network = Network(layers, arrays["output.kernel"], arrays["output.bias"])
    check_shapes(network)
    return network


def weight_shapes(
    alphabet_size: int, sizes: tuple[int, ...], cells: Sequence[Cell] = ()
) -> dict[str, tuple[int, ...]]:
    """Shapes of all arrays of a network, by their names in :meth:`Network.arrays`.

    Args:
        alphabet_size: V.
        sizes: units of each layer.
        cells: of each layer; () for LSTM layers.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    inputs = alphabet_size
    for number, (units, cell) in enumerate(
        zip(sizes, _one_each(cells, len(sizes)), strict=True), start=1
    ):
        shapes[f"layer{number}.kernel"] = (inputs, cell.width(units))
        shapes[f"layer{number}.recurrent_kernel"] = (units, cell.width(units))
        shapes[f"layer{number}.bias"] = cell.bias_shape(units)
        inputs = units
    return shapes | {"output.kernel": (inputs, alphabet_size), "output.bias": (alphabet_size,)}


def check_shapes(network: Network) -> None:
    """Raise ValueError, naming the array, where shapes or dtypes do not fit together."""
    if not network.layers:
        raise ValueError("a network needs at least one recurrent layer")
    expected = weight_shapes(network.alphabet_size, network.sizes, network.cells)
    for name, array in network.arrays().items():
        if array.shape != expected[name] or array.dtype != np.float32:
            raise ValueError(
                f"{name} is {array.dtype} {array.shape}, expected float32 {expected[name]}"
            )


def initial_network(
    alphabet_size: int, sizes: tuple[int, ...], seed: int, cells: Sequence[Cell] = ()
) -> Network:
    """Untrained weights, as Keras draws them: Glorot-uniform kernels, orthogonal recurrent
    kernels, zero biases with forget-gate bias 1 (Jozefowicz et al. 2015).

    The draw depends on ``seed`` and shapes alone, so that the same seed is the same network
    everywhere. ``cells`` are those of the layers; () for LSTM layers.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    layers: list[Layer] = []
    inputs = alphabet_size
    for units, cell in zip(sizes, _one_each(cells, len(sizes)), strict=True):
        bias = np.zeros(cell.bias_shape(units), np.float32)
        if "forget_gate" in cell.gates:
            place = cell.block("forget_gate")
            bias[place * units : (place + 1) * units] = 1.0
        layers.append(
            Layer(
                _glorot_uniform(generator, inputs, cell.width(units)),
                _orthogonal(generator, units, cell.width(units)),
                bias,
                cell,
            )
        )
        inputs = units
    return Network(
        tuple(layers),
        _glorot_uniform(generator, inputs, alphabet_size),
        np.zeros(alphabet_size, np.float32),
    )


def model_summary(network: Network) -> str:
    """Layers, output shapes and parameter counts, as Keras' ``model.summary`` lists them."""
    rows = [("input", f"(None, None, {network.alphabet_size})", 0)]
    for number, layer in enumerate(network.layers, start=1):
        count = layer.kernel.size + layer.recurrent_kernel.size + layer.bias.size
        name = f"{layer.cell.name}{number} ({layer.cell.title})"
        rows.append((name, f"(None, None, {layer.units})", count))
    dense = network.output_kernel.size + network.output_bias.size
    rows.append(("softmax (Dense)", f"(None, None, {network.alphabet_size})", dense))
    lines = [f"{'Layer':<20}{'Output shape':<24}{'Parameters':>12}"]
    lines += [f"{name:<20}{shape:<24}{count:>12,}" for name, shape, count in rows]
    lines.append(f"{'Total':<44}{network.parameters:>12,}")
    return "\n".join(lines)


def _one_each(cells: Sequence[Cell], layers: int) -> Sequence[Cell]:
    """``cells``, or as many LSTM cells as there are layers."""
    return cells or (LSTM,) * layers


def _glorot_uniform(generator: np.random.Generator, rows: int, columns: int) -> Float:
    limit = np.sqrt(6.0 / (rows + columns))
    return generator.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def _orthogonal(generator: np.random.Generator, rows: int, columns: int) -> Float:
    q, r = np.linalg.qr(generator.standard_normal((columns, rows)))
    return np.ascontiguousarray((q * np.sign(np.diag(r))).T.astype(np.float32))
