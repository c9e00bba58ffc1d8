"""Long memory, well explained, of large effect: such units come first."""

from dataclasses import replace

import pytest

from report.measures.explanations.first import points
from tests.support.golden_measures import golden_measures
from tests.support.tiny_explanations import tiny_explanation


def unit(k90=10, low=0.7, bits=0.1, used=True, kind=1):
    own = tiny_explanation(kind, 10)
    own = replace(
        own,
        memory=replace(own.memory, k90=k90),
        score=replace(own.score, r2=low + 0.02, interval=(low, low + 0.04)),
    )
    effect = golden_measures(2).units[0].effect
    return own, replace(effect, bits=bits, used=used)


@pytest.mark.parametrize("better", [{"k90": 20}, {"k90": None}, {"low": 0.8}, {"bits": -0.2}])
def test_more_of_any_of_the_three_comes_first(better):
    first, second, _ = points([unit(**better), unit(), unit(bits=0.01)])
    assert first > second > 0


@pytest.mark.parametrize("worst", [{"used": False}, {"low": 0.04}, {"kind": 7}, {"k90": 1}])
def test_what_shows_nothing_has_no_points(worst):
    assert points([unit(), unit(**worst)])[1] == 0


def test_points_are_a_product_of_shares():
    first, second = points([unit(k90=50, low=0.9, bits=0.2), unit(k90=50, low=0.9, bits=0.1)])
    assert first == pytest.approx(0.9 * 0.75) and second == pytest.approx(0.9 * 0.25)
