"""A run in a notebook: the stored states, a text of one's own, what is drawn, what is refused."""

import re
import subprocess
import sys
from html import unescape

import numpy as np
import pytest

from jobs.errors import ExitCode, NeuronarioError
from report.notebook import OpenRun, open_run
from tests.support.oracle import rows_of_text
from tests.support.store_at import add_run
from tests.support.tiny_view import tiny_view


@pytest.fixture
def run():
    return OpenRun(tiny_view())


def test_a_neuron_has_the_states_of_the_sample(run):
    neuron = run.neuron("L2N1")
    np.testing.assert_array_equal(neuron.states, run.view.sample.layers[1].hidden[:, 1])
    assert neuron.text == run.view.sample_text


def test_a_text_of_ones_own_is_read_from_zeros(run):
    text = "<area>1393</area>\n"
    ids = [run.view.card.alphabet.index(character) for character in text]
    rows = rows_of_text(run.view.network, ids, [], "stream", 0)
    expected = [layers[1][0][2] for layers, _ in rows]
    np.testing.assert_allclose(run.read(text).neuron("L2N2").states, expected, atol=2e-6)


def test_html_holds_the_text_and_its_levels(run):
    html = run.neuron("L1N0")._repr_html_()
    pre = re.search(r"<pre>(.*)</pre>", html, re.DOTALL)[1]
    assert unescape(re.sub(r"<[^>]*>", "", pre)) == run.view.sample_text
    assert len(re.findall(r'class="p\d+', pre)) == len(run.view.sample_text)
    assert "style=" not in html and "script" not in html.lower()
    assert len(run.neuron("L1N0")._repr_html_()) < 25_000


def test_unknown_characters_units_and_runs_are_named(run, place):
    with pytest.raises(NeuronarioError, match=r"does not know '\\u20ac'") as caught:
        run.read("a€")
    assert caught.value.code == ExitCode.BAD_DATA
    with pytest.raises(NeuronarioError, match="no unit 'L9N1'; this network has L1N0 to L1N3"):
        run.neuron("L9N1")
    with pytest.raises(NeuronarioError, match="empty"):
        run.read("")
    add_run(place)
    assert open_run(place).names[0] == "L1N0"
    with pytest.raises(NeuronarioError):
        open_run(place, "latest~7")


def test_no_tensorflow_is_started():
    program = "import sys, report.notebook; print('tensorflow' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert answer.stdout == b"False\n"
