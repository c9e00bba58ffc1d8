"""What tells as much as the current character, a number or a concept, is asked first."""

import pytest

from report.measures.explanations.explanation import Ladder, Memory
from report.measures.explanations.kind import kind_of
from report.measures.explanations.tables import Alone

MEMORY = Memory((1, 2, 3, 6, 10, 20, 50), (0.1, 0.2, 0.3, 0.5, 0.8, 0.95, 1.0), 17, 50)


@pytest.mark.parametrize(
    ("one", "expected", "number", "kind"),
    [
        (0.69, 0.67, 0.99, "counter"),  # a column of counter-lines
        (0.98, 0.92, 0.93, "character detector"),
        (0.45, 0.66, 0.63, "predictor"),
        (0.45, 0.55, 0.50, "counter"),
        (0.24, 0.26, 0.47, "mixed"),  # a column of values tells less than half
    ],
)
def test_which_kind_comes_first(one, expected, number, kind):
    ladder = Ladder((one, one, one, one), 0.2, expected, expected, 0.99)
    assert kind_of(False, ladder, Alone(number, 0.1), MEMORY) == kind


@pytest.mark.parametrize(
    ("one", "expected", "concept", "kind"),
    [
        (0.90, 0.95, 0.97, "tracker"),  # a detector and a predictor too, but the concept says more
        (0.30, 0.70, 0.60, "predictor"),
        (0.30, 0.70, 0.70, "tracker"),
        (0.30, 0.50, 0.40, "tracker"),
        (0.60, 0.50, 0.55, "character detector"),
    ],
)
def test_a_concept_comes_before_what_is_expected_only_where_it_says_as_much(
    one, expected, concept, kind
):
    ladder = Ladder((one, one, one, one), 0.2, expected, expected, 0.99)
    assert kind_of(False, ladder, Alone(0.1, concept), MEMORY) == kind
