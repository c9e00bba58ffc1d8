"""What a reader does on a neuron page."""

import numpy as np
import pytest

from jobs.config.schema import ReportConfig
from report.render import palette
from tests.support.tiny_view import tiny_view

N17 = "neurons/l2/n17.html"


def states(view):
    """(T + 1,) states of layer 2, neuron 17: before the text, then after each character."""
    return np.concatenate([[view.sample.before.hidden[1][17]], view.sample.layers[1].hidden[:, 17]])


def shown_levels(page):
    return page.evaluate(
        "[...document.querySelectorAll('.act > span')].map("
        "e => Number(/(?:^| )p(\\d+)/.exec(e.className)[1]))"
    )


def read_out(page):
    return page.locator(".act-out").text_content()


def signed(value):
    return f"{'−' if value < 0 else '+'}{abs(value):.3f}"


def test_pointer_reads_out_a_character(site, view, open_page):
    page = open_page(site.address + N17)
    page.locator(".act > span").nth(14).hover()
    assert view.sample_text[14] == '"'
    assert read_out(page) == f"quote U+0022 · character 14 · {signed(states(view)[15])}"
    assert page.locator(".act-tip").is_visible()
    assert page.locator(".cur").get_attribute("x1") == "14.5"


def test_touch_reads_out_a_character(site, view, open_page):
    page = open_page(site.address + N17, has_touch=True, viewport={"width": 390, "height": 844})
    page.locator(".act > span").nth(3).tap()
    assert read_out(page).endswith(f"character 3 · {signed(states(view)[4])}")


def test_arrow_keys_walk_through_the_text(site, view, open_page):
    page = open_page(site.address + N17)
    page.locator(".act").focus()
    for key, place in [("ArrowRight", 0), ("ArrowRight", 1), ("End", len(view.sample_text) - 1)]:
        page.keyboard.press(key)
        assert f"character {place} " in read_out(page)
    page.keyboard.press("ArrowLeft")
    assert f"character {len(view.sample_text) - 2} " in read_out(page)
    page.keyboard.press("Home")
    assert "character 0 " in read_out(page)


def test_painted_colours_are_those_of_the_stylesheet(site, view, open_page):
    page = open_page(site.address + N17)
    levels = palette.levels(states(view)[1:]).tolist()
    assert shown_levels(page) == levels
    strongest = int(np.argmax(np.abs(np.array(levels) - palette.ZERO)))
    for scheme, media in ((palette.LIGHT, "light"), (palette.DARK, "dark")):
        dark = open_page(site.address + N17, color_scheme=media)
        colour = (
            dark.locator(".act > span")
            .nth(strongest)
            .evaluate("e => getComputedStyle(e).backgroundColor")
        )
        wanted = palette.hexadecimal(scheme.state_colours()[levels[strongest]])
        red, green, blue = (int(wanted[at : at + 2], 16) for at in (1, 3, 5))
        assert colour == f"rgb({red}, {green}, {blue})"


def test_switch_shows_the_other_alignment(site, view, open_page):
    page = open_page(site.address + N17)
    levels = palette.levels(states(view)).tolist()
    assert shown_levels(page) == levels[1:]
    assert (
        page.locator(".when-read").is_visible() and not page.locator(".when-predict").is_visible()
    )
    page.get_by_role("button", name="predicting").click()
    assert shown_levels(page) == levels[:-1]
    assert (
        page.locator(".when-predict").is_visible() and not page.locator(".when-read").is_visible()
    )
    page.locator(".act > span").nth(15).hover()
    assert read_out(page).endswith(signed(states(view)[15]))
    page.get_by_role("button", name="after reading").click()
    assert shown_levels(page) == levels[1:]


def test_choice_of_alignment_follows_the_reader(site, view, open_page):
    page = open_page(site.address + N17)
    page.get_by_role("button", name="predicting").click()
    page.locator(".n-next").click()
    page.wait_for_selector("h1:has-text('neuron 18')")
    after = view.sample.layers[1].hidden[:, 18]
    before = view.sample.before.hidden[1][18]
    expected = palette.levels(np.concatenate([[before], after[:-1]])).tolist()
    assert shown_levels(page) == expected


@pytest.fixture(scope="module")
def predicting(serve):
    return serve(tiny_view(sizes=(1, 18), report=ReportConfig(alignment="predict")), "predict")


def test_configured_alignment_needs_no_script(predicting, chromium):
    view = tiny_view(sizes=(1, 18), report=ReportConfig(alignment="predict"))
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(predicting.address + N17)
    assert (
        page.locator(".when-predict").is_visible() and not page.locator(".when-read").is_visible()
    )
    assert not page.locator(".act-switch").is_visible()
    first = page.locator(".act > span").first.get_attribute("class")
    assert f"p{int(palette.levels(states(view)[0]))}" in first.split()
    context.close()


def test_from_predicting_back_to_reading(predicting, open_page):
    view = tiny_view(sizes=(1, 18), report=ReportConfig(alignment="predict"))
    page = open_page(predicting.address + N17)
    levels = palette.levels(states(view)).tolist()
    assert shown_levels(page) == levels[:-1]
    page.get_by_role("button", name="after reading").click()
    assert shown_levels(page) == levels[1:]


def test_newline_tab_and_space_are_visible(site, view, open_page):
    page = open_page(site.address + N17)

    def mark(character):
        place = view.sample_text.index(character)
        return (
            page.locator(".act > span")
            .nth(place)
            .evaluate(
                "e => [getComputedStyle(e, '::before').content,"
                " getComputedStyle(e).backgroundImage]"
            )
        )

    assert "↵" in mark("\n")[0]
    assert "⇥" in mark("\t")[0]
    assert "radial-gradient" in mark(" ")[1]
    tops = page.evaluate(
        "[...document.querySelectorAll('.act > span')].map(e => e.getClientRects()[0].top)"
    )
    first_newline = view.sample_text.index("\n")
    assert tops[first_newline + 1] > tops[0] + 5  # and the line does end


def test_trace_moves_with_the_alignment(site, open_page):
    page = open_page(site.address + N17)
    move = "getComputedStyle(document.querySelector('.act-trace .shift')).transform"
    assert page.evaluate(move) == "none"
    page.get_by_role("button", name="predicting").click()
    assert page.evaluate(move) == "matrix(1, 0, 0, 1, 1, 0)"
