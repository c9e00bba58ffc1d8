"""From a model as its file has it to the network that the engine runs: the same function, folded.

An embedding before the first layer is a matrix product, so it goes into the first kernel; two
biases that are only ever added become one; PyTorch's matrices are transposed.
"""

import numpy as np

from jobs.model.network import Layer, Network
from jobs.model_files.file_model import FileModel, RecurrentLayer, float32


def folded_network(model: FileModel) -> tuple[Network, tuple[str, ...]]:
    """The network of ``model``, rows and columns by the model's own ids, and what was folded."""
    layers = [FOLDS[layer.cell](layer) for layer in model.layers]
    notes: list[str] = []
    if model.embedding is not None:
        kernel = model.embedding.astype(np.float64) @ layers[0].kernel.astype(np.float64)
        folded = float32("the first kernel", kernel)
        layers[0] = Layer(folded, layers[0].recurrent_kernel, layers[0].bias)
        rows, columns = model.embedding.shape
        notes.append(f"embedding ({rows:,} x {columns:,}) folded into the first layer's kernel")
    if any(len(layer.biases) == 2 for layer in model.layers):
        notes.append("the two biases of each layer added up")
    if any(not layer.biases for layer in model.layers):
        notes.append("layers without bias: zeros")
    if any(layer.layout == "pytorch" for layer in model.layers):
        notes.append("matrices transposed; the gates have the same order in both frameworks")
    output = model.output_weights if model.output_layout == "keras" else model.output_weights.T
    bias = model.output_bias
    if bias is None:
        bias = np.zeros(model.alphabet_size, np.float32)
    network = Network(tuple(layers), np.ascontiguousarray(output), bias)
    return network, (*model.notes, *notes)


def reordered(network: Network, ids: np.ndarray) -> Network:
    """The same network for an alphabet in another order: new id ``k`` is the old ``ids[k]``."""
    first = network.layers[0]
    kernel = np.ascontiguousarray(first.kernel[ids])
    return Network(
        (Layer(kernel, first.recurrent_kernel, first.bias), *network.layers[1:]),
        np.ascontiguousarray(network.output_kernel[:, ids]),
        np.ascontiguousarray(network.output_bias[ids]),
    )


def _folded_lstm(layer: RecurrentLayer) -> Layer:
    inputs, recurrent = layer.input_weights, layer.recurrent_weights
    if layer.layout == "pytorch":
        inputs, recurrent = inputs.T, recurrent.T
    bias = np.zeros(4 * layer.units, np.float64)
    for part in layer.biases:
        bias += part
    return Layer(
        np.ascontiguousarray(inputs), np.ascontiguousarray(recurrent), float32("bias", bias)
    )


FOLDS = {"lstm": _folded_lstm}  # one function a cell
