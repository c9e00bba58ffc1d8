"""The front page says how much is explained, by layer, kind and unit."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from report.measures.explanations.first import points
from report.pages.contents import gather
from report.pages.overview import pages as overview_pages
from report.panels.explained import FIRST, LETTERS, explained
from report.run_view import Unit
from tests.support.explained_view import explained_view, without_explanations
from tests.support.golden_measures import golden_measures


@pytest.fixture(scope="module")
def view():
    return explained_view()


@pytest.fixture(scope="module")
def units(view):
    return view.measures["units"]


def page(view):
    return next(one.text for one in overview_pages(view, gather(view)) if one.path == "index.md")


def test_each_unit_is_in_the_picture_of_its_layer(view, units):
    box = explained(view)
    for layer in box.layers:
        own = [one for one in units if one.layer == layer.summary.layer]
        assert sorted(bar.unit for bar in layer.bars) == [Unit(u.layer, u.index) for u in own]
        by_unit = {Unit(u.layer, u.index): u.explanation for u in own}
        for bar in layer.bars:
            one = by_unit[bar.unit]
            assert bar.letter == LETTERS[one.kind]
            assert bar.height == (round(10 * one.score.r2) if one.explained else 0)
        letters = [bar.letter for bar in layer.bars]
        changes = sum(a != b for a, b in pairwise(letters))
        assert changes + 1 == len(set(letters))  # one kind stands together


def test_kinds_are_counted_over_all_layers(view, units):
    counts = Counter(one.explanation.kind for one in units)
    assert {one.kind: one.units for one in explained(view).kinds} == counts


def test_the_first_units_are_those_with_most_points(view, units):
    own = points([(one.explanation, one.effect) for one in units])
    order = sorted(range(len(units)), key=lambda place: -own[place])
    best = [place for place in order if own[place] > 0][:FIRST]
    first = explained(view).first
    assert [one.unit for one in first] == [
        Unit(units[place].layer, units[place].index) for place in best
    ]
    rows = page(view).split('id="unit-list"')[1].split("<tr><th")[2:]
    assert f">{first[0].unit.name}<" in rows[0]


def test_front_page_answers_before_it_lists(view):
    text = page(view)
    summary = explained(view).layers[0].summary
    answer = text.split('class="answer"')[1].split("</p>")[0]
    assert f"<b>{summary.median:.0%}".replace("%", " %") in answer
    assert f"untrained: {summary.untrained:.0%}".replace("%", " %") in answer
    assert text.index('class="unit-map"') < text.index('id="first"') < text.index('id="units"')
    assert text.count('id="layer-1"') == 1
    assert "Concepts remembered beyond the last two characters:" in text


@pytest.mark.parametrize("some", [True, False])
def test_a_run_without_explanations_answers_by_labels(units, some):
    measures = without_explanations(golden_measures(2))
    if some:  # of one unit alone: the front page cannot count on them
        first = replace(measures.units[0], explanation=units[0].explanation)
        measures = replace(measures, units=(first, *measures.units[1:]))
    view = explained_view(measures)
    assert explained(view) is None
    text = page(view)
    assert 'class="unit-map"' not in text and '<h2 id="first">' in text
    assert text.count('id="layer-1"') == 1
