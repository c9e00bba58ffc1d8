"""What a neuron page says of other seeds."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from report.measures.universality.seeds import UnitInSeeds
from report.panels.seeds import prepare
from report.render.templates import render
from report.run_view import Unit
from tests.support.tiny_view import tiny_view

UNIT = UnitInSeeds(
    layer=1,
    index=2,
    live=True,
    found=3,
    others=4,
    r=0.8123,
    least=0.2,
    rotated=0.41,
    untrained=0.35,
    predicted=0.9,
    predicted_untrained=0.5,
)


def content(unit):
    view = replace(tiny_view(), measures=MappingProxyType({"seeds": (unit,)}))
    return prepare(view)(Unit(1, 2))


def text(unit):
    return render("panels/seeds.md.j2", panel=content(unit).values, root="../../")


def test_the_figure_stands_beside_its_nulls():
    words = text(UNIT)
    assert "Found in 3 of 4</strong> networks" in words
    for figure in ("0.81", "0.41", "0.35", "0.90", "0.50"):
        assert words.count(f">{figure}<") == 1
    assert "alone" not in words
    assert [column.text for column in content(UNIT).columns] == ["3 of 4"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"found": 0}, "a page of this network alone"),
        ({"found": 1, "others": 1}, "1 of 1</strong> network trained in the same way from another"),
        ({"live": False}, "nothing to look for"),
    ],
)
def test_other_cases_have_their_words(change, says):
    assert says in text(replace(UNIT, **change))


def test_a_run_that_no_sweep_measured_has_no_box():
    assert prepare(tiny_view()) is None
    view = replace(tiny_view(), measures=MappingProxyType({"seeds": (UNIT,)}))
    assert prepare(view)(Unit(1, 0)) is None
