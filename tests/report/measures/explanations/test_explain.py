"""Explanations of hand-built networks, whose every unit is known."""

import pytest

from tests.support.golden_measures import golden_measures
from tests.support.golden_networks import BRACES, DEAD, LINE, QUOTE, TWIN


def explanation(unit: int, layers: int = 1):
    return golden_measures(layers).unit(layers, unit).explanation


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("unit", [QUOTE, TWIN])
def test_the_quote_cell_is_a_tracker_of_one_clause(unit, layers):
    found = explanation(unit, layers)
    assert found.kind == "tracker" and found.grade == "explains it" and found.explained
    assert found.sentence.form == "rules" and len(found.sentence.clauses) == 1
    one = found.sentence.clauses[0]
    assert one.text == "inside double quotation marks"
    assert one.value == -found.sentence.rest
    assert found.score.r2 > 0.98 and found.score.null < 0.01


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    ("unit", "number"), [(BRACES, "brace depth"), (LINE, "characters since the last newline")]
)
def test_counters_are_said_by_their_number(unit, number, layers):
    found = explanation(unit, layers)
    assert found.kind == "counter" and found.explained
    assert found.score.r2 > (0.98 if layers == 1 else 0.97)
    for clause in found.sentence.clauses:
        assert number in clause.text + clause.number, found.sentence.text


def test_a_unit_that_never_changes_is_constant():
    found = explanation(DEAD)
    assert found.kind == "constant" and found.sentence.text == "always about 0.00"
    assert not found.explained and found.misses == ()


def test_memory_of_flip_flops_and_of_short_units():
    assert explanation(QUOTE).memory.k90 is None  # the quotation mark may be far
    short = explanation(5)
    assert short.memory.k90 <= 3
    assert short.memory.longest < 10 and explanation(QUOTE).memory.longest == 50
    assert max(map(abs, explanation(QUOTE).memory.shares)) < 0.1  # what it read before decides all
    assert short.memory.shares[-1] > 0.99


def test_the_sample_is_simulated_character_by_character():
    measures = golden_measures(1)
    for one in measures.units:
        simulation = one.explanation.simulation
        assert len(simulation.values) == len(simulation.clauses) == 120
        assert set(simulation.clauses) <= set(range(-1, len(one.explanation.sentence.clauses)))
        assert all(abs(value) <= 1 and value == round(value, 2) for value in simulation.values)


def test_faithfulness_lies_between_the_truth_and_the_mean_state():
    for one in golden_measures(2).faithfulness:
        assert one.true - 0.05 < one.simulated < one.true + 0.2 < one.mean_state
