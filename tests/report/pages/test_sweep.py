"""The page of the seeds."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from report.measures.universality.record import Setting, SweepFound
from report.measures.universality.seeds import (
    ConceptInSeeds,
    Explained,
    SeedConcepts,
    measure_seeds,
)
from report.pages.contents import gather
from report.pages.labels import pages as label_pages
from report.pages.sweep import sweep_page
from tests.support.compare_runs import network, text_of, view
from tests.support.explained_view import explained_view


@pytest.fixture(scope="module")
def measured():
    text = text_of(1_200)
    seeds = measure_seeds([view(network(seed), text=text, seed=seed) for seed in (0, 1)])
    return replace(
        seeds,
        bits=(0.5, 0.6),
        labelled=(1, 2),
        concepts=(ConceptInSeeds("quote", (1, 2)), ConceptInSeeds("<b>", (0, 3))),
        explained=(Explained(1, (0.5, 0.7), (0.3, 0.3)), Explained(2, (0.6, 0.6), (0.2, 0.2))),
    )


def page(*settings):
    return sweep_page(SweepFound(1, "program", settings), "a" * 64).text


def test_bits_are_told_with_mean_spread_and_worst(measured):
    text = page(Setting({"training.l1": 0.001}, ("a" * 64, "b" * 64), measured))
    row = text.split('id="bits"')[1].split("</table>")[0]
    for figure in (">0.550<", ">0.0707<", ">0.600<", ">1.5<", ">2<"):
        assert figure in row
    assert "training.l1 0.001 (this site" in row.replace("&#46;", ".")
    assert row.count("<circle") == 2


def test_units_stand_beside_every_null(measured):
    text = page(Setting({}, ("a" * 64, "b" * 64), measured))
    head = text.split('id="units"')[1].split("</thead>")[0]
    for word in ("rotated", "untrained", "by chance", "in every seed", "CKA", "R²"):
        assert word in head
    assert "as configured" in text


def test_concepts_of_every_seed_are_named_and_text_is_escaped(measured):
    text = page(Setting({}, ("a" * 64, "b" * 64), measured))
    assert "In every seed: quote." in text
    assert "<b>" not in text.split('id="concepts"')[1]
    none = replace(measured, concepts=())
    assert "No concept has a labelled unit in every seed" in page(Setting({}, ("a", "b"), none))


def test_a_page_of_a_concept_says_in_how_many_seeds_it_is_learnt():
    own = explained_view()
    pages = label_pages(own, gather(own))
    assert not any("in the seed alone" in page.text for page in pages)
    (card, *_) = own.measures["measures"].concepts
    for labelled, count in (({card.name: 2}, 2), ({}, 0)):
        more = {**own.measures, "seed_concepts": SeedConcepts(5, labelled)}
        view = replace(own, measures=MappingProxyType(more))
        found = {page.path: page.text for page in label_pages(view, gather(view))}
        assert f"In {count} of the 5 networks" in found[f"labels/{card.slug}.md"]
        layers = [text for path, text in found.items() if path.startswith("labels/l1/")]
        assert layers and not any("in the seed alone" in text for text in layers)


def test_explanations_stand_beside_the_untrained_fit(measured):
    text = page(Setting({}, ("a" * 64, "b" * 64), measured))
    row = text.split('id="explanations"')[1].split("</tr>")[1]
    assert all(figure in row for figure in (">0.60<", ">0.50, 0.70<", ">0.30<"))
    assert 'id="explanations"' not in page(Setting({}, ("a", "b"), replace(measured, explained=())))


def test_one_seed_has_no_spread(measured):
    own = view(network(0), text=text_of(1_200))
    text = page(Setting({}, ("a" * 64,), measure_seeds([own])), Setting({}, ("b", "c"), measured))
    assert ">n/a<" in text


def test_equal_bits_do_not_break_the_axis(measured):
    assert "<svg" in page(Setting({}, ("a", "b"), replace(measured, bits=(0.5, 0.5))))
