"""Which cell a recurrent layer of Keras is: class, reset form and activations tell it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jobs.model.cell import GRU, GRU_RESET_BEFORE, LSTM, RNN, Cell, GateActivation
from jobs.model_files.file_model import RefusedError

RECURRENT = ("LSTM", "GRU", "SimpleRNN")


def layer_cell(kind: str, place: str, config: Mapping[str, Any], version: str) -> Cell:
    """The cell of a layer of class ``kind``, one of RECURRENT.

    Args:
        kind: its class.
        place: the layer, in words.
        config: its configuration.
        version: of the Keras that wrote it; "" where the file does not say.

    Raises:
        RefusedError: an activation that is not computed here.
    """
    if config.get("time_major"):
        raise RefusedError(f"{place}: time_major is not read")
    cell = {"LSTM": LSTM, "GRU": _gru(config, version), "SimpleRNN": RNN}[kind]
    activation = config.get("activation", "tanh")
    if activation not in ("tanh", "relu"):
        raise RefusedError(
            f"{place}: activation {str(activation)[:60]!a}; tanh and relu are computed here"
        )
    if not cell.gates:
        return replace(cell, activation=activation)
    return replace(
        cell, activation=activation, gate_activation=_gate_activation(place, config, version)
    )


def _gru(config: Mapping[str, Any], version: str) -> Cell:
    """Keras 1 and early Keras 2 had the form of the paper alone and did not say so."""
    after = config.get("reset_after", not version.startswith(("1.", "2.")))
    return GRU if after else GRU_RESET_BEFORE


def _gate_activation(place: str, config: Mapping[str, Any], version: str) -> GateActivation:
    name = config.get("recurrent_activation", "sigmoid")
    if name == "sigmoid":
        return "sigmoid"
    if name != "hard_sigmoid":
        raise RefusedError(
            f"{place}: recurrent_activation {str(name)[:60]!a}; sigmoid and hard_sigmoid are "
            "computed here"
        )
    if not version:
        raise RefusedError(
            f"{place}: hard_sigmoid, which Keras 2 and 3 compute differently, and the file does "
            "not say its version"
        )
    return "hard_sigmoid_fifth" if version.startswith(("1.", "2.")) else "hard_sigmoid"
