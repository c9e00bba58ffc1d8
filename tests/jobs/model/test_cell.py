"""What a cell is: written down, read back, and refused where it is none."""

from dataclasses import replace

import pytest

from jobs.model.cell import (
    CELLS,
    GRU,
    GRU_RESET_BEFORE,
    LSTM,
    RNN,
    cells_from_record,
    cells_record,
)

READ_ONLY = [
    GRU_RESET_BEFORE,
    replace(LSTM, gate_activation="hard_sigmoid"),
    replace(GRU, gate_activation="hard_sigmoid_fifth"),
    replace(RNN, activation="relu"),
]


def test_the_record_brings_every_cell_back():
    cells = (*CELLS.values(), *READ_ONLY)
    assert cells_from_record(cells_record(cells)) == cells


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({}, "list"),
        ([["lstm"]], "a layer has"),
        ([{"cell": "lstm"}], "a layer has"),
        ([{"cell": "tcn", "activation": "tanh", "gate_activation": "sigmoid"}], "gru_reset_before"),
        ([{"cell": "rnn", "activation": "sin", "gate_activation": "sigmoid"}], "tanh, relu"),
        ([{"cell": "rnn", "activation": "tanh", "gate_activation": 3}], "hard_sigmoid"),
    ],
)
def test_what_is_no_cell_is_named(record, named):
    with pytest.raises(ValueError, match=named):
        cells_from_record(record)


def test_three_cells_are_trained_and_the_others_only_read():
    assert [cell.trained for cell in (LSTM, GRU, RNN)] == [True] * 3
    assert not any(cell.trained for cell in READ_ONLY)


def test_what_a_cell_has():
    assert LSTM.states == ("hidden", "cell", "input_gate", "forget_gate", "output_gate")
    assert GRU.states == ("hidden", "update_gate", "reset_gate") and GRU.carried == ("hidden",)
    assert RNN.states == RNN.carried == ("hidden",)
    assert [cell.keeps for cell in (LSTM, GRU, RNN)] == ["forget_gate", "update_gate", ""]
