"""The neuron page that tests/report/pages/gold holds; as a program (`make gold`) it writes it anew.

The run is the golden network of two layers with made-up explanations: every panel has something to
say, nothing is trained.
"""

from report.pages import neuron
from report.pages.contents import gather
from report.run_view import Unit
from tests.support.explained_view import explained_view
from tests.support.golden_networks import QUOTE
from tests.support.places import ROOT

GOLD = ROOT / "tests" / "report" / "pages" / "gold"
UNIT = Unit(2, QUOTE)
FILE = "neuron.md"


def page() -> str:
    """The page of ``UNIT``."""
    view = explained_view()
    pages = neuron.pages(view, gather(view))
    return next(one.text for one in pages if one.path == UNIT.page)


if __name__ == "__main__":
    (GOLD / FILE).write_text(page(), encoding="utf-8")
