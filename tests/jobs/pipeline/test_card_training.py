"""Training in a process of its own: what it says, and how it may end."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import jobs.engine.tensors
import jobs.engine.train
from jobs.config.schema import Config
from jobs.corpus.load import load_corpus
from jobs.engine.train import train
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import GraphicsCard
from jobs.pipeline import card_training
from jobs.pipeline.card_choice import CardUnusableError
from jobs.pipeline.card_training import Listeners, TrainingTask, train_on_card
from tests.support.command_line import TINY

NOWHERE = GraphicsCard("No card", "0", "GPU-none", 10**10, 10**10)
CONFIG = Config.model_validate(
    {**TINY, "network": {"layers": (6, 5)}, "training": {**TINY["training"], "device": "gpu"}}
)


@pytest.fixture(scope="module")
def corpus():
    return load_corpus(CONFIG.corpus, Path(), CONFIG.training)


@pytest.fixture
def task(corpus, tmp_path):
    return TrainingTask(corpus, CONFIG, None, tmp_path / "checkpoint.npz")


@pytest.fixture
def heard():
    return []


@pytest.fixture
def listeners(heard):
    return Listeners(
        on_epoch=lambda record, seconds: heard.append(record),
        on_steps=lambda *said: heard.append(said),
        on_restart=heard.append,
    )


def in_this_process(monkeypatch, task):
    """The other process as a thread of this one, on the processor; what it said."""
    monkeypatch.setattr(card_training, "end_with_parent", lambda: None)
    monkeypatch.setattr(card_training, "start_tensorflow", lambda card: None)
    monkeypatch.setattr(jobs.engine.tensors, "sees_card", lambda: True)
    ours, theirs = multiprocessing.Pipe(duplex=False)

    def work():
        card_training._train(theirs, task, NOWHERE)
        theirs.close()

    thread = threading.Thread(target=work)
    thread.start()
    said = []
    while not said or said[-1][0] not in card_training.ENDED:
        said.append(ours.recv())
    thread.join()
    return said


def test_it_tells_each_epoch_and_hands_over_the_network(monkeypatch, task):
    *epochs, (word, network, history, evaluation) = in_this_process(monkeypatch, task)
    here = train(task.corpus, task.config, on_card=True)
    assert word == "ended"
    assert [said[0] for said in epochs] == ["on_epoch", "on_epoch"]
    assert tuple(said[1] for said in epochs) == history == here.history
    assert evaluation == here.evaluation
    for name, array in here.network.arrays().items():
        np.testing.assert_array_equal(network.arrays()[name], array)
    assert task.checkpoint.exists()


def test_a_users_error_is_handed_over(monkeypatch, task):
    def unsound(*_, **__):
        raise NeuronarioError("the loss is nan", ExitCode.UNSOUND)

    monkeypatch.setattr(jobs.engine.train, "train", unsound)
    said = in_this_process(monkeypatch, task)
    assert said == [("refused", "the loss is nan", ExitCode.UNSOUND)]


def test_whatever_a_library_raises_is_a_reason_of_one_line(monkeypatch, task):
    def full(*_, **__):
        raise RuntimeError("OOM when allocating \x1b[31m\nand so on")

    monkeypatch.setattr(jobs.engine.train, "train", full)
    ((word, reason, code),) = in_this_process(monkeypatch, task)
    assert (word, code) == ("unusable", ExitCode.IO_ERROR)
    assert reason.startswith("RuntimeError: OOM when allocating")
    assert reason.isprintable() and "so on" not in reason


def test_a_card_that_tensorflow_cannot_use_is_said(task, listeners, heard):
    with pytest.raises(CardUnusableError, match="CUDA libraries come with") as caught:
        train_on_card(task, NOWHERE, listeners)  # a real process with a real TensorFlow
    assert caught.value.code == ExitCode.BAD_CONFIG
    assert heard == []


def killed(connection, task, card):
    connection.send(("on_steps", 1, 2, 3))
    os.kill(os.getpid(), signal.SIGABRT)


def failed(connection, task, card):
    os._exit(3)


def refused(connection, task, card):
    connection.send(("refused", "nothing learned", ExitCode.UNSOUND))


def test_a_driver_that_aborts_costs_no_job(monkeypatch, task, listeners, heard):
    monkeypatch.setattr(card_training, "_train", killed)
    with pytest.raises(CardUnusableError, match="ended with signal SIGABRT"):
        train_on_card(task, NOWHERE, listeners)
    assert heard == [(1, 2, 3)]


def hangs(connection, task, card):
    connection.send(("refused", "nothing learned", ExitCode.UNSOUND))
    threading.Event().wait()


def test_a_driver_that_hangs_at_the_end_is_ended(monkeypatch, task, listeners):
    monkeypatch.setattr(card_training, "_train", hangs)
    monkeypatch.setattr(card_training, "ENDING_SECONDS", 0.2)
    with pytest.raises(NeuronarioError, match="nothing learned"):
        train_on_card(task, NOWHERE, listeners)
    assert not multiprocessing.active_children()


def test_nor_does_a_process_that_ends(monkeypatch, task, listeners):
    monkeypatch.setattr(card_training, "_train", failed)
    with pytest.raises(CardUnusableError, match="ended with exit code 3"):
        train_on_card(task, NOWHERE, listeners)


def test_what_the_user_can_mend_is_the_users_error(monkeypatch, task, listeners):
    monkeypatch.setattr(card_training, "_train", refused)
    with pytest.raises(NeuronarioError, match="nothing learned") as caught:
        train_on_card(task, NOWHERE, listeners)
    assert caught.value.code == ExitCode.UNSOUND
