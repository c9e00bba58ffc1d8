import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
import yaml

from jobs.config.schema import ReportConfig
from jobs.model.imported import ImportRecord
from report.pages.build import build_pages
from report.pages.run import settings
from report.panels.panel import panels
from report.render import palette
from report.render.spans import shown_text
from report.run_view import Unit
from tests.report.render.test_spans import parsed
from tests.support.explained_view import explained_view
from tests.support.hostile_texts import HOSTILE
from tests.support.tiny_view import XML, tiny_view

SPAN = re.compile(r'<span class="p(\d+)[^"]*"(?: data-mark="[^"]*")?>([^<]*)</span>')


@pytest.fixture(scope="module")
def view():
    return tiny_view()


@pytest.fixture(scope="module")
def pages(view):
    return {page.path: page for page in build_pages(view)}


def coloured(page):
    """(text, levels) of the coloured block of a page."""
    block = page.text.partition('<div class="act"')[2].partition("</div>")[0].partition(">")[2]
    spans = SPAN.findall(block)
    assert SPAN.sub("", block) == ""  # nothing between the spans
    return "".join(parsed(text) for _, text in spans), [int(level) for level, _ in spans]


def test_every_unit_of_every_layer_has_a_page(view, pages):
    assert {unit.page for unit in view.units} <= pages.keys()
    assert {"index.md", "sample.md", "run.md"} <= pages.keys()
    assert len(view.units) == 7


@pytest.mark.parametrize("unit", [Unit(1, 0), Unit(1, 3), Unit(2, 2)])
def test_page_paints_its_own_unit(view, pages, unit):
    """The notebook's fourth defect: only the last layer was painted, and a wrong step of it."""
    text, levels = coloured(pages[unit.page])
    assert text == XML
    states = unit.of(view.sample.layers).hidden[:, unit.index]
    assert levels == palette.levels(states).tolist()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_not_obeyed(text):
    """The notebook's third defect: `<` and `&` vanished into the page."""
    made = {page.path: page for page in build_pages(tiny_view(text=text, sizes=(1,)))}
    shown, _ = coloured(made["neurons/l1/n0.md"])
    assert shown == shown_text(text)
    for path in ("neurons/l1/n0.md", "index.md", "sample.md", "run.md"):
        page = made[path].text
        assert "<script" not in page and "onerror=alert" not in page
        assert "](javascript" not in page and "{{" not in page and "{:" not in page
        # no character that a terminal or a diff viewer would obey; C1 is carried raw (spans.py)
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", page
        )


def test_one_line_of_text_is_one_line_of_the_page(pages):
    page = pages["neurons/l1/n0.md"].text
    block = page[page.index('<div class="act"') : page.index("</div>", page.index('class="act"'))]
    assert block.count("\n") == XML.count("\n")


def test_equal_runs_give_equal_pages(view, pages):
    other = tiny_view()
    object.__setattr__(other, "run_id", "000009-ffffffff")
    assert {page.path: page.data for page in build_pages(other)} == {
        path: page.data for path, page in pages.items()
    }


def test_pages_tell_nothing_of_the_machine(pages, view):
    for page in pages.values():
        assert b"/home/someone" not in page.data
        assert view.run_id.encode() not in page.data


def test_front_matter_holds_rounded_statistics(view, pages):
    head = yaml.safe_load(pages["neurons/l2/n1.md"].text.split("---")[1])
    assert head["title"] == "Layer 2 neuron 1 · L2N1"
    assert (head["unit"]["layer"], head["unit"]["neuron"]) == (2, 1)
    probe = view.probe.layers[1].hidden[:, 1]
    assert head["unit"]["mean"] == round(float(probe.mean()), 2)
    assert head["unit"]["max"] == round(float(probe.max()), 2)


def test_neighbours_form_a_ring_across_layers(pages):
    page = pages["neurons/l1/n3.md"].text
    assert 'rel="prev" href="../../neurons/l1/n2.html"' in page
    assert 'rel="next" href="../../neurons/l2/n0.html"' in page
    assert 'rel="prev" href="../../neurons/l2/n2.html"' in pages["neurons/l1/n0.md"].text


def test_units_below_the_threshold_are_listed_and_have_no_page(view):
    mean = np.abs(view.sample.layers[0].hidden).mean(0)
    threshold = float(np.sort(mean)[:2].mean())
    made = {
        page.path: page
        for page in build_pages(tiny_view(report=ReportConfig(min_mean_activation=threshold)))
    }
    quietest = Unit(1, int(mean.argmin()))
    assert quietest.page not in made
    overview = made["index.md"].text
    listed = overview.partition('id="left-out"')[2]
    assert f"{quietest.name} ({mean.min():.3f})" in listed
    assert quietest.address not in overview
    for page in made.values():  # nobody links to a page that is not there
        if page.path.endswith(".md"):
            assert quietest.address not in page.text


def test_sentences_are_searchable_and_strips_are_not(pages):
    page = pages["neurons/l1/n0.md"].text
    before, block = page.split('<section class="verbatim', 1)
    assert "Layer 1 neuron 0, N0 for short." in before
    assert "On the probe its mean state" in before or "beyond chance" in before
    assert block.partition(">")[0].endswith("data-search-exclude")


def test_sample_page_shows_what_was_expected(view, pages):
    page = pages["sample.md"].text
    step = 7
    predicted = view.sample.predicting_probabilities()[step]
    words = re.findall(r'data-words="([^"]*)"', page)
    assert len(words) == view.sample.characters
    text = parsed(words[step])
    assert f"{view.sample.surprise()[step]:.2f} bits" in text
    assert len(re.findall(r"\d+ %", text)) == 5
    assert f"{100 * predicted.max():.0f} %" in text


def test_guesses_mark_the_character_that_came(view, pages):
    page = pages["sample.md"].text
    columns = re.findall(r'<span class="guess".*?</span>', page, re.DOTALL)
    predicted = view.sample.predicting_probabilities()
    order = np.argsort(-predicted, axis=1, kind="stable")[:, :5]
    for step, column in enumerate(columns):
        hit = int(view.sample.ids[step]) in order[step].tolist()
        assert ("drawn" in column) == hit


@pytest.mark.parametrize(
    ("text", "configured", "symbols", "chosen"),
    [
        ("abcabcabca" * 8, (), "abc", "whole alphabet"),
        ("aaab\nbc<" * 10, (), "ab\n", "most frequent"),
        ("aaab\nbc<" * 10, ("<", "c", "b"), "<cb", "configured"),
        ("ab" * 40, (), "ab", "whole alphabet"),
    ],
)
def test_three_symbol_picture(text, configured, symbols, chosen):
    """The notebook's seventh defect: it knew exactly three symbols."""
    from report.pages.sample import _symbol_picture

    view = tiny_view(text=text, report=ReportConfig(symbols=configured))
    picture = _symbol_picture(view)
    assert (picture.symbols, picture.chosen) == (tuple(symbols), chosen)
    columns = [view.card.alphabet.index(symbol) for symbol in symbols]
    expected = palette.probability_levels(view.sample.predicting_probabilities()[:, columns])
    assert picture.levels == expected.tolist()
    if chosen == "whole alphabet":
        assert picture.mean_share == pytest.approx(1, abs=1e-5)


def test_one_distinct_character_has_no_symbol_picture():
    made = {page.path: page for page in build_pages(tiny_view(text="aaaa", sizes=(2,)))}
    assert "Three symbols" not in made["sample.md"].text


def test_run_page_shows_the_entropy_gap_where_it_is_known(pages):
    assert "gap to the entropy" in pages["run.md"].text
    assert "+0.500" in pages["run.md"].text  # 1.75 held-out minus 1.25
    without = {page.path: page for page in build_pages(tiny_view(sizes=(1,), entropy=None))}
    assert "entropy" not in without["run.md"].text


def test_an_imported_network_says_where_it_comes_from_and_nothing_of_training():
    imported = ImportRecord(
        file="m<b>.pt", sha256="ab" * 32, bytes=1_234_567, reader="PyTorch state dict",
        notes=("the two biases of each layer added up",), alphabet="sorted, from id 1",
        alphabet_bits=1.5, alphabet_unigram_bits=4.25, alphabet_next_best_bits=9.0,
        alphabet_checked=2_000, unverified=("\n", "é"), unverified_share=0.0123,
        no_characters=1, self_check=2e-7, self_check_characters=400,
    )  # fmt: skip
    view = replace(tiny_view(), history=(), imported=imported)
    made = {page.path: page.text for page in build_pages(view) if page.path.endswith(".md")}
    text = unescape(made["run.md"])
    for part in (
        "imported from m<b>.pt, read in the stream regime",
        "ab" * 32,
        "1,234,567 bytes",
        "sorted, from id 1: 1.500 bits per character",
        "next best order 9.000",
        "1.23 % of the text",
        "2.0e-07, at 400 characters",
        "is not known",
    ):
        assert part in text, part
    assert "m<b>" not in made["run.md"]  # escaped
    for absent in ("epoch", "never trained on", "learning_rate", "<figure"):
        assert absent not in text, absent
    assert "Imported from m<b>.pt: a network" in unescape(made["index.md"])
    for path, page in made.items():  # every page of the run ends with it
        end = unescape(page[page.index("n-provenance") :])
        for part in ("m<b>.pt", "abababababab", "PyTorch state dict", "two biases of each layer"):
            assert part in end, path
        assert f'href="{"../" * path.count("/")}run.html#imported"' in end


def test_settings_leave_out_where_things_are_kept(view):
    keys = {setting.key: setting.value for setting in settings(view.config)}
    assert keys["corpus.path"] == "countries.xml"
    assert keys["network.layers"] == "4, 3"
    assert not any(key.startswith(("store", "retention", "site.directory")) for key in keys)


def test_heat_map_has_a_row_a_unit_and_a_column_a_character(view, pages):
    picture = pages["assets/generated/states-l1.png"].data
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (view.sample.characters, view.network.sizes[0])


def test_list_has_the_columns_of_every_panel(view, pages):
    overview = pages["index.md"].text
    assert len(re.findall(r'<tr><th scope="row" data-value', overview)) == len(view.units)
    mean = float(view.probe.layers[0].hidden[:, 0].mean())
    assert f'data-value="{mean:.6g}"' in overview
    assert ">By character</button>" in overview


def test_panels_are_found_and_ordered():
    names = [panel.name for panel in panels()]
    assert names.index("coloured_text") < names.index("statistics") < names.index("characters")


def test_descriptions_are_safe_in_an_attribute():
    view = explained_view()
    pages = {page.path: page for page in build_pages(view)}
    for unit in view.measures["measures"].units:
        page = pages[Unit(unit.layer, unit.index).page]
        description = yaml.safe_load(page.text.split("---")[1])["description"]
        assert not set(description) & set("\"'<>")
        said = f"{unit.explanation.kind}: {unit.explanation.sentence.text}"
        assert unescape(description) == said[:300]
