"""What the sentences keep of the network, layer by layer."""

import pytest

from report.measures.explanations.explanation import Faithfulness
from report.pages.contents import gather
from report.pages.run import pages as run_pages
from report.panels.faithfulness import faithful, kept
from tests.support.explained_view import explained_view, without_explanations
from tests.support.golden_measures import golden_measures


def test_kept_is_the_way_from_the_mean_state_to_the_truth():
    assert kept(Faithfulness(1, 0.5, 1.5, 6.5, 4.9)) == pytest.approx(5 / 6)
    assert kept(Faithfulness(1, 0.5, 6.5, 6.5, 4.9)) == 0
    assert kept(Faithfulness(1, 0.5, 0.5, 0.5, 4.9)) is None


def test_run_page_shows_each_layer():
    view = explained_view()
    (page,) = run_pages(view, gather(view))
    table = page.text.split('id="faithfulness"')[1].split("</table>")[0]
    assert table.count('<th scope="row">') == 2
    for figure in ("0.520", "1.450", "6.500", "4.900", "84 %"):
        assert table.count(f">{figure}<") == 2
    assert faithful(explained_view(without_explanations(golden_measures(2)))) is None
