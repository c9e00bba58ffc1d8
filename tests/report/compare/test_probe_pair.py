import numpy as np
import pytest

from report.compare.probe_pair import ProbePair, pair_probes, read_text
from tests.support.compare_runs import network, text_of, view


@pytest.mark.parametrize("window", [0, 20])
def test_reading_again_gives_the_stored_states_and_surprise(window):
    run = view(window=window)
    states, bits = read_text(run.network, run.probe.ids, run.probe.context, window)
    for found, layer in zip(states, run.probe.layers, strict=True):
        np.testing.assert_allclose(found, layer.hidden, atol=1e-6)
    np.testing.assert_allclose(bits, run.probe.surprise(), atol=1e-4)


@pytest.mark.parametrize("window", [0, 20])
def test_a_context_is_read_but_has_no_rows(window):
    run = view(window=window)
    context, ids = run.probe.ids[:50], run.probe.ids[50:]
    states, bits = read_text(run.network, ids, context, window)
    np.testing.assert_allclose(states[1], run.probe.layers[1].hidden[50:], atol=1e-5)
    np.testing.assert_allclose(bits, run.probe.surprise()[50:], atol=1e-4)


def test_the_same_probe_is_taken_as_stored():
    pair = pair_probes(view(seed=0), view(seed=1))
    assert isinstance(pair, ProbePair)
    assert not pair.reread
    assert pair.used.all()


def test_another_probe_is_read_again_and_strange_characters_are_left_out():
    old = view()
    text = text_of(2_000, seed=9).replace("e", "é")
    pair = pair_probes(old, view(text=text))
    assert isinstance(pair, ProbePair)
    assert pair.reread
    strange = np.array([character == "é" for character in text])
    assert strange.any()
    np.testing.assert_array_equal(pair.used, ~strange)
    assert pair.outside == strange.sum()
    assert np.isfinite(pair.old_bits).all()
    assert pair.old[0].shape == (2_000, 8)


def test_a_strange_alphabet_or_a_short_probe_is_not_comparable():
    other = "".join(chr(ord(character) + 1000) for character in text_of(500))
    assert "not in the old alphabet" in pair_probes(view(), view(text=other))
    short = text_of(60)
    assert "100 are needed" in pair_probes(view(text=short), view(text=short))


def test_an_alphabet_in_another_order_is_no_difference():
    # "!" sorts before everything else, so that every id of the second run differs
    old, new = view(), view(net=network(0, 21), sample="!<ab>")
    assert len(new.card.alphabet) == len(old.card.alphabet) + 1
    pair = pair_probes(old, new)
    assert isinstance(pair, ProbePair)
    assert not pair.reread
    assert pair.used.all()
