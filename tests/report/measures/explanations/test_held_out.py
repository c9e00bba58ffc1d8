"""What sentences are fitted on: characters on both sides of the scored ones, none of these."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.model.reading_mode import ReadingMode
from report.measures.ablation.numpy_reading import hidden_states, window_states
from report.measures.concepts.library import evaluate, library
from report.measures.explanations.held_out import BLOCKS, LEAD, before_sample, fitted, held_out
from report.measures.explanations.tables import recent_characters
from tests.support.golden_measures import corpus_of, golden_run

PROBE = 2_000  # of the 4,000 held-out characters


def read(starts=None, window=0, probe=PROBE):
    """What is known where the probe is the beginning of the golden text."""
    run = golden_run()
    corpus = replace(corpus_of(run), starts=starts)
    short = replace(
        run.trace,
        ids=run.trace.ids[:probe],
        layers=tuple(
            replace(one, hidden=one.hidden[:probe], cell=one.cell[:probe])
            for one in run.trace.layers
        ),
        probabilities=run.trace.probabilities[:probe],
        mode=ReadingMode(window),
    )
    return run, corpus, held_out(run.network, short, corpus, library())


@pytest.mark.parametrize(
    ("half", "probe", "characters"),
    [
        (10_000, 20_000, 30_000),
        (10_000, 20_000, 25_000),
        (10_000, 20_000, 20_250),
        (1_010, 2_021, 2_750),
    ],
)
def test_as_many_characters_as_half_b_from_both_sides_of_it(half, probe, characters):
    found = fitted(half, probe, characters)
    assert len(found) == len(np.unique(found)) == half
    assert not ((found >= half) & (found < probe)).any() and found.max() < characters
    after = (found >= probe).mean()
    assert after == pytest.approx((characters - probe) / (characters - probe + half), abs=0.15)
    steps = np.diff(found)
    assert (steps > 0).all() and (steps > 1).sum() <= BLOCKS + 1


def test_without_a_text_after_the_probe_half_a_is_what_is_fitted_on():
    for characters in (4_000, 4_000 + 2_000 // BLOCKS - 1):
        assert np.array_equal(fitted(2_000, 4_000, characters), np.arange(2_000))
    run, _, known = read(probe=4_000)
    assert np.array_equal(known.ids, run.trace.ids)
    assert np.array_equal(known.rows, np.arange(4_000))


def test_the_text_after_the_probe_is_read_as_the_probe_is():
    run, corpus, known = read()
    assert known.characters == PROBE + PROBE // 2
    assert np.array_equal(known.ids, run.trace.ids[: known.characters])
    whole = run.trace.layers[0].hidden[: known.characters]
    assert np.array_equal(known.hidden[0][:PROBE], whole[:PROBE])
    # some units remember a quotation mark for ever
    assert np.abs(known.hidden[0] - whole)[PROBE:].max() < 0.001
    likely = run.trace.probabilities[: known.characters].argmax(1)
    assert (known.expected == likely)[PROBE:].mean() > 0.99
    start = corpus.held_out_start
    lead = corpus.text(corpus.context(start, LEAD))
    table = evaluate(library(), corpus.text(known.ids), lead)
    assert np.array_equal(known.table.values, table.values)
    assert np.array_equal(known.probe_table.values, table.values[:PROBE])


def test_windows_of_the_text_after_the_probe_reach_back_into_it():
    run, _, known = read(window=8)
    states = window_states(run.network, known.ids, run.trace.context, 8)[0]
    assert np.abs(known.hidden[0] - states)[PROBE:].max() < 1e-6


@pytest.mark.parametrize("window", [0, 8])
def test_documents_after_the_probe_begin_anew(window):
    begin = corpus_of(golden_run()).held_out_start
    starts = np.array([0, begin, begin + 1_990, begin + 2_300, begin + 3_500], np.int64)
    run, _, known = read(starts=starts, window=window)
    assert known.starts.tolist() == [0, 1_990, 2_300]
    last = known.ids[2_300:]
    if window:
        alone = window_states(run.network, last, last[:0], window)[0]
    else:
        alone = hidden_states(run.network, last, last[:0], 0)[0]
    assert np.abs(known.hidden[0][2_300:] - alone).max() < 1e-4
    if window:
        across = window_states(run.network, known.ids[1_990:], known.ids[:0], window)[0]
        assert np.abs(known.hidden[0][2_000:2_300] - across[10:310]).max() < 1e-6


def test_a_probe_from_elsewhere_is_refused():
    run = golden_run()
    moved = replace(run.trace, ids=np.roll(run.trace.ids, 1))
    with pytest.raises(ValueError, match="held-out"):
        held_out(run.network, moved, corpus_of(run), library())


def test_recent_characters_are_the_last_six_and_none_before_the_context():
    found = recent_characters(np.array([5, 6, 7], np.int32), np.array([4], np.int32))
    assert found.tolist() == [
        [5, 4, -1, -1, -1, -1],
        [6, 5, 4, -1, -1, -1],
        [7, 6, 5, 4, -1, -1],
    ]


@pytest.mark.parametrize("starts", [None, np.array([0, 60])])
def test_a_sample_stands_after_all_that_stood_before_its_start(starts):
    run = golden_run()
    corpus = replace(corpus_of(run), starts=starts)
    sample = replace(run.trace, context=corpus.ids[100:140].astype(np.int32))
    assert before_sample(corpus, sample) == corpus.text(
        corpus.ids[0 if starts is None else 60 : 140]
    )


def test_a_start_that_is_not_of_the_text_stands_alone():
    run = golden_run()
    corpus = corpus_of(run)
    for own in ([], [0] * 50, [0] * (corpus.characters + 1)):
        sample = replace(run.trace, context=np.array(own, np.int32))
        assert corpus.find(sample.context) is None
        assert before_sample(corpus, sample) == corpus.text(own)


def test_concepts_of_a_sample_are_those_of_the_text_that_it_would_go_on_with():
    run = golden_run()
    corpus, causal = corpus_of(run), [one for one in library() if not one.anticipates]
    sample = replace(
        run.trace, context=corpus.ids[100:140].astype(np.int32), ids=corpus.ids[140:300]
    )
    whole = evaluate(causal, corpus.text(corpus.ids[:300])).values[140:]
    own = corpus.text(sample.ids)
    found = evaluate(causal, own, before_sample(corpus, sample)).values
    np.testing.assert_array_equal(found, whole)
    assert not np.array_equal(evaluate(causal, own, corpus.text(sample.context)).values, whole)
