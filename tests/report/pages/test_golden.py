"""A whole neuron page is as it was reviewed."""

from tests.support.golden_pages import FILE, GOLD, page


def test_the_neuron_page_is_as_reviewed():
    expected = (GOLD / FILE).read_text(encoding="utf-8")
    assert page() == expected, "the page has changed: `make gold`, then read the difference"
