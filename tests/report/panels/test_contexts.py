"""The examples of a neuron mark where a document begins."""

from dataclasses import replace

import numpy as np

from report.measures.contexts import Context
from report.panels.contexts import _coloured, _spans
from report.panels.contexts import prepare as contexts
from report.run_view import Unit
from tests.support.explained_view import explained_view


def test_the_first_character_of_a_document_is_marked():
    spans, levels = _spans("abcdefgh"), [0] * 8
    example = Context("top", 0, 3, 1, 6, 1, 0.5)
    plain = str(_coloured(spans, levels, example, ()))
    marked = str(_coloured(spans, levels, example, (0, 2, 3, 5, 6)))
    assert "begins" not in plain
    assert marked.replace(" begins", "") == plain
    assert marked.count(" begins") == 3  # of 2, 3 and 5; 0 and 6 are not shown
    assert " begins here" in marked or " here begins" in marked


def test_examples_of_a_probe_with_documents_say_what_the_bar_means():
    view = explained_view()
    unit = Unit(1, 0)
    places = [context.place for context in view.measures["measures"].unit(1, 0).contexts]
    starts = np.array(sorted(places)[:2], np.int32)
    probe = replace(view.probe, starts=starts)
    for shown, boundaries in ((view, False), (replace(view, probe=probe), True)):
        box = contexts(shown)(unit).values
        assert box.boundaries is boundaries
        texts = "".join(
            str(one.text) for group in (*box.shown, *box.folded) for one in group.examples
        )
        assert (" begins" in texts) is boundaries
