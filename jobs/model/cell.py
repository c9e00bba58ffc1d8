"""What a recurrent layer consists of: the blocks of its kernels, its gates, its memory.

Whoever needs a gate or the cell state asks the cell whether there is one. Three cells are trained:

    lstm  Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000
    gru   Cho et al. 2014, in the form of Keras' ``reset_after=True`` and of PyTorch
    rnn   Elman 1990: h = tanh(x K + h R + b)

Blocks stand in every kernel in Keras' order (PyTorch: i f g o, which is the same, and r z n).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

CellName = Literal["lstm", "gru", "rnn"]
Activation = Literal["tanh", "relu"]
# the first hard sigmoid is min(max(x / 6 + 1/2, 0), 1), of Keras 3 and PyTorch; the other has
# x / 5, of Keras 2
GateActivation = Literal["sigmoid", "hard_sigmoid", "hard_sigmoid_fifth"]


@dataclass(frozen=True)
class Cell:
    """The kind of one layer. H is the number of units, G that of the blocks."""

    name: str
    title: str
    blocks: tuple[str, ...]  # of every kernel (inputs, G H), in order, in words
    gates: tuple[str, ...]  # traced, in (0, 1); as named in traces
    has_cell_state: bool  # a memory beside the hidden state
    keeps: str = ""  # the gate that multiplies the old memory; "" where none does
    recurrent_bias: bool = False  # a second bias, of the recurrent product
    activation: Activation = "tanh"
    gate_activation: GateActivation = "sigmoid"

    @property
    def states(self) -> tuple[str, ...]:
        """Names of what a trace holds of each unit."""
        return ("hidden", "cell", *self.gates) if self.has_cell_state else ("hidden", *self.gates)

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of what one step hands to the next."""
        return ("hidden", "cell") if self.has_cell_state else ("hidden",)

    @property
    def trained(self) -> bool:
        """Whether such a layer can be trained here; others are only read."""
        return self in CELLS.values()

    def width(self, units: int) -> int:
        """G H, columns of the kernels."""
        return len(self.blocks) * units

    def cell_units(self, units: int) -> int:
        """Values of the cell state: H, or 0 where there is none."""
        return units if self.has_cell_state else 0

    def bias_shape(self, units: int) -> tuple[int, ...]:
        """(G H,), or (2, G H): that of the inputs, that of the recurrent product."""
        return (2, self.width(units)) if self.recurrent_bias else (self.width(units),)

    def block(self, gate: str) -> int:
        """The place of a gate's block in the kernels."""
        return self.blocks.index(gate_words(gate))


LSTM = Cell(
    "lstm",
    "LSTM",
    ("input gate", "forget gate", "candidate", "output gate"),
    ("input_gate", "forget_gate", "output_gate"),
    has_cell_state=True,
    keeps="forget_gate",
)
GRU = Cell(
    "gru",
    "GRU",
    ("update gate", "reset gate", "candidate"),
    ("update_gate", "reset_gate"),
    has_cell_state=False,
    keeps="update_gate",
    recurrent_bias=True,
)
# the reset gate acts on the state before the recurrent product, as in the paper; Keras'
# reset_after=False
GRU_RESET_BEFORE = replace(GRU, name="gru_reset_before", recurrent_bias=False)
RNN = Cell("rnn", "plain RNN", ("state",), (), has_cell_state=False)

CELLS: Mapping[CellName, Cell] = {"lstm": LSTM, "gru": GRU, "rnn": RNN}  # that are trained
GATES = (*LSTM.gates, *GRU.gates)  # of all cells
_KINDS = {cell.name: cell for cell in (LSTM, GRU, GRU_RESET_BEFORE, RNN)}


def gate_words(gate: str) -> str:
    """``input_gate`` in words."""
    return gate.replace("_", " ")


def cells_record(cells: Sequence[Cell]) -> list[dict[str, str]]:
    """Plain JSON values that :func:`cells_from_record` reads back."""
    names = ("activation", "gate_activation")
    return [
        {"cell": cell.name, **{name: str(asdict(cell)[name]) for name in names}} for cell in cells
    ]


def cells_from_record(record: Any) -> tuple[Cell, ...]:
    """Inverse of :func:`cells_record`.

    Raises:
        ValueError: not a record of cells.
    """
    if not isinstance(record, list):
        raise ValueError("not a list of layers")
    return tuple(_cell(entry) for entry in record)


def _cell(entry: Any) -> Cell:
    if not isinstance(entry, dict) or set(entry) != {"cell", "activation", "gate_activation"}:
        raise ValueError("a layer has cell, activation and gate_activation")
    allowed = {
        "cell": tuple(_KINDS),
        "activation": get_args(Activation),
        "gate_activation": get_args(GateActivation),
    }
    for name, values in allowed.items():
        if entry[name] not in values:
            raise ValueError(f"{name} is {entry[name]!a}, known are {', '.join(values)}")
    return replace(
        _KINDS[entry["cell"]],
        activation=entry["activation"],
        gate_activation=entry["gate_activation"],
    )
