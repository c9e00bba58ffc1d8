"""Where training begins, and what is done where it does not leave character frequencies."""

from itertools import chain, repeat

import numpy as np
import pytest

from jobs.engine import execution, flat_start
from jobs.engine import train as train_module
from jobs.engine.evaluate import held_out_bits
from jobs.engine.flat_start import Attempt, attempt_after, first_network, judged_after, unigram_bits
from jobs.engine.train import train
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.grow import first_weights
from jobs.model.history import EpochRecord, flat_epochs
from jobs.model.network import network_from_arrays
from jobs.model.reading_mode import STREAM
from tests.support.engine_cases import PATTERN, assert_same_bits, config_of, corpus_of

FLAT = {"epochs": 6, "flat_epochs": 2, "regime": "stream", "schedule": "cosine"}
UNIGRAM = unigram_bits(PATTERN)


def epochs(*bits: float) -> tuple[EpochRecord, ...]:
    return tuple(
        EpochRecord(number, 1.0, 1.4, value, 0.1, 0.02) for number, value in enumerate(bits, 1)
    )


def scores(monkeypatch, *given):
    """Let the held-out score of the epochs, and of the end, be as given, the last one for ever."""
    values = chain(given, repeat(given[-1]))
    monkeypatch.setattr(train_module, "held_out_bits", lambda *_, **__: (next(values), 1))


@pytest.fixture
def soon(monkeypatch):
    """Judge after a few steps: an epoch of PATTERN has not many."""
    monkeypatch.setattr(flat_start, "LEAST_STEPS", 1)


def test_the_first_prediction_is_the_character_frequencies():
    corpus = corpus_of("aaab" * 50 + "abab" * 10, held_out=40 / 240)
    network = first_network(corpus, config_of())
    assert np.exp(network.output_bias) == pytest.approx([151 / 202, 51 / 202])
    arrays = network.arrays() | {"output.kernel": np.zeros_like(network.output_kernel)}
    bits, _ = held_out_bits(
        network_from_arrays(arrays, network.cells),
        corpus.held_out_ids,
        mode=STREAM,
        context=corpus.training_ids,
    )
    assert bits == pytest.approx(unigram_bits(corpus), abs=1e-5)


def test_all_else_begins_as_drawn():
    config = config_of()
    drawn = first_weights(PATTERN.alphabet, config.network.layers, config.seed)
    zero = first_network(PATTERN, config_of(initial_bias="zero"))
    assert_same_bits(zero, drawn)
    ours = first_network(PATTERN, config).arrays() | {"output.bias": drawn.output_bias}
    assert_same_bits(network_from_arrays(ours, drawn.cells), drawn)


def test_training_begins_with_this_network():
    """A step that moves nothing leaves the bits of the start."""
    for bias in ("zero", "frequencies"):
        config = config_of(initial_bias=bias, epochs=1, learning_rate=1e-8, regime="stream")
        seen = []

        def kept(record, _seconds, seen=seen):
            seen.append(record.held_out_bits)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(PATTERN, config, on_epoch=kept)
        bits, _ = held_out_bits(
            first_network(PATTERN, config),
            PATTERN.held_out_ids,
            mode=STREAM,
            context=PATTERN.training_ids,
        )
        assert seen == [pytest.approx(bits, abs=1e-5)]


def test_flat_epochs_are_the_leading_ones():
    assert flat_epochs((), 2.0) == 0
    assert flat_epochs(epochs(2.1, 1.97, 1.5, 2.1), 2.0) == 2
    assert flat_epochs(epochs(2.1, 1.99), 2.0) == 2
    assert flat_epochs(epochs(1e-6), 0.0) == 0  # one character only: nothing to learn, all known


def test_a_start_is_judged_once_and_not_before_it_had_its_steps():
    training = config_of(epochs=20, flat_epochs=3).training
    assert judged_after(training, steps=1_000) == 3
    assert judged_after(training, steps=50) == 4
    assert judged_after(training, steps=11) == 19
    assert judged_after(training, steps=10) == 0  # no epoch would be left
    assert judged_after(config_of(epochs=20, flat_epochs=0).training, steps=1_000) == 0


def test_the_attempt_follows_from_the_history():
    training = config_of(epochs=20, flat_epochs=3).training
    first, second = Attempt(0, 20, 0.02), Attempt(3, 17, 0.005)
    for bits, expected in [
        ((), first),
        ((2.0, 2.0), first),
        ((2.0, 2.0, 2.0), second),
        ((2.0, 2.0, 2.0, 2.0, 1.0), second),
        ((2.0, 2.0, 1.9), first),
        ((1.9, 2.0, 2.0, 2.0, 2.0), first),
    ]:
        assert attempt_after(epochs(*bits), 2.0, training, 1_000) == expected


def test_a_restart_is_the_training_at_the_lower_rate(monkeypatch, soon):
    scores(monkeypatch, 9.0, 9.0, 3.0, 2.0, 1.5, 1.0)
    told = []
    result = train(PATTERN, config_of(**FLAT), on_restart=told.append)
    assert told == [Attempt(2, 4, 0.005)]
    assert [record.epoch for record in result.history] == [1, 2, 3, 4, 5, 6]
    assert result.evaluation.restarted_after == 2
    scores(monkeypatch, 3.0, 2.0, 1.5, 1.0)
    direct = train(PATTERN, config_of(**{**FLAT, "epochs": 4, "learning_rate": 0.005}))
    assert_same_bits(result.network, direct.network)
    for late, record in zip(result.history[2:], direct.history, strict=True):
        assert (late.loss, late.learning_rate) == (record.loss, record.learning_rate)
    assert direct.evaluation.restarted_after == 0


@pytest.mark.parametrize("stopped_after", [1, 2, 3])
def test_stopped_around_a_restart_and_resumed_ends_the_same(
    monkeypatch, soon, tmp_path, stopped_after
):
    given = (9.0, 9.0, 3.0, 2.0, 1.5, 1.0)
    scores(monkeypatch, *given)
    whole = train(PATTERN, config_of(**FLAT))
    checkpoint = tmp_path / "checkpoint.npz"

    def stop(record, _seconds):
        if record.epoch == stopped_after:
            raise KeyboardInterrupt

    scores(monkeypatch, *given)
    with pytest.raises(KeyboardInterrupt):
        train(PATTERN, config_of(**FLAT), checkpoint=checkpoint, on_epoch=stop)
    scores(monkeypatch, *given[stopped_after:])
    resumed = train(PATTERN, config_of(**FLAT), checkpoint=checkpoint)
    assert_same_bits(resumed.network, whole.network)
    assert resumed.history == whole.history
    assert resumed.evaluation == whole.evaluation


def test_patience_gives_the_second_attempt_its_time(monkeypatch, soon):
    scores(monkeypatch, 9.0, 9.1, 9.2, 3.0, 2.0, 1.0)
    result = train(PATTERN, config_of(**FLAT, patience=2))
    assert len(result.history) == 6


def test_where_all_is_flat_the_message_names_rate_and_batch_first(monkeypatch, soon):
    scores(monkeypatch, 9.0)
    with pytest.raises(NeuronarioError) as caught:
        train(PATTERN, config_of(**FLAT))
    words = str(caught.value)
    assert caught.value.code == ExitCode.UNSOUND
    assert "training.learning_rate (0.005)" in words
    places = [words.index(key) for key in ("learning_rate", "training.batch (8", "more text")]
    assert places == sorted(places)


def test_long_epochs_report_inside(monkeypatch):
    monkeypatch.setattr(execution, "EXECUTION_MULTIPLICATIONS", 1.5e5)
    told = []
    train(PATTERN, config_of(epochs=1), on_steps=lambda *place: told.append(place))
    assert told
    assert all(epoch == 1 and 0 < taken < steps for epoch, taken, steps in told)
    assert told == sorted(told)
