"""The reading page says what each sentence says, and opens where they say most."""

from dataclasses import replace

import pytest

from report.pages.contents import gather
from report.pages.reading import Entry, Place, pages, telling
from report.panels.explanation import Line
from report.render.spans import cells, level_class
from report.run_view import Unit
from tests.support.explained_view import explained_view, without_explanations
from tests.support.golden_measures import golden_measures

SAID = Line(0, 7, "+0.50", "when a tab is expected", "")


def entry(deviations, value=0.5, simulated=0.5, said=SAID):
    return Entry(Unit(1, 0), True, "", deviations, value, said, simulated)


def place(number, *entries):
    return Place(number, "a", cells("a")[0], level_class("s", 1), entries)


def test_it_opens_where_right_sentences_say_most():
    usual = place(0, entry(3.0))
    wrong = place(1, entry(9.0, simulated=-0.5))
    unsaid = place(2, entry(9.0, said=None))
    two = place(3, entry(-2.0), entry(2.5))
    assert telling([usual, wrong, unsaid, two]) == 3
    assert telling([usual, wrong, unsaid]) == 0
    assert telling([place(0, entry(1.0, said=None)), place(1, entry(-2.0, said=None))]) == 1
    assert telling([]) == 0


@pytest.mark.parametrize("alignment", ["read", "predict"])
def test_each_unit_is_shown_with_the_line_that_fires_on_its_state(alignment):
    view = explained_view()
    report = view.config.report.model_copy(update={"alignment": alignment})
    view = replace(view, config=view.config.model_copy(update={"report": report}))
    (page,) = pages(view, gather(view))
    measures = view.measures["measures"]
    checked = 0
    for number, row in enumerate(measures.reading):
        box = page.text.split(f'id="c{number}"')[1].split("</ol>")[0]
        for one, item in zip(row[:5], box.split("<li>")[1:], strict=True):
            own = measures.unit(one.layer, one.index).explanation
            at = number if alignment == "read" else number - 1
            if not own.explained or own.kind == "constant" or at < 0:
                assert "its sentence says" not in item
                continue
            clause = own.simulation.clauses[at]
            words = own.sentence.clauses[clause].text if clause >= 0 else ": "
            assert words.replace("<", "&#60;") in item
            checked += 1
    assert checked > 100


def test_a_run_of_before_shows_its_ten_units_without_sentences():
    view = explained_view(without_explanations(golden_measures(2)))
    (page,) = pages(view, gather(view))
    assert "its sentence says" not in page.text
    box = page.text.split('id="c3"')[1].split("</ol>")[0]
    assert box.count("<li>") == len(golden_measures(2).reading[3])
