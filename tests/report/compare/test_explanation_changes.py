"""Explanations before and after: nothing within noise is called a change."""

import json
from dataclasses import replace
from types import MappingProxyType

import pytest

from report.compare import output
from report.compare.difference import compare
from report.compare.explanation_changes import ExplanationChange, UnitExplanation
from report.compare.wording import explained_words, explanation_words
from report.pages.diff import diff_page
from report.run_view import Unit
from tests.support.compare_labels import labelled
from tests.support.compare_runs import view
from tests.support.tiny_explanations import tiny_explanation

BASE = view()


def explained(run, scores=None, kinds=None):
    """``run`` with an explanation of every unit; some of another score, of another kind."""
    measured = labelled(run, {})
    units = []
    for number, one in enumerate(measured.measures["units"]):
        own = tiny_explanation(number, 4)
        name = Unit(one.layer, one.index).name
        r2 = (scores or {}).get(name, 0.5)
        own = replace(
            own,
            kind=(kinds or {}).get(name, "mixed"),
            score=replace(own.score, r2=r2, interval=(r2 - 0.05, r2 + 0.05)),
        )
        units.append(WithExplanation(one.layer, one.index, one.label, own))
    return replace(
        measured, measures=MappingProxyType({**measured.measures, "units": tuple(units)})
    )


class WithExplanation:
    def __init__(self, layer, index, label, explanation):
        self.layer, self.index, self.label = layer, index, label
        self.explanation = explanation


def change(before, after, kinds=("mixed", "mixed")):
    sides = [
        UnitExplanation(kind, "about +0.10", score, (score - 0.05, score + 0.05))
        for kind, score in zip(kinds, (before, after), strict=True)
    ]
    return ExplanationChange(Unit(1, 3), Unit(1, 4), *sides)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (0.62, "better explained"),
        (0.38, "worse explained"),
        (0.58, "unchanged"),
        (0.42, "unchanged"),
    ],
)
def test_scores_differ_where_their_intervals_lie_apart(after, verdict):
    assert change(0.5, after).verdict == verdict
    assert change(0.5, after).changed == (verdict != "unchanged")


def test_a_kind_that_differs_within_noise_is_unchanged():
    kinds = ("mixed", "counter")
    assert not change(0.5, 0.55, kinds).kind_changed
    assert change(0.5, 0.7, kinds).kind_changed
    assert not change(0.5, 0.7).kind_changed


def test_words_of_a_change():
    assert explanation_words(change(0.5, 0.7, ("mixed", "counter"))) == (
        "L1N4 (was L1N3): better explained, 0.700 (0.650 to 0.750; was 0.500, 0.450 to 0.550), "
        "counter (was mixed)"
    )
    within = explanation_words(change(0.5, 0.55, ("mixed", "counter")))
    assert "unchanged" in within and "counter" not in within


def test_every_output_tells_what_changed_and_nothing_else():
    new = replace(BASE, run_id="000002-0badcafe")
    now = explained(new, {"L1N2": 0.7, "L2N1": 0.56}, {"L1N2": "counter", "L2N1": "tracker"})
    difference = compare(explained(BASE), now)
    assert len(difference.explanations) == 14 and not difference.empty
    assert explained_words(difference) == (
        "1 of 14 pairs of units beyond their intervals, 1 of another kind"
    )
    text = output.text(difference)
    assert "L1N2: better explained, 0.700" in text and "L2N1" not in text
    assert "- L1N2: better explained, 0.700" in output.markdown(difference)
    document = json.loads(output.json_text(difference))
    verdicts = {one["new"]: one["verdict"] for one in document["explanations"]}
    assert verdicts["L1N2"] == "better explained" and verdicts["L2N1"] == "unchanged"
    page = diff_page(explained(BASE), now, difference, BASE.units).text
    table = page.split('id="explanations"')[1].split("</table>")[0]
    assert table.count("<tr><th") == 2 and "better explained, now counter" in table
    assert "70 % (65 % to 75 %)" in table and "L2N1" not in table


def test_noise_alone_is_no_difference():
    now = explained(BASE, {"L1N2": 0.56}, {"L1N2": "counter"})
    assert compare(explained(BASE), now).empty


def test_runs_without_explanations_compare_as_before():
    for old, new in ((labelled(BASE, {}), explained(BASE)), (explained(BASE), BASE)):
        difference = compare(old, replace(new, run_id="000002-0badcafe"))
        assert difference.explanations == ()
        assert "xplanations" not in output.text(difference)
    both = compare(BASE, view(sample="<aa>"))
    assert "xplanations" not in output.text(both) + output.markdown(both)
    assert 'id="explanations"' not in diff_page(BASE, view(sample="<aa>"), both, ()).text
