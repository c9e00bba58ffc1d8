"""Planted faults: whatever would make every page plausible and wrong must be caught."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.model.reading_mode import ReadingMode
from jobs.model.trace import LayerTrace
from report.measures.self_check import TOLERANCE, self_check
from tests.support.golden_measures import golden_run
from tests.support.golden_networks import golden


def shifted(run):
    layers = tuple(
        LayerTrace(
            np.roll(layer.hidden, 1, axis=0),
            np.roll(layer.cell, 1, axis=0),
            {name: np.roll(gate, 1, axis=0) for name, gate in layer.gates.items()},
        )
        for layer in run.trace.layers
    )
    return replace(run.trace, layers=layers)


def shifted_with_probabilities(run):
    return replace(shifted(run), probabilities=np.roll(run.trace.probabilities, 1, axis=0))


def swapped_gates(run):
    layers = tuple(
        replace(
            layer,
            gates={
                **layer.gates,
                "input_gate": layer.gates["forget_gate"],
                "forget_gate": layer.gates["input_gate"],
            },
        )
        for layer in run.trace.layers
    )
    return replace(run.trace, layers=layers)


def swapped_layers(run):
    return replace(run.trace, layers=run.trace.layers[::-1])


def rescaled(run):
    first, *rest = run.trace.layers
    return replace(run.trace, layers=(replace(first, hidden=first.hidden * 1.01), *rest))


@pytest.mark.parametrize("layers", [1, 2])
def test_a_true_trace_passes(layers):
    run = golden_run(layers)
    check = self_check(run.network, run.trace)
    assert check.passed and check.characters == 4_000 and check.places == 400


@pytest.mark.parametrize(
    "plant", [shifted, shifted_with_probabilities, swapped_gates, swapped_layers, rescaled]
)
def test_planted_fault_is_caught(plant):
    run = golden_run(2)
    check = self_check(run.network, plant(run))
    assert not check.passed
    worst = max(check.probabilities, check.outputs, check.recurrence)
    assert worst > 100 * TOLERANCE


def test_window_regime_is_told_from_stream():
    run = golden(2, characters=60, regime="window", window=7)
    assert self_check(run.network, run.trace).passed
    assert not self_check(run.network, replace(run.trace, mode=ReadingMode(5))).passed
    carried = golden(2, characters=60)
    wrong = replace(carried.trace, mode=ReadingMode(7))
    assert not self_check(carried.network, wrong).passed
