"""Panels and pages of the measures: what a page says is what the record says."""

import re
from dataclasses import replace
from html import unescape
from types import MappingProxyType

import numpy as np
import pytest

from jobs.corpus.corpus import corpus_card
from jobs.model.history import EpochRecord, Evaluation
from report.measures.ranking import headline
from report.pages.contents import gather
from report.pages.labels import pages as label_pages
from report.pages.neuron import pages as neuron_pages
from report.pages.reading import pages as reading_pages
from report.panels.contexts import PANEL as CONTEXTS
from report.panels.effects import PANEL as EFFECTS
from report.panels.headline import headline as front_page
from report.panels.label import NO_FIT
from report.panels.label import PANEL as LABEL
from report.panels.memory import duration
from report.run_view import RunView, Unit
from tests.support.explained_view import without_explanations
from tests.support.golden_measures import (
    CONFIG,
    corpus_of,
    golden_measures,
    golden_run,
    sample_of,
)
from tests.support.golden_networks import DEAD, QUOTE, RANDOM
from tests.support.tiny_view import tiny_view


@pytest.fixture(scope="module")
def view():
    run = golden_run(2)
    return RunView(
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
    )


def test_without_measures_there_are_no_such_panels():
    assert LABEL.prepare(tiny_view()) is None
    assert list(label_pages(tiny_view(), gather(tiny_view()))) == []


def test_label_panel_tells_the_record(view):
    content = LABEL.prepare(view)(Unit(2, QUOTE))
    label = golden_measures(2).unit(2, QUOTE).label
    assert content.label == "quote" and "It remembers quote beyond" in content.sentence
    assert content.values.rows[0].text.startswith(f"{label.score.shown:.2f}")
    columns = {column.title: column for column in content.columns}
    assert columns["Rank"].value == golden_measures(2).unit(2, QUOTE).rank
    assert columns["Score"].value == label.score.shown
    dead, random = (LABEL.prepare(view)(Unit(1, unit)) for unit in (DEAD, RANDOM))
    for other in (dead, random):
        assert other.label == "" and other.sentence == ""  # the page has its explanation
    assert dead.values.page == "" and not random.values.accepted
    before = without_explanations(golden_measures(2))
    older = replace(view, measures=MappingProxyType(before.by_name()))
    assert LABEL.prepare(older)(Unit(1, DEAD)).sentence == f"{NO_FIT}."


def changed_unit(view, layer, index, change):
    """``view`` with ``change(unit)`` in place of the measures of one unit."""
    measures = golden_measures(2)
    units = tuple(
        change(one) if (one.layer, one.index) == (layer, index) else one for one in measures.units
    )
    counts = headline([one.label for one in units], [one.effect for one in units])
    changed = replace(measures, units=units, headline=counts)
    return replace(view, measures=MappingProxyType(changed.by_name()))


def test_the_second_grade_is_told_apart_everywhere(view):
    def in_part(unit):
        return replace(unit, label=replace(unit.label, verdict="partly"))

    other = changed_unit(view, 2, QUOTE, in_part)
    content = LABEL.prepare(other)(Unit(2, QUOTE))
    label = golden_measures(2).unit(2, QUOTE).label
    assert content.label == "partly quote" and "It remembers in part quote" in content.sentence
    assert content.front_matter["label"] == "partly quote"
    box = content.values
    assert (
        box.heading == "Remembers in part quote beyond the last two characters"
        and box.partly
        and not box.accepted
    )
    (row,) = [row for row in box.rows if row.name.startswith("r where the last two")]
    assert row.text.startswith(f"{label.within_bigram.strength:.2f} (")
    front = front_page(other)
    assert [(one.name, one.units) for one in front.partly] == [("quote", 1)]
    assert front.labelled == golden_measures(2).headline.labelled - 1
    pages = {page.path: page.text for page in label_pages(other, gather(other))}
    before, after = pages["labels/l2/quote.md"].split("In part: it adds")
    assert Unit(2, QUOTE).address in after and Unit(2, QUOTE).address not in before


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"used": True, "interval": (0.01, 0.03)}, None),
        ({"used": True, "interval": (-0.01, 0.03)}, "it matters where its label holds"),
        ({"used": False, "interval": (-0.01, 0.03)}, "but nothing is seen to depend on it"),
        (
            {"used": False, "interval": (-0.01, 0.03), "inside_interval": None},
            "is too rare among these",
        ),
    ],
)
def test_effect_panel_says_how_much_is_known(view, changes, says):
    changed = changed_unit(
        view, 1, QUOTE, lambda unit: replace(unit, effect=replace(unit.effect, **changes))
    )
    address = Unit(1, QUOTE).address.replace(".html", ".md")
    page = next(one.text for one in neuron_pages(changed, gather(changed)) if one.path == address)
    phrases = (
        "it matters where its label holds",
        "but nothing is seen to depend on it",
        "is too rare among these",
    )
    assert [phrase for phrase in phrases if phrase in page] == ([says] if says else [])
    assert ("That cannot be told from none." in page) == (not changes["used"])


def test_effect_strip_is_of_the_last_layer_alone(view):
    first, last = (EFFECTS.prepare(view)(Unit(layer, QUOTE)) for layer in (1, 2))
    assert first.values.strip is None
    values = last.values.strip.thousandths.split(",")
    assert len(values) == view.sample.characters and values[0] == "0"
    assert last.columns[0].value == golden_measures(2).unit(2, QUOTE).effect.bits


def test_contexts_carry_the_text_exactly_and_mark_one_character(view):
    box = CONTEXTS.prepare(view)(Unit(1, QUOTE)).values
    shown = [example for group in (*box.shown, *box.folded) for example in group.examples]
    by_place = {one.place: one for one in golden_measures(2).unit(1, QUOTE).contexts}
    assert len(shown) == len(by_place)
    for example in shown:
        context = by_place[example.position]
        text = unescape(re.sub(r"<[^>]*>", "", example.text))
        assert text == view.probe_text[context.start : context.stop].replace("\n", " ")
        assert example.text.count("<span") == example.text.count("</span>") == len(text)
        marked = re.findall(r'<span class="p\d+ here[^>]*>([^<]*)<', example.text)
        assert [unescape(one) for one in marked] == [
            view.probe_text[context.place].replace("\n", " ")
        ]


def test_contexts_keep_the_corpus_back_when_told_to(view):
    publish = view.config.publish.model_copy(update={"corpus_text": "sample"})
    quiet = replace(view, config=view.config.model_copy(update={"publish": publish}))
    box = CONTEXTS.prepare(quiet)(Unit(1, QUOTE)).values
    assert all(example.text == "" for group in box.shown for example in group.examples)


def test_label_pages_list_their_units(view):
    pages = {page.path: page.text for page in label_pages(view, gather(view))}
    quote = pages["labels/quote.md"]
    assert "# Label: quote" in quote and "boost: 2.99" in quote
    for unit in (Unit(1, QUOTE), Unit(2, QUOTE)):
        assert f'href="../{unit.address}"' in quote
    second = pages["labels/l2/quote.md"]
    assert Unit(2, QUOTE).name in second and Unit(1, QUOTE).name not in second
    assert 'href="quote.html"' in pages["labels/index.md"]
    assert "data-search-exclude" in quote


def test_every_link_of_the_pages_leads_to_a_page(view):
    contents = gather(view)
    pages = [*label_pages(view, contents), *reading_pages(view, contents)]
    known = {page.path.replace(".md", ".html") for page in pages}
    known |= {unit.address for unit in contents.units} | {"index.html"}
    for page in pages:
        folder = page.path.split("/")[:-1]
        for link in re.findall(r'href="([^"#]+)"', page.text):
            parts = list(folder)
            for part in link.split("/"):
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert "/".join(parts) in known, (page.path, link)


def test_reading_page_has_a_place_for_every_character(view):
    (page,) = reading_pages(view, gather(view))
    targets = re.findall(r'id="c(\d+)"', page.text)
    assert targets == [str(place) for place in range(view.sample.characters)]
    assert len(re.findall(r'href="#c\d+"', page.text)) == view.sample.characters


def test_durations():
    assert (duration(4.26), duration(123.4), duration(1e9)) == ("4.3", "123", "10,000 and more")
    assert np.isfinite(golden_measures(2).units[0].timescale)
