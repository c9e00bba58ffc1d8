"""Grades, and when a unit counts as explained."""

import json
from dataclasses import replace

import pytest

from report.measures.explanations.summary import layer_summary
from report.measures.records import NEURONS, REST, from_files, to_files
from tests.support.golden_measures import golden_measures
from tests.support.tiny_explanations import tiny_explanation, with_explanations

ONE = tiny_explanation(0, 10)


@pytest.mark.parametrize(
    ("r2", "grade"),
    [
        (1.0, "explains it"),
        (0.8, "explains it"),
        (0.79, "most of it"),
        (0.64, "half"),
        (0.49, "a part"),
        (0.19, "unexplained"),
        (-1.0, "unexplained"),
    ],
)
def test_a_score_in_words(r2, grade):
    assert replace(ONE, score=replace(ONE.score, r2=r2)).grade == grade


@pytest.mark.parametrize(
    ("low", "null", "explained"), [(0.3, 0.0, True), (0.04, 0.0, False), (0.3, 0.31, False)]
)
def test_chance_must_be_left_behind(low, null, explained):
    score = replace(ONE.score, interval=(low, 0.9), null=null)
    assert replace(ONE, score=score).explained is explained


def test_a_layer_is_summed_up_without_its_constant_units():
    units = [tiny_explanation(number, 10) for number in range(8)]
    assert units[7].kind == "constant"
    found = layer_summary(2, units)
    scores = sorted(one.score.r2 for one in units[:7])
    assert found.median == scores[3] and found.units == 8
    assert found.half == sum(score >= 0.5 for score in scores) / 7
    assert dict(found.kinds)["constant"] == 1 and len(found.kinds) == 8


def test_explanations_are_stored_and_read_again():
    measures = with_explanations(golden_measures(1), 120)
    again = from_files(to_files(measures))
    assert again.faithfulness == measures.faithfulness
    for old, new in zip(measures.units, again.units, strict=True):
        assert new.explanation.sentence == old.explanation.sentence
        assert new.explanation.simulation == old.explanation.simulation
        assert new.explanation.pairs == old.explanation.pairs
        assert new.explanation.score.r2 == pytest.approx(old.explanation.score.r2, abs=1e-4)


def test_measures_of_a_version_without_explanations_are_read():
    files = to_files(golden_measures(1))
    lines = [json.loads(line) for line in files[NEURONS].splitlines()]
    rest = json.loads(files[REST])
    for one in lines:
        del one["explanation"]
    del rest["faithfulness"]
    older = {
        NEURONS: "".join(f"{json.dumps(one)}\n" for one in lines).encode(),
        REST: json.dumps(rest).encode(),
    }
    again = from_files(older)
    assert all(one.explanation is None for one in again.units) and again.faithfulness == ()
    assert len(again.units) == len(lines)
