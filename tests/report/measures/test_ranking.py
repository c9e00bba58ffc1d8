"""Order of the units and the headline: labelled, then in part, then by effect."""

from dataclasses import replace

import pytest

from report.measures.ranking import headline, ranked
from tests.support.golden_measures import golden_measures
from tests.support.golden_networks import BRACES, DEAD, LINE, QUOTE


def labels_and_effects(**verdicts):
    units = golden_measures(1).units
    labels = [
        replace(one.label, verdict=verdicts.get(f"u{one.index}", one.label.verdict))
        for one in units
    ]
    return labels, [one.effect for one in units]


def test_in_part_comes_after_labelled_and_before_the_rest():
    labels, effects = labels_and_effects(**{f"u{QUOTE}": "partly"})
    order = ranked(labels, effects)
    assert order[3] == QUOTE  # three others are labelled
    assert order.index(LINE) < 3 and order.index(BRACES) < 3


@pytest.mark.parametrize(("verdict", "place"), [("accepted", 3), ("partly", 3)])
def test_encoded_and_not_used_comes_last_in_its_grade(verdict, place):
    labels, effects = labels_and_effects(**{f"u{QUOTE}": verdict})
    effects[QUOTE] = replace(effects[QUOTE], used=False)
    assert ranked(labels, effects)[place] == QUOTE
    assert headline(labels, effects).unused == (verdict == "accepted")


def test_units_without_a_label_are_ordered_by_their_effect():
    labels, effects = labels_and_effects(**{f"u{unit}": "chance" for unit in range(9)})
    order = ranked(labels, effects)
    sizes = [abs(effects[place].bits) for place in order]
    assert sizes == sorted(sizes, reverse=True) and order[-1] == DEAD


def test_headline_counts_grades_apart():
    labels, effects = labels_and_effects()
    plain = headline(labels, effects)
    assert plain.labelled == 4 and plain.partly == 0 and "part" not in plain.sentence
    labels, effects = labels_and_effects(**{f"u{QUOTE}": "partly"})
    found = headline(labels, effects)
    assert (found.labelled, found.partly) == (3, 1)
    assert found.sentence == (
        f"3 of {len(labels)} units labelled, covering {len(found.concepts)} concepts; "
        "1 more follows one in part"
    )
