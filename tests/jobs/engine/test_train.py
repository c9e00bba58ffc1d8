"""Training: equal to Keras, deterministic, resumable, and honest about failure."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from jobs.engine import execution, train_step
from jobs.engine import train as train_module
from jobs.engine.train import best_epoch, train, unigram_bits
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.network import initial_network
from tests.support.engine_cases import (
    PATTERN,
    TRAINED,
    assert_same_bits,
    config_of,
    corpus_of,
    keras_layer,
)

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(sys.path),
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

REGIMES = [
    {"regime": "window", "loss": "last"},
    {"regime": "window", "loss": "every", "l1": 1e-3, "clip_norm": 0.5},
    {"regime": "stream", "schedule": "cosine"},
    {"regime": "stream", "dropout": 0.2},
]
# Programs of other cells are compiled anew for every case, which takes minutes.
LONG = pytest.mark.long
WIDER = {"layers": (15, 11)}  # of a GRU, which is trained as (16, 12): whole_vectors.py
OTHERS = [
    *({**regime, "cell": "gru", **WIDER} for regime in REGIMES[1:]),
    *({**regime, "cell": "rnn"} for regime in REGIMES[1:]),
]
EVERY_CELL = [
    REGIMES[0],
    *(pytest.param(one, marks=LONG) for one in REGIMES[1:3]),
    REGIMES[3],
    *(pytest.param(one, marks=[] if one == OTHERS[1] else LONG) for one in OTHERS),
]
REGIMES_AND_LONG = [*REGIMES, *(pytest.param(one, marks=LONG) for one in OTHERS)]


@pytest.mark.parametrize("training", EVERY_CELL)
def test_same_seed_same_bits(training):
    first, again = (train(PATTERN, config_of(**training)) for _ in range(2))
    assert_same_bits(first.network, again.network)
    assert first.history == again.history
    assert first.evaluation == again.evaluation
    other = train(PATTERN, config_of(**training, seed=9))
    assert other.history != first.history


@pytest.mark.parametrize("training", REGIMES_AND_LONG)
def test_it_learns(training):
    result = train(PATTERN, config_of(**{**training, "epochs": 12}))
    assert result.history[-1].training_bits < 0.6 * result.history[0].training_bits
    assert result.evaluation.held_out_bits < 0.7 * result.evaluation.unigram_bits
    assert result.evaluation.held_out_characters == PATTERN.held_out_ids.size


@pytest.mark.parametrize("cell", TRAINED)
def test_an_epoch_equals_keras(cell, monkeypatch):
    """The same windows in the same order give the weights and the loss that Keras' fit gives."""
    sizes = WIDER["layers"] if cell.name == "gru" else (6, 5)
    training = {"regime": "window", "loss": "last", "epochs": 1, "l1": 1e-3, "batch": 7}
    config = config_of(sizes, cell=cell.name, **training)
    start = initial_network(len(PATTERN.alphabet), sizes, 3, (cell, cell))
    monkeypatch.setattr(train_module, "_evaluation", lambda *_: None)
    ours = train(PATTERN, config, start=start)
    plan = train_module.make_batch_plan(PATTERN.training_ids, config.training, config.seed)
    batches = plan.batches(1, 0, plan.steps)
    mask = batches.mask[:, 0].ravel() > 0
    inputs = np.swapaxes(batches.inputs, 1, 2).reshape(-1, 8)[mask]
    penalty = tf.keras.regularizers.L1(1e-3)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input((8, len(PATTERN.alphabet))),
            keras_layer(start.layers[0], return_sequences=True, activity_regularizer=penalty),
            keras_layer(start.layers[1], activity_regularizer=penalty),
            tf.keras.layers.Dense(len(PATTERN.alphabet), activation="softmax"),
        ]
    )
    model.set_weights(list(start.arrays().values()))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=tf.keras.optimizers.Adam(0.02))
    fitted = model.fit(
        tf.one_hot(inputs, len(PATTERN.alphabet)),
        batches.targets.ravel()[mask],
        batch_size=7,
        shuffle=False,
        verbose=0,
    )
    assert mask.sum() % 7  # the last batch is incomplete
    assert ours.history[0].loss == pytest.approx(fitted.history["loss"][0], abs=1e-4)
    for array, expected in zip(ours.network.arrays().values(), model.get_weights(), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-4)


@pytest.mark.parametrize(
    "training",
    [
        REGIMES[0],
        REGIMES[3],
        *(pytest.param(one, marks=LONG) for one in (*REGIMES[1:3], *OTHERS)),
    ],
)
def test_cut_into_executions_nothing_changes(training, monkeypatch):
    whole = train(PATTERN, config_of(**training))
    monkeypatch.setattr(execution, "EXECUTION_MULTIPLICATIONS", 1.5e5)
    cut = train(PATTERN, config_of(**training))
    assert_same_bits(whole.network, cut.network)
    assert whole.history == cut.history


@pytest.mark.parametrize(  # dropout draws anew for every shard
    "training",
    [REGIMES[2], *(pytest.param(one, marks=LONG) for one in (*REGIMES[:2], *OTHERS[:2]))],
)
def test_batch_in_two_shards_learns_the_same(training, monkeypatch):
    """Seven rows in shards of four and three: the same up to the order of the sums."""
    config = config_of(**training, epochs=2, batch=7)
    whole = train(PATTERN, config)
    monkeypatch.setattr(train_step, "SHARD_FROM", 0)
    shards = train(PATTERN, config)
    again = train(PATTERN, config)
    assert_same_bits(shards.network, again.network)
    for name, array in whole.network.arrays().items():
        np.testing.assert_allclose(array, shards.network.arrays()[name], atol=1e-4, err_msg=name)
    for left, right in zip(whole.history, shards.history, strict=True):
        assert left.loss == pytest.approx(right.loss, abs=1e-4)
        assert left.gradient_norm == pytest.approx(right.gradient_norm, abs=1e-4)


@pytest.mark.parametrize(
    "training",
    [
        REGIMES[0],
        *(pytest.param(one, marks=LONG) for one in (*REGIMES[1:], *OTHERS)),
    ],
)
def test_unrolled_steps_change_no_bit(training, monkeypatch):
    """However many, and also where they do not divide the steps of an epoch."""
    monkeypatch.setattr(train_step, "SHARD_FROM", 0)
    found = []
    for unroll in (1, 4, 5):
        monkeypatch.setattr(train_step, "UNROLL", unroll)
        train_step.compiled_steps.cache_clear()
        found.append(train(PATTERN, config_of(**training, epochs=2)))
    train_step.compiled_steps.cache_clear()
    for other in found[1:]:
        assert_same_bits(found[0].network, other.network)
        assert found[0].history == other.history


ON_SO_MANY_CORES = """
import hashlib, os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
from jobs.engine import train_step
from jobs.engine.train import train
from tests.support.engine_cases import PATTERN, config_of
train_step.SHARD_FROM = 1e7  # a wide network's batch is split in two, the narrow one's is not
for cell, sizes in (("lstm", (16, 12)), ("gru", (160,))):
    config = config_of(sizes, regime="stream", chunk=40, cell=cell, epochs=2)
    network = train(PATTERN, config).network
    for name, array in network.arrays().items():
        print(cell, sizes, name, hashlib.sha256(array.tobytes()).hexdigest())
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="this machine has one core")
def test_one_or_two_cores_give_the_same_bits():
    printed = [
        subprocess.run(
            [sys.executable, "-c", ON_SO_MANY_CORES, cores],
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
        ).stdout
        for cores in ("1", "2")
    ]
    assert printed[0].count(b"\n") == 8 + 5
    assert printed[0] == printed[1]


@pytest.mark.parametrize("training", EVERY_CELL)
def test_stopped_and_resumed_ends_the_same(training, tmp_path):
    config = config_of(**training, patience=3)
    seen = []
    whole = train(PATTERN, config, on_epoch=lambda record, seconds: seen.append(record.epoch))
    assert seen == [record.epoch for record in whole.history]
    checkpoint, seen = tmp_path / "checkpoint.npz", []

    def stop_after_two(record, seconds):
        seen.append(record.epoch)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(PATTERN, config, checkpoint=checkpoint, on_epoch=stop_after_two)
    resumed = train(
        PATTERN,
        config,
        checkpoint=checkpoint,
        on_epoch=lambda record, seconds: seen.append(record.epoch),
    )
    assert seen == [record.epoch for record in whole.history]
    assert_same_bits(resumed.network, whole.network)
    assert resumed == replace(whole, network=resumed.network)


KILLED = """
import os, signal, sys
from pathlib import Path
from jobs.engine.train import train
from tests.support.engine_cases import PATTERN, config_of
def kill(record, seconds):
    if record.epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
train(PATTERN, config_of(), checkpoint=Path(sys.argv[1]), on_epoch=kill)
"""


def test_killed_process_is_continued_bit_for_bit(tmp_path):
    checkpoint = tmp_path / "checkpoint.npz"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(checkpoint)],
        env=ENVIRONMENT,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    epochs = []
    resumed = train(
        PATTERN,
        config_of(),
        checkpoint=checkpoint,
        on_epoch=lambda record, seconds: epochs.append(record.epoch),
    )
    assert epochs == [3, 4]
    assert_same_bits(resumed.network, train(PATTERN, config_of()).network)


def scripted_scores(monkeypatch, *scores):
    """Let the held-out score of each epoch, and the final one, be as given."""
    given = iter(scores)
    monkeypatch.setattr(train_module, "held_out_bits", lambda *_, **__: (next(given), 1))


def test_best_epoch_is_kept(monkeypatch):
    expected = train(PATTERN, config_of(epochs=2))
    assert expected.evaluation.best_epoch == 2
    scripted_scores(monkeypatch, 2.5, 2.0, 2.1, 2.0, 2.0)
    result = train(PATTERN, config_of(epochs=4))
    assert result.evaluation.best_epoch == best_epoch(result.history) == 2
    assert not result.evaluation.stopped_early
    assert_same_bits(result.network, expected.network)


def test_patience_stops_early(monkeypatch):
    scripted_scores(monkeypatch, 2.5, 2.0, 2.1, 2.2, 2.3, 2.0)
    result = train(PATTERN, config_of(epochs=60, patience=3))
    assert len(result.history) == 5
    assert result.evaluation.stopped_early
    assert result.evaluation.best_epoch == 2


def test_learning_rate_is_recorded():
    history = train(PATTERN, config_of(regime="stream", schedule="cosine")).history
    rates = [record.learning_rate for record in history]
    assert rates == sorted(rates, reverse=True)
    assert 0.0 < rates[-1] < 0.02 * 0.05


def beyond_bounds(rate, **changes):
    """A rate that no configuration may have: the engine must still say what became of it."""
    config = config_of(**changes)
    training = config.training.model_copy(update={"learning_rate": rate})
    return config.model_copy(update={"training": training})


def test_infinite_loss_is_a_failed_run():
    with pytest.raises(NeuronarioError, match=r"epoch 1.*learning_rate") as caught:
        train(PATTERN, beyond_bounds(1e38))
    assert caught.value.code == ExitCode.UNSOUND


def test_no_better_than_unigram_is_a_failed_run():
    with pytest.raises(NeuronarioError, match="character frequencies") as caught:
        train(PATTERN, beyond_bounds(1e-9, epochs=1))
    assert caught.value.code == ExitCode.UNSOUND


def test_unigram_bits_are_of_the_training_frequencies():
    corpus = corpus_of("aaab" * 20 + "ab" * 4, held_out=8 / 88)
    assert corpus.held_out_start == 80
    expected = -(np.log2(61 / 82) + np.log2(21 / 82)) / 2
    assert unigram_bits(corpus) == pytest.approx(expected)


@pytest.mark.parametrize("regime", ["stream", "window"])
def test_one_distinct_character_runs(regime):
    result = train(corpus_of("a" * 200), config_of(regime=regime, epochs=1))
    assert result.evaluation.held_out_bits == pytest.approx(0.0, abs=1e-6)


def test_start_of_another_shape_is_the_users_error():
    with pytest.raises(NeuronarioError, match="start from") as caught:
        train(PATTERN, config_of(), start=initial_network(3, (6, 5), 0))
    assert caught.value.code == ExitCode.BAD_DATA


def test_start_of_another_cell_is_the_users_error():
    start = initial_network(len(PATTERN.alphabet), (6, 5), 0)
    with pytest.raises(NeuronarioError, match=r"LSTM and LSTM.*GRU and GRU") as caught:
        train(PATTERN, config_of(cell="gru"), start=start)
    assert caught.value.code == ExitCode.BAD_DATA


def test_start_weights_are_used():
    first = train(PATTERN, config_of(epochs=6))
    further = train(PATTERN, config_of(epochs=1), start=first.network)
    assert further.history[0].training_bits < 0.8 * first.history[0].training_bits
