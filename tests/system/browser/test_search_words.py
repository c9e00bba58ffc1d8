"""Queries as a reader types them, answered by the shipped search on a site with measures."""

from types import MappingProxyType

import pytest

from jobs.corpus.corpus import corpus_card
from jobs.model.history import EpochRecord, Evaluation
from report.run_view import RunView
from tests.support.golden_measures import CONFIG, corpus_of, golden_measures, golden_run, sample_of
from tests.system.browser.test_site_pages import search

# the page that is meant, alone or first of those that are meant as well
QUERIES = {
    "quote": "labels/quote.html",
    "newline": "labels/newline.html",
    "vowel": "labels/vowel.html",
    "lower case": "labels/lower-case.html",
    "word start": "labels/word-start.html",
    "string literal": "labels/string-literal.html",
    "line position": "labels/line-position.html",
    "brace depth": "labels/brace-depth.html",
    "layer 2 brace depth": "labels/l2/brace-depth.html",
    "layer 1 quote": "labels/l1/quote.html",
    "layer 2 line position": "labels/l2/line-position.html",
    "L2N7": "neurons/l2/n7.html",
    "layer 2 neuron 7": "neurons/l2/n7.html",
    "layer 1 neuron 3": "neurons/l1/n3.html",
    "learning curve": "run.html",
    "forget gate": "guide.html",
}


@pytest.fixture(scope="module")
def measured_site(serve):
    run = golden_run(2)
    return serve(
        RunView(
            config=CONFIG,
            card=corpus_card(corpus_of(run)),
            network=run.network,
            history=(EpochRecord(1, 1.0, 1.0, 1.0, 1.0, 0.001),),
            evaluation=Evaluation(1.0, 4_000, 3.0, 1, False),
            sample=sample_of(run),
            probe=run.trace,
            run_id="",
            tool_version="0",
            measures=MappingProxyType(golden_measures(2).by_name()),
        ),
        "measured",
    )


@pytest.mark.parametrize("query", QUERIES)
def test_the_page_that_is_meant_comes_first(measured_site, open_page, query):
    page = open_page(measured_site.address + "index.html")
    assert search(page, query)[0] == QUERIES[query]
