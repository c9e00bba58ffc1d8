"""From a model as its file has it to the network that the engine runs: the same function, folded.

An embedding before the first layer is a matrix product, so it goes into the first kernel; two
biases that are only ever added become one (a GRU keeps that of its candidate); PyTorch's
matrices are transposed, and its GRU's gates r z n are put in Keras' order z r h.
"""

from dataclasses import replace

import numpy as np

from jobs.model.network import Layer, Network
from jobs.model_files.file_model import FileModel, RecurrentLayer, float32


def folded_network(model: FileModel) -> tuple[Network, tuple[str, ...]]:
    """The network of ``model``, rows and columns by the model's own ids, and what was folded."""
    layers = [_folded(layer) for layer in model.layers]
    notes: list[str] = []
    if model.embedding is not None:
        kernel = model.embedding.astype(np.float64) @ layers[0].kernel.astype(np.float64)
        folded = float32("the first kernel", kernel)
        layers[0] = replace(layers[0], kernel=folded)
        rows, columns = model.embedding.shape
        notes.append(f"embedding ({rows:,} x {columns:,}) folded into the first layer's kernel")
    if any(len(layer.biases) == 2 and not layer.cell.recurrent_bias for layer in model.layers):
        notes.append("the two biases of each layer added up")
    if any(not layer.biases for layer in model.layers):
        notes.append("layers without bias: zeros")
    if any(layer.layout == "pytorch" for layer in model.layers):
        notes.append(_order_note(model))
    output = model.output_weights if model.output_layout == "keras" else model.output_weights.T
    bias = model.output_bias
    if bias is None:
        bias = np.zeros(model.alphabet_size, np.float32)
    network = Network(tuple(layers), np.ascontiguousarray(output), bias)
    return network, (*model.notes, *notes)


def reordered(network: Network, ids: np.ndarray) -> Network:
    """The same network for an alphabet in another order: new id ``k`` is the old ``ids[k]``."""
    kernel = np.ascontiguousarray(network.layers[0].kernel[ids])
    return Network(
        (replace(network.layers[0], kernel=kernel), *network.layers[1:]),
        np.ascontiguousarray(network.output_kernel[:, ids]),
        np.ascontiguousarray(network.output_bias[ids]),
    )


def _folded(layer: RecurrentLayer) -> Layer:
    inputs, recurrent = layer.input_weights, layer.recurrent_weights
    biases = [bias.astype(np.float64) for bias in layer.biases]
    if layer.layout == "pytorch":
        inputs, recurrent = inputs.T, recurrent.T
        if layer.cell.name == "gru":
            inputs, recurrent = _in_keras_order(inputs), _in_keras_order(recurrent)
            biases = [_in_keras_order(bias) for bias in biases]
    width = layer.cell.width(layer.units)
    if layer.cell.recurrent_bias:
        bias = np.stack(biases) if biases else np.zeros((2, width))
    else:
        bias = sum(biases, np.zeros(width))
    return Layer(
        np.ascontiguousarray(inputs),
        np.ascontiguousarray(recurrent),
        float32("bias", bias),
        layer.cell,
    )


def _in_keras_order(blocks: np.ndarray) -> np.ndarray:
    """The last axis from r z n to z r n."""
    reset, update, candidate = np.split(blocks, 3, axis=-1)
    return np.concatenate([update, reset, candidate], axis=-1)


def _order_note(model: FileModel) -> str:
    if any(layer.cell.name == "gru" for layer in model.layers):
        return "matrices transposed; a GRU's gates r z n put in the order z r n"
    return "matrices transposed; the gates have the same order in both frameworks"
