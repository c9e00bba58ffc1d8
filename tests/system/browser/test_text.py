"""The visible text equals the sample, character for character."""

import pytest

from report.render.spans import shown_text
from tests.support.hostile_texts import HOSTILE
from tests.support.tiny_view import tiny_view

# all hostile texts on one site each would take minutes; one site holds them as one sample
TOGETHER = "\n".join(HOSTILE.values())


@pytest.fixture(scope="module")
def hostile(serve):
    return serve(tiny_view(text=TOGETHER, sizes=(2, 1), probe_characters=400), "hostile")


@pytest.mark.parametrize("path", ["neurons/l1/n1.html", "neurons/l2/n0.html", "sample.html"])
def test_text_content_is_the_sample(hostile, open_page, path):
    page = open_page(hostile.address + path)
    assert page.locator(".act").first.evaluate("e => e.textContent") == shown_text(TOGETHER)
    assert page.evaluate("document.querySelector('.act').children.length") == len(TOGETHER)


@pytest.mark.parametrize("path", ["index.html", "run.html", "sample.html", "neurons/l2/n0.html"])
def test_nothing_of_the_text_becomes_markup(hostile, open_page, path):
    page = open_page(hostile.address + path)
    assert page.locator("article img[src=x]").count() == 0
    assert page.locator("article script").count() == 0
    assert page.locator("article a[href^=javascript]").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('article *')].every("
        "e => e.getAttributeNames().every(n => !n.startsWith('on') && n !== 'style'))"
    )


def test_text_is_exact_after_instant_navigation(hostile, open_page):
    page = open_page(hostile.address + "neurons/l1/n0.html")
    page.locator(".n-next").click()
    page.wait_for_url("**/n1.html")
    page.wait_for_selector("h1:has-text('neuron 1')")
    assert page.locator(".act").evaluate("e => e.textContent") == shown_text(TOGETHER)


def test_substituted_nul_stays_distinct_from_its_picture(serve, open_page):
    served = serve(tiny_view(text="a\0␀b" * 8, sizes=(1,), probe_characters=200), "nul")
    page = open_page(served.address + "neurons/l1/n0.html")
    marks = page.evaluate("[...document.querySelectorAll('.act > span')].map(e => e.className)")
    assert [("sub" in mark) for mark in marks[:4]] == [False, True, False, False]
    page.locator(".act > span").nth(1).hover()
    assert "U+0000" in page.locator(".act-out").text_content()


def test_copied_text_is_the_sample(site, view, open_page):
    page = open_page(site.address + "neurons/l1/n0.html")
    copied = page.evaluate(
        "() => { const s = getSelection(); s.selectAllChildren(document.querySelector('.act'));"
        " return s.toString(); }"
    )
    assert copied.rstrip("\n") == view.sample_text.rstrip("\n")  # a browser drops the last one


def test_invisible_characters_are_seen(serve, open_page):
    served = serve(tiny_view(text="a\u202eb\u200bc\x07d" * 6, sizes=(1,)), "invisible")
    page = open_page(served.address + "neurons/l1/n0.html")
    widths = page.evaluate(
        "[...document.querySelectorAll('.act > .f')].map(e => e.getBoundingClientRect().width)"
    )
    assert len(widths) == 18 and all(width > 10 for width in widths)
    lefts = page.evaluate(
        "[...document.querySelectorAll('.act > span')].slice(0, 7).map("
        "e => e.getBoundingClientRect().left)"
    )
    assert lefts == sorted(lefts)  # the override moves nobody
