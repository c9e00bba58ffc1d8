"""The site as a whole: layout, navigation, sorting, search, colours, paper."""

import json
from pathlib import Path

import pytest

PAGES = ["index.html", "sample.html", "run.html", "guide.html", "neurons/l1/n3.html"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_sideways_scroll_on_a_telephone(site, open_page, path, scheme):
    page = open_page(
        site.address + path, viewport={"width": 390, "height": 844}, color_scheme=scheme
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_dark_scheme_changes_page_and_text(site, open_page):
    shown = {}
    for scheme in ("light", "dark"):
        page = open_page(site.address + "neurons/l1/n3.html", color_scheme=scheme)
        shown[scheme] = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('.act')).color]"
        )
    assert shown["light"][0] != shown["dark"][0]
    assert shown["light"][1] != shown["dark"][1]


def test_instant_navigation_keeps_the_document(site, open_page):
    page = open_page(site.address + "neurons/l1/n0.html")
    page.evaluate("window.kept = true")
    page.locator(".n-next").click()
    page.wait_for_selector("h1:has-text('neuron 1')")
    assert page.evaluate("window.kept") is True
    page.locator(".act > span").nth(4).hover()
    assert "character 4 " in page.locator(".act-out").text_content()
    page.locator(".n-up").click()
    page.wait_for_selector("#unit-list")
    assert page.evaluate("window.kept") is True
    page.locator(".heat-rows a").nth(2).click()
    page.wait_for_selector("h1:has-text('neuron 2')")


def test_list_sorts_by_any_column(site, open_page):
    page = open_page(site.address + "index.html")

    def column(number):
        return page.evaluate(
            f"[...document.querySelectorAll('#unit-list tbody tr')].map("
            f"r => r.cells[{number}].dataset.value)"
        )

    def heading(number):
        return page.locator("#unit-list thead button").nth(number)

    names = column(0)
    assert heading(2).inner_text() == "Mean"
    heading(2).click()
    values = [float(value) for value in column(2)]
    assert values == sorted(values, reverse=True)
    assert page.locator("th[aria-sort]").inner_text().startswith("Mean")
    heading(2).click()
    values = [float(value) for value in column(2)]
    assert values == sorted(values)
    heading(0).click()
    assert column(0) == names


def test_sample_page_reads_out_what_was_expected(site, view, open_page):
    page = open_page(site.address + "sample.html")
    page.locator(".act > span").nth(2).hover()
    bits = view.sample.surprise()[2]
    assert f"{bits:.2f} bits" in page.locator(".act-box .act-out").text_content()
    page.locator(".guess").nth(2).hover()
    words = page.locator(".guess-box .act-out").text_content()
    assert words.startswith("letter o: ") and f"{bits:.2f} bits" in words
    page.locator(".guess-box").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".guess.on").count() == 1


def search(page, query, found=True):
    """Addresses that the site's own search box finds, best first; waits for some if ``found``."""
    box = page.locator("[data-md-component=search-query]")
    box.click()
    box.fill("")
    box.press_sequentially(query)
    links = page.locator("[data-md-component=search-result] a.md-search-result__link")
    if found:
        links.first.wait_for()
    addresses, before = [], None
    while addresses != before:  # results of the last letter replace those of the letters before
        before = addresses
        page.wait_for_timeout(700)
        addresses = links.evaluate_all("links => links.map(link => link.href)")
    return [link.split("?")[0].split("#")[0].split("/", 3)[3] for link in addresses]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("L2N17", "neurons/l2/n17.html"),
        ("l2n17", "neurons/l2/n17.html"),
        ("layer 2 neuron 17", "neurons/l2/n17.html"),
        ("layer 1 neuron 3", "neurons/l1/n3.html"),  # every word is a prefix: 3 also means 30 to 39
        ("layer 2 N17", "neurons/l2/n17.html"),
        ("L1N1", "neurons/l1/n1.html"),
        ("L1N3", "neurons/l1/n3.html"),
        ("entropy", "guide.html"),
    ],
)
def test_search_finds_a_neuron_by_its_number(site, open_page, query, path):
    page = open_page(site.address + "index.html")
    assert search(page, query)[0] == path


def test_search_finds_neurons_by_words(site, open_page):
    index = json.loads((Path(site.folder) / "search/search_index.json").read_text())
    for word in ("newline", "quote", "beyond chance"):
        holding = [doc["location"] for doc in index["docs"] if word in doc["text"]]
        if not any("neurons/" in location for location in holding):
            continue
        page = open_page(site.address + "index.html")
        found = search(page, word)
        assert any(location in found for location in holding)
        return
    pytest.fail("no neuron page has a searchable word")


def test_search_runs_no_script_of_the_query(site, open_page):
    page = open_page(site.address + "index.html")
    search(page, "<img src=x onerror=alert(1)>")
    assert page.locator("[data-md-component=search] img").count() == 0


def test_policy_forbids_inline_script(site, open_page, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.address + "neurons/l1/n0.html")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        " document.body.appendChild(s); }"
    )
    assert page.evaluate("window.ran") is None
    context.close()


def test_pages_work_from_the_disk(site, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto((site.folder / "neurons/l2/n17.html").as_uri())
    assert page.locator(".act").evaluate("e => getComputedStyle(e).whiteSpace") == "pre-wrap"
    page.locator(".act > span").nth(3).hover()
    assert "character 3 " in page.locator(".act-out").text_content()
    context.close()


def test_colours_are_printed(site, open_page):
    page = open_page(site.address + "neurons/l2/n17.html")
    page.emulate_media(media="print")
    style = page.locator(".act > span").first.evaluate(
        "e => getComputedStyle(e).printColorAdjust || getComputedStyle(e).webkitPrintColorAdjust"
    )
    assert style == "exact"
    assert not page.locator(".n-nav").is_visible()
