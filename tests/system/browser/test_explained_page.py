"""What a reader does with a unit's sentence: on its page, with and without script."""

import pytest

from report.render import palette
from report.render.spans import shown_text
from report.run_view import Unit
from tests.support.explained_view import explained_view
from tests.support.tiny_explanations import tiny_explanation
from tests.system.browser.test_site_pages import search

UNIT = Unit(1, 1)  # a predictor: rules, explained
VIEW = explained_view()
OWN = tiny_explanation(VIEW.units.index(UNIT), VIEW.sample.characters)
TEXT = "#panel-coloured-text .act"
BARS = (
    f"[...document.querySelectorAll('{TEXT} > span')].map("
    "e => { const u = / u(\\d+)/.exec(e.className); return u ? Number(u[1]) : null; })"
)


@pytest.fixture(scope="module")
def explained(serve):
    return serve(VIEW, "explained")


def two(value):
    return f"{'−' if value < 0 else '+'}{abs(value):.2f}"


def said(place):
    """How the read-out ends."""
    clause = OWN.simulation.clauses[place]
    condition = "otherwise" if clause < 0 else f"when {OWN.sentence.clauses[clause].text}"
    return f", the sentence says {two(OWN.simulation.values[place])} {condition}"


def place_of(clause):
    return OWN.simulation.clauses.index(clause, 3)


def test_each_character_stands_above_the_bar_of_its_simulated_state(explained, open_page):
    page = open_page(explained.address + UNIT.address)
    assert page.locator(TEXT).evaluate("e => e.textContent") == shown_text(VIEW.sample_text)
    levels = palette.levels(OWN.simulation.values).tolist()
    assert page.evaluate(BARS) == levels
    place = next(place for place, level in enumerate(levels) if level > palette.ZERO + 3)
    colours = page.evaluate(
        f"(e => [getComputedStyle(e).borderBottomColor,"
        f" getComputedStyle(document.querySelector('.legend-bar .p{levels[place]}'))"
        f".backgroundColor, getComputedStyle(e).borderBottomWidth])"
        f"(document.querySelectorAll('{TEXT} > span')[{place}])"
    )
    assert colours[0] == colours[1] and float(colours[2].removesuffix("px")) > 4


@pytest.mark.parametrize("clause", [0, -1])
def test_pointer_says_which_line_fires(explained, open_page, clause):
    page = open_page(explained.address + UNIT.address)
    place = place_of(clause)
    page.locator(f"{TEXT} > span").nth(place).hover()
    assert page.locator("#panel-coloured-text .act-out").text_content().endswith(said(place))
    fires = page.locator(".sentence li.fires")
    assert fires.get_attribute("data-clause") == str(clause)
    page.mouse.move(2, 2)
    assert fires.count() == 0


def test_touch_says_which_line_fires(explained, open_page):
    page = open_page(
        explained.address + UNIT.address, has_touch=True, viewport={"width": 390, "height": 844}
    )
    place = place_of(0)
    page.locator(f"{TEXT} > span").nth(place).tap()
    assert page.locator("#panel-coloured-text .act-out").text_content().endswith(said(place))


def test_arrow_keys_say_which_line_fires(explained, open_page):
    page = open_page(explained.address + UNIT.address)
    page.locator(TEXT).focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#panel-coloured-text .act-out").text_content().endswith(said(0))


def test_bars_move_with_the_alignment(explained, open_page):
    page = open_page(explained.address + UNIT.address)
    levels = page.evaluate(BARS)
    page.get_by_role("button", name="predicting").click()
    assert page.evaluate(BARS) == [None, *levels[:-1]]
    page.locator(f"{TEXT} > span").nth(8).hover()
    assert page.locator("#panel-coloured-text .act-out").text_content().endswith(said(7))
    page.get_by_role("button", name="after reading").click()
    assert page.evaluate(BARS) == levels


def test_where_it_is_wrong_opens_without_script(explained, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(explained.address + UNIT.address)
    place = page.locator("#panel-misses li").first
    assert not place.is_visible()
    page.get_by_text("Where it is wrong").click()
    assert place.is_visible()
    miss = OWN.misses[0]
    text = miss.before + miss.character + miss.after
    assert place.locator(".act").text_content() == text
    assert place.locator(".here").text_content() == miss.character
    assert f"is +{miss.real}, the sentence says +0.10" in place.text_content()
    context.close()


def test_map_of_pairs_is_read_by_pointer_and_keys(explained, open_page):
    page = open_page(explained.address + UNIT.address)
    out = page.locator(".pairs-box .act-out")
    page.locator(".pairs tbody td").nth(2).hover()
    assert out.text_content() == "less-than sign after letter e: about +0.14"
    page.mouse.move(0, 0)
    page.locator(".pairs-box").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert out.text_content() == "tab after letter e: hardly seen"
    page.keyboard.press("ArrowDown")
    assert out.text_content().startswith("tab after tab: about +0.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_sideways_scroll_on_a_telephone(explained, open_page, scheme):
    page = open_page(
        explained.address + UNIT.address,
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
    )
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_boxes_that_few_need_are_folded_and_few_words_are_left(explained, open_page):
    page = open_page(explained.address + UNIT.address)
    assert page.locator("#panel-explanation").count() == 0  # it stands before the boxes
    for name in ("statistics", "characters", "memory", "neighbours", "self-check", "gates"):
        assert page.locator(f"details#panel-{name}:not([open])").count() == 1
    assert not page.get_by_text("F1 on held-out half").is_visible()


def test_bars_and_map_are_printed(explained, open_page):
    page = open_page(explained.address + UNIT.address)
    page.emulate_media(media="print")
    for selector in (f"{TEXT} > span", ".pairs td", ".steps rect", ".sentence i"):
        exact = page.locator(selector).first.evaluate("e => getComputedStyle(e).printColorAdjust")
        assert exact == "exact"


def rows(page):
    return page.locator("#unit-list tbody tr:visible th").all_inner_texts()


def names(holds):
    return {
        Unit(one.layer, one.index).name for one in VIEW.measures["units"] if holds(one.explanation)
    }


def test_list_shows_what_is_asked_for(explained, open_page):
    page = open_page(explained.address + "index.html")
    assert len(rows(page)) == len(VIEW.units)
    page.locator("[data-filter=kind]").select_option("predictor")
    assert set(rows(page)) == names(lambda one: one.kind == "predictor")
    page.locator("[data-filter=explained]").select_option("0.5")
    wanted = names(lambda one: one.kind == "predictor" and one.score.r2 >= 0.5)
    assert set(rows(page)) == wanted
    count = page.locator(".unit-filter output").text_content()
    assert count == f"{len(wanted)} of {len(VIEW.units)} neurons"
    page.locator("[data-filter=kind]").select_option("")
    page.locator("[data-filter=explained]").select_option("")
    page.locator("[data-filter=words]").fill("newline TRACKER")
    assert set(rows(page)) == names(lambda one: one.kind == "tracker" and one.explained)
    page.locator("[data-filter=words]").fill("")
    page.locator("[data-filter=back]").select_option("20")
    assert rows(page) == []  # all of them reach 11 characters back


def test_list_sorts_by_what_is_explained(explained, open_page):
    page = open_page(explained.address + "index.html")
    page.get_by_role("button", name="Explained", exact=True).click()
    heading = page.locator("th[aria-sort]")
    column = heading.evaluate("e => e.cellIndex")
    values = page.locator(f"#unit-list tbody tr > :nth-child({column + 1})").evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.value))"
    )
    assert values == sorted(values, reverse=True) and values[0] > values[-1]


def test_a_kind_of_the_legend_chooses_its_units(explained, open_page):
    page = open_page(explained.address + "index.html")
    page.locator(".kinds a", has_text="counter").click()
    assert set(rows(page)) == names(lambda one: one.kind == "counter")


def test_without_script_the_whole_list_is_there_and_no_filter(explained, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(explained.address + "index.html")
    assert not page.locator(".unit-filter").is_visible()
    assert len(rows(page)) == len(VIEW.units)
    page.locator(".unit-map a").first.click()
    assert page.locator("h1").text_content().startswith("Layer 1 neuron")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_front_page_fits_a_telephone(explained, open_page, scheme):
    page = open_page(
        explained.address + "index.html",
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".unit-map").first.bounding_box()["y"] < 844


@pytest.mark.parametrize(
    ("query", "kind"),
    [("counter", "counter"), ("expected tab", "predictor"), ("tag depth", "counter")],
)
def test_search_finds_units_by_what_they_do(explained, open_page, query, kind):
    page = open_page(explained.address + "index.html")
    found = set(search(page, query))
    wanted = {
        Unit(one.layer, one.index).address
        for one in VIEW.measures["units"]
        if one.explanation.kind == kind and one.explanation.explained
    }
    assert wanted & found


def test_reading_opens_on_its_most_telling_character(explained, open_page):
    page = open_page(explained.address + "reading.html")
    shown = page.locator(".reading-place:visible")
    assert shown.count() == 1 and "its sentence says" in shown.text_content()
    chosen = page.locator(".reading a.telling")
    assert shown.get_attribute("id") == chosen.get_attribute("href").split("#")[1]
    page.locator(".reading a").nth(5).click()
    page.wait_for_selector("#c5:visible")
    assert page.locator(".reading-place:visible").count() == 1
