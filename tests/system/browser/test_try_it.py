"""The page "Try it": its numbers against NumPy, and what a reader does."""

import shutil

import numpy as np
import pytest

from jobs.model.network import Layer, Network
from report.render.palette import levels
from tests.support.oracle import Oracle, rows_of_text

TEXT = '<name lang="en">Faroe Islands</name>\n\t<area unit="km2">1393</area>'
L2N3 = 18 + 3  # layer 1 of the site's network has 18 units

PAGE = "document.querySelector('.try').page"


def half(network):
    """The network with the weights that the page reads."""

    def rounded(array):
        return array.astype(np.float16).astype(np.float32)

    return Network(
        tuple(
            Layer(rounded(one.kernel), rounded(one.recurrent_kernel), rounded(one.bias))
            for one in network.layers
        ),
        rounded(network.output_kernel),
        rounded(network.output_bias),
    )


def ids_of(view, text):
    return [view.card.alphabet.index(character) for character in text]


def states_of(rows):
    return np.array([np.concatenate([layer[0] for layer in row]) for row, _ in rows])


@pytest.fixture
def opened(open_page, site):
    """Opens the page and waits until it has read its first text."""

    def start(address="try.html", base=None, **context):
        page = open_page((base or site.address) + address, **context)
        page.locator(".try[data-open] .try-coloured > span").nth(3).wait_for()
        return page

    return start


def give(page, text):
    """Put a text into the box and wait until it is coloured."""
    page.locator(".try-text").fill(text)
    page.locator(".try-coloured > span").nth(len(text) - 1).wait_for()
    for _ in range(100):
        if page.locator(".try-coloured").text_content() == text and page.evaluate(
            f"{PAGE}.result.surprise.length === {PAGE}.ids.length"
        ):
            return
        page.wait_for_timeout(30)
    raise AssertionError("the text was not read")


def test_states_predictions_and_colours_are_pythons(opened, view):
    page = opened("try.html#L2N3")
    text = view.probe_text
    give(page, text)
    rows = rows_of_text(half(view.network), view.probe.ids, [], "stream", 0)
    states = np.array(page.evaluate(f"Array.from({PAGE}.result.states)")).reshape(len(text), -1)
    np.testing.assert_allclose(states, states_of(rows), atol=2e-5)
    stored = np.concatenate([layer.hidden for layer in view.probe.layers], axis=1)
    assert np.abs(states - stored).max() < 0.01, "float16 weights against float32"

    surprise = np.array(page.evaluate(f"Array.from({PAGE}.result.surprise)"))
    expected = [-np.log2(rows[t][1][view.probe.ids[t + 1]]) for t in range(len(rows) - 1)]
    np.testing.assert_allclose(surprise[1:], expected, atol=1e-3)
    guesses = page.evaluate(f"Array.from({PAGE}.result.guesses.subarray(500, 505))")
    assert guesses == np.argsort(-rows[100][1], kind="stable")[:5].tolist()

    shown = page.evaluate(
        "[...document.querySelectorAll('.try-coloured > span')].map("
        "span => Number(/(?:^| )p(\\d+)/.exec(span.className)[1]))"
    )
    assert np.abs(np.array(shown) - levels(stored[:, L2N3])).max() <= 1
    assert np.mean(np.array(shown) != levels(stored[:, L2N3])) < 0.01


def test_an_edit_is_read_on_from_what_was_read_before(opened, view):
    page = opened()
    give(page, view.probe_text[:1200])
    changed = view.probe_text[:900] + "<" + view.probe_text[900:1200]
    give(page, changed)
    assert page.evaluate(f"{PAGE}.result.readAnew") < 450, "only from the last kept state on"
    rows = rows_of_text(half(view.network), ids_of(view, changed), [], "stream", 0)
    states = np.array(page.evaluate(f"Array.from({PAGE}.result.states)")).reshape(1201, -1)
    np.testing.assert_allclose(states, states_of(rows), atol=2e-5)


def test_windows_are_read_anew_for_every_character(opened, site, view):
    page = opened(base=f"file://{site.folder}/")
    states = page.evaluate(
        """ids => {
          const data = Object.assign({}, neuronarioNetwork, {regime: "window", window: 7});
          const network = new neuronarioEngine.Network(data);
          const states = new Float32Array(ids.length * network.units);
          ids.forEach((id, t) => {
            network.advance(ids, t);
            network.copyHidden(states, t * network.units);
          });
          return Array.from(states);
        }""",
        ids_of(view, TEXT),
    )
    rows = rows_of_text(half(view.network), ids_of(view, TEXT), [], "window", 7)
    np.testing.assert_allclose(np.array(states).reshape(len(TEXT), -1), states_of(rows), atol=2e-5)


def written(view, prime, numbers, temperature):
    oracle = Oracle(half(view.network))
    for character in ids_of(view, prime):
        _, probabilities = oracle.read(character)
    ids = []
    for number in numbers:
        weights = probabilities ** (1 / temperature)
        ids.append(int(np.sum(np.cumsum(weights) <= number * weights.sum())))
        oracle.read(ids[-1])
        probabilities = oracle.predict()
    return "".join(view.card.alphabet[index] for index in ids)


def test_the_same_numbers_write_the_same_text(opened, view):
    page = opened()
    give(page, TEXT)
    numbers = page.evaluate("neuronarioEngine.numbers(7, 200)")
    assert min(numbers) >= 0 and max(numbers) < 1 and len(set(numbers)) > 190
    page.locator(".try-seed").fill("7")
    page.locator(".try-temperature").fill("0.8")
    page.locator(".try-length").fill("200")
    page.locator(".try-write").click()
    page.locator(".try-written:not([hidden])").wait_for()
    assert page.locator(".try-free").text_content() == written(view, TEXT, numbers, 0.8)


def test_a_held_unit_stays_held_and_the_link_writes_it_again(opened, view):
    page = opened("try.html#L1N0")
    give(page, TEXT)
    page.locator(".try-hold").click()
    page.locator(".try-held input").fill("0.9")
    page.locator(".try-write").click()
    page.locator(".try-written:not([hidden])").wait_for()
    free, steered = (page.locator(f".try-{part}").text_content() for part in ("free", "steered"))
    assert len(free) == len(steered) == 300 and free != steered
    state = page.evaluate(
        f"""() => new Promise(done => {{
          const page = {PAGE};
          const unit = page.layered(0).concat(0.9);
          page.ask("write", {{ids: Uint16Array.from(page.ids), held: [unit], temperature: 1,
            seed: 0, characters: 300}}, done);
        }})"""
    )
    assert "".join(view.card.alphabet[i] for i in state["texts"][1]["ids"]) == steered
    again = opened("try.html" + page.locator(".try-permalink").get_attribute("href"))
    again.locator(".try-written:not([hidden])").wait_for()
    assert again.locator(".try-text").input_value() == TEXT
    assert again.locator(".try-steered").text_content() == steered


def test_unknown_characters_are_struck_through_and_never_replaced(opened, view):
    page = opened()
    give(page, "<a€n>")
    assert page.locator(".try-coloured .unknown").text_content() == "€"
    assert "1 characters" in page.locator(".try-unknown").text_content()
    assert page.evaluate(f"Array.from({PAGE}.ids)") == ids_of(view, "<an>")
    page.locator(".try-coloured .unknown").hover()
    assert "skipped" in page.locator(".try-out").text_content()


def test_selected_characters_find_the_units_that_differ_there(opened, view):
    page = opened()
    give(page, TEXT)
    page.evaluate(
        """() => {
          const spans = document.querySelectorAll(".try-coloured > span");
          const range = document.createRange();
          range.setStart(spans[12].firstChild, 0);
          range.setEnd(spans[14].firstChild, 1);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }"""
    )
    page.locator(".try-these").click()
    rows = states_of(rows_of_text(half(view.network), ids_of(view, TEXT), [], "stream", 0))
    here = np.isin(np.arange(len(TEXT)), [12, 13, 14])
    count = len(TEXT)
    within = (rows[here].var(0) * 3 + rows[~here].var(0) * (count - 3)) / count
    apart = np.abs(rows[here].mean(0) - rows[~here].mean(0)) / np.sqrt(within + 1e-4)
    best = view.units[int(np.argmax(apart))]
    assert page.locator(".try-selection").text_content().startswith("3 characters")
    assert page.locator(".try-found li button").first.text_content() == best.name
    page.locator(".try-found li button").first.click()
    assert page.locator(".try-unit-link").text_content() == best.name


def test_the_text_box_can_be_selected_from_too(opened):
    page = opened()
    give(page, TEXT)
    page.locator(".try-text").evaluate("box => { box.focus(); box.setSelectionRange(0, 5); }")
    page.locator(".try-these").click()
    assert page.locator(".try-selection").text_content().startswith("5 characters")


def test_what_made_it_so_is_the_effect_of_other_characters(opened, view):
    page = opened("try.html#L2N3")
    give(page, TEXT)
    page.locator(".try-coloured").focus()
    for _ in range(31):
        page.keyboard.press("ArrowRight")
    place = page.evaluate(f"{PAGE}.marked")
    page.keyboard.press("Enter")
    page.locator(".try-coloured .cause").first.wait_for()
    ids, network = ids_of(view, TEXT), half(view.network)
    real = states_of(rows_of_text(network, ids[: place + 1], [], "stream", 0))[-1, L2N3]
    frequent = page.evaluate("neuronarioUnits.frequent")
    strengths = []
    for position in range(place + 1):
        others = [index for index in frequent if index != ids[position]][:3]
        moved = [
            abs(
                states_of(
                    rows_of_text(
                        network,
                        [*ids[:position], other, *ids[position + 1 : place + 1]],
                        [],
                        "stream",
                        0,
                    )
                )[-1, L2N3]
                - real
            )
            for other in others
        ]
        strengths.append(np.mean(moved))
    shown = page.evaluate(
        "[...document.querySelectorAll('.try-coloured > .cause')].map("
        "span => Number(span.dataset.cause))"
    )
    expected = np.array(strengths) / max(strengths) * 8
    assert np.abs(np.array(shown) - expected).max() <= 0.51
    assert (
        f"{place - int(np.argmax(strengths))} characters before"
        in page.locator(".try-cause-out").text_content()
    )


def test_a_browser_that_computes_something_else_stays_off(site, open_page, tmp_path):
    wrong = tmp_path / "site"
    shutil.copytree(site.folder, wrong)
    script = wrong / "assets" / "generated" / "try-network.js"
    text = script.read_text()
    start = text.index('"weights":"') + 11
    script.write_text(text[:start] + "PDwQ" * 60 + text[start + 240 :])
    page = open_page(f"file://{wrong}/try.html")
    page.get_by_text("the page stays off").wait_for()
    assert page.locator(".try-app").is_hidden()


def test_nothing_is_requested_after_the_page_is_open(opened):
    page = opened()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    give(page, TEXT)
    page.locator(".try-write").click()
    page.locator(".try-written:not([hidden])").wait_for()
    assert asked == []


def test_it_works_from_a_folder(opened, site):
    page = opened("try.html#L2N3", base=f"file://{site.folder}/")
    give(page, TEXT)
    assert "on this page" in page.locator(".try-status").text_content()
    assert page.locator(".try-unit-link").text_content() == "L2N3"


def test_without_javascript_the_page_says_what_it_would_do(site, open_page):
    page = open_page(site.address + "try.html", java_script_enabled=False)
    assert page.locator(".try-without").is_visible()
    assert page.locator(".try-app").is_hidden()


def test_a_unit_is_found_by_words_and_reached_from_its_page(opened, site):
    page = opened()
    page.goto(site.address + "neurons/l2/n3.html")
    page.get_by_role("link", name="Your own text").click()
    page.locator(".try[data-open] .try-coloured > span").nth(3).wait_for()
    assert page.locator(".try-unit-link").text_content() == "L2N3"
    page.locator(".try-search").fill("l1n7")
    page.locator(".try-matches button").first.click()
    assert page.locator(".try-unit-link").text_content() == "L1N7"


def test_the_page_is_no_wider_than_a_phone(opened):
    page = opened(viewport={"width": 390, "height": 844})
    give(page, TEXT)
    page.locator(".try-hold").click()
    page.locator(".try-write").click()
    page.locator(".try-written:not([hidden])").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
