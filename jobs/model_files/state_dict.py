"""A PyTorch state dict, from whichever file: which of its arrays is what.

A state dict names arrays but does not say how the layers are wired. So only one wiring is taken,
the one of every tutorial (embedding or one-hot, LSTM, GRU or RNN, linear), and every array must
have its place in it; whether the wiring is right, the bits on the text say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.model.cell import RNN
from jobs.model_files.file_model import BY_BLOCKS, FileModel, Float, RecurrentLayer, RefusedError

RECURRENT = re.compile(
    r"(?P<module>.*?)(?P<kind>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)"
    r"(_l(?P<number>[0-9]{1,2}))?(?P<reverse>_reverse)?"
)
REFUSED_NAMES = (
    (re.compile(r"in_proj_weight|attn|attention", re.I), "attention is not computed here"),
    (
        re.compile(r"running_mean|running_var|num_batches_tracked"),
        "batch normalisation is not computed here",
    ),
    (re.compile(r"(^|[._])(ln|layer_?norm|norm)[0-9_]*\.", re.I), "normalisation is not computed"),
)
WIRING = (
    "the file does not say how its layers are wired: embedding or one-hot, recurrent layers, "
    "linear taken"
)
PLAIN_RNN = "the file does not say the plain RNN's non-linearity: tanh taken"


@dataclass
class _Rest:
    """What is no recurrent layer: matrices and biases, in the order of the file."""

    weights: dict[str, Float] = field(default_factory=dict)  # by module
    biases: dict[str, Float] = field(default_factory=dict)


def model_of_state_dict(reader: str, arrays: Mapping[str, Float]) -> FileModel:
    """The model whose arrays have PyTorch's names.

    Raises:
        RefusedError: an array without a place, bidirectional, projections, another cell ...
    """
    cells: dict[tuple[str, int], dict[str, Float]] = {}
    rest = _Rest()
    for name, array in arrays.items():
        _refuse_by_name(name)
        match = RECURRENT.fullmatch(name)
        if match is None:
            _sort_rest(rest, name, array)
            continue
        if match["reverse"]:
            raise RefusedError(
                f"{name}: bidirectional: it reads the future, so it is no model of the next "
                "character"
            )
        if match["kind"] == "weight_hr":
            raise RefusedError(f"{name}: an LSTM with projections (proj_size) is not computed here")
        place = (match["module"], int(match["number"] or 0))
        cells.setdefault(place, {})[match["kind"]] = array
    if not cells:
        raise RefusedError("no recurrent layer in it (no array is named weight_ih_l0)")
    modules = list(dict.fromkeys(module for module, _ in cells))
    order = sorted(cells, key=lambda place: (modules.index(place[0]), place[1]))
    layers = tuple(_layer("".join(map(str, place)), cells[place]) for place in order)
    embedding, output, bias = _matrices(rest, layers)
    return FileModel(
        reader=reader,
        embedding=embedding,
        layers=layers,
        output_layout="pytorch",
        output_weights=output,
        output_bias=bias,
        notes=(WIRING, PLAIN_RNN) if any(layer.cell == RNN for layer in layers) else (WIRING,),
    )


def _refuse_by_name(name: str) -> None:
    for pattern, reason in REFUSED_NAMES:
        if pattern.search(name):
            raise RefusedError(f"array {name[:80]!a}: {reason}")


def _sort_rest(rest: _Rest, name: str, array: Float) -> None:
    module, _, kind = name.rpartition(".")
    if kind == "weight" and array.ndim == 2:
        rest.weights[module] = array
    elif kind == "weight" and array.ndim == 1:
        raise RefusedError(f"array {name[:80]!a}: normalisation is not computed here")
    elif kind == "weight" and array.ndim >= 3:
        raise RefusedError(f"array {name[:80]!a}: convolutions are not computed here")
    elif kind == "bias" and array.ndim == 1:
        rest.biases[module] = array
    else:
        raise RefusedError(f"array {name[:80]!a} has no place in a character model")


def _layer(name: str, parts: Mapping[str, Float]) -> RecurrentLayer:
    for kind in ("weight_ih", "weight_hh"):
        if kind not in parts or parts[kind].ndim != 2:
            raise RefusedError(f"recurrent layer {name!a} has no matrix {kind}")
    rows, units = parts["weight_hh"].shape
    cell = BY_BLOCKS.get(rows // units if units and rows % units == 0 else 0)
    if cell is None:
        raise RefusedError(
            f"recurrent layer {name!a}: {rows:,} rows for {units:,} units are no LSTM (4 a unit), "
            "GRU (3) or plain RNN (1)"
        )
    biases = tuple(parts[kind] for kind in ("bias_ih", "bias_hh") if kind in parts)
    if len(biases) == 1:
        raise RefusedError(f"recurrent layer {name!a} has one bias; PyTorch has two or none")
    return RecurrentLayer(
        cell=cell,
        layout="pytorch",
        input_weights=parts["weight_ih"],
        recurrent_weights=parts["weight_hh"],
        biases=biases,
    )


def _matrices(
    rest: _Rest, layers: tuple[RecurrentLayer, ...]
) -> tuple[Float | None, Float, Float | None]:
    """Embedding, output weights and output bias."""
    modules = list(rest.weights)
    stray = [module for module in rest.biases if module not in rest.weights]
    if stray:
        raise RefusedError(f"a bias without weights: {stray[0][:80]!a}")
    if len(modules) not in (1, 2):
        raise RefusedError(
            f"{len(modules)} matrices beside the recurrent layers "
            f"({', '.join(modules)[:120]!a}); an embedding and one output layer are read, more "
            "than one output layer is not"
        )
    if len(modules) == 1:
        output = modules[0]
        return None, rest.weights[output], rest.biases.get(output)
    linear = [module for module in modules if module in rest.biases]
    if len(linear) > 1:
        raise RefusedError(f"more than one output layer: {', '.join(linear)[:120]!a}")
    output = linear[0] if linear else modules[-1]
    embedding = rest.weights[next(module for module in modules if module != output)]
    if embedding.shape[1] != layers[0].inputs:
        raise RefusedError(
            f"a matrix of {embedding.shape[0]:,} x {embedding.shape[1]:,} before a layer that "
            f"reads {layers[0].inputs:,} values is no embedding"
        )
    return embedding, rest.weights[output], rest.biases.get(output)
