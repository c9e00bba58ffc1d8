"""What the page "Try it" is given: weights, the check, units; and when it is not offered."""

import base64
import json
from dataclasses import replace

import numpy as np

from jobs.config.schema import PublishConfig
from jobs.model.network import Network
from report.pages.contents import gather
from report.pages.try_it import NETWORK, UNITS, check_data, network_script, pages, why_not
from tests.support.tiny_view import tiny_view


def with_publishing(view, **changes):
    return replace(
        view, config=view.config.model_copy(update={"publish": PublishConfig(**changes)})
    )


def data_of(script):
    return json.loads(script.decode().partition(" = ")[2].rstrip(";\n"))


def test_the_script_holds_every_weight_in_order():
    view = tiny_view()
    data = data_of(network_script(view))
    packed = np.frombuffer(base64.b64decode(data["weights"]), "<f2")
    given = np.concatenate([array.ravel() for array in view.network.arrays().values()])
    assert packed.shape == given.shape
    np.testing.assert_allclose(packed, given, rtol=1e-3, atol=1e-6)
    assert "".join(data["alphabet"]) == "".join(view.card.alphabet)
    assert (data["regime"], data["sizes"]) == ("stream", list(view.network.sizes))


def test_the_check_is_the_start_of_the_trace():
    view = tiny_view()
    check = check_data(view.probe, view.network.sizes)
    hidden = np.frombuffer(base64.b64decode(check["hidden"]), "<i2").reshape(-1, 7) / 32767
    stored = np.concatenate([layer.hidden for layer in view.probe.layers], axis=1)
    np.testing.assert_allclose(hidden, stored[: len(hidden)], atol=2e-5)
    assert check["ids"] == view.probe.ids[: len(hidden)].tolist()
    assert check["chances"][3] == round(float(view.probe.probabilities[3, view.probe.ids[4]]), 5)


def test_the_check_never_shows_the_corpus_where_only_the_sample_may_stand():
    view = with_publishing(tiny_view(), corpus_text="sample")
    check = data_of(network_script(view))["check"]
    assert check["ids"] == view.sample.ids[: len(check["ids"])].tolist()


def test_no_weights_no_scripts_and_the_page_says_why():
    for changes in ({"weights": False}, {"corpus_text": "none"}):
        view = with_publishing(tiny_view(), **changes)
        written = {page.path: page for page in pages(view, gather(view))}
        assert set(written) == {"try.md"}
        assert "not published" in written["try.md"].text
    assert {page.path for page in pages(tiny_view(), gather(tiny_view()))} == {
        "try.md",
        NETWORK,
        UNITS,
    }


def test_weights_beyond_float16_are_said():
    view = tiny_view()
    network = view.network
    wild = Network(network.layers, network.output_kernel, network.output_bias + np.float32(1e5))
    assert "too large" in why_not(replace(view, network=wild))
