"""Several processes at one training, over TCP: the bits of one process that makes all parts."""

import hashlib
import json
import os
import socket
import subprocess
import sys

import pytest

from jobs.engine.train import train
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.cluster import VARIABLE
from tests.support.engine_cases import PATTERN, config_of
from tests.support.places import ROOT

CASES = {
    "stream": {"regime": "stream", "chunk": 20, "batch": 6},
    "window": {"regime": "window", "window": 8, "stride": 3, "batch": 10, "loss": "last"},
    "gru": {"regime": "stream", "chunk": 20, "batch": 6, "cell": "gru"},
    "dropout": {"regime": "stream", "chunk": 20, "batch": 6, "dropout": 0.3},
}
EPOCHS = 12  # of a training that is killed in its fourth
WORKER = """
import hashlib, json, sys
from pathlib import Path
from jobs.engine.train import train
from jobs.engine.workers import Workers
from jobs.errors import NeuronarioError
from jobs.machine.cluster import cluster_from_environment, meet
from tests.support.engine_cases import PATTERN, config_of
settings, checkpoint, epochs = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
try:
    cluster = cluster_from_environment(settings["workers"])
    meet(cluster)
    workers = Workers(cluster)
    on_epoch = lambda record, seconds: print("epoch", record.epoch, flush=True)
    done = train(PATTERN, config_of(**settings, epochs=epochs), workers=workers, on_epoch=on_epoch,
                 checkpoint=Path(checkpoint) if workers.is_chief else None)
except NeuronarioError as error:
    print(error, flush=True)
    sys.exit(int(error.code))
for name, array in done.network.arrays().items():
    print(name, hashlib.sha256(array.tobytes()).hexdigest())
print([record.held_out_bits for record in done.history])
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def started(settings, checkpoint, epochs, worker=None):
    """Chief and worker, the latter with the settings ``worker`` where they are others."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index, own in enumerate((settings, worker or settings)):
        said = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, json.dumps(own), checkpoint, str(epochs)],
                cwd=ROOT,
                env={**os.environ, VARIABLE: json.dumps(said), "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    return processes


def said(training):
    lines = [
        f"{name} {hashlib.sha256(array.tobytes()).hexdigest()}"
        for name, array in training.network.arrays().items()
    ]
    return [*lines, str([record.held_out_bits for record in training.history])]


@pytest.mark.parametrize(
    "name",
    [
        "stream",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("gru", "window", "dropout")),
    ],
)
def test_two_processes_learn_bit_for_bit_what_one_does(name, tmp_path):
    settings = {**CASES[name], "workers": 2}
    alone = said(train(PATTERN, config_of(**settings, epochs=3)))
    processes = started(settings, str(tmp_path / "c.npz"), 3)
    outputs = [process.communicate(timeout=240)[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs[0] == ["epoch 1", "epoch 2", "epoch 3", *alone]
    assert outputs[1] == alone, "a worker that is not the chief ends with the same network"


@pytest.mark.long
def test_a_lost_worker_ends_the_training_and_all_go_on_after_the_last_epoch(tmp_path):
    settings = {**CASES["stream"], "workers": 2}
    alone = said(train(PATTERN, config_of(**settings, epochs=EPOCHS)))
    chief, worker = started(settings, str(tmp_path / "c.npz"), EPOCHS)
    for line in chief.stdout:
        if line == "epoch 3\n":
            break
    worker.kill()
    rest = chief.communicate(timeout=120)[0].splitlines()
    assert chief.returncode == ExitCode.LOCKED
    assert "is lost" in rest[-1] and "start all of them again" in rest[-1]
    done = int(rest[-2].removeprefix("epoch ")) if len(rest) > 1 else 3
    assert done < EPOCHS, "killed in the middle"
    processes = started(settings, str(tmp_path / "c.npz"), EPOCHS)
    outputs = [process.communicate(timeout=240)[0].splitlines() for process in processes]
    assert outputs[0][0] == f"epoch {done + 1}"
    assert outputs[0][-len(alone) :] == alone
    worker.wait()


def test_a_worker_with_another_configuration_is_refused(tmp_path):
    settings = {**CASES["stream"], "workers": 2}
    other = {**settings, "learning_rate": 0.01}
    processes = started(settings, str(tmp_path / "c.npz"), 2, worker=other)
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert processes[1].returncode == ExitCode.BAD_CONFIG
    assert "another text or configuration than the chief" in outputs[1]
    assert processes[0].returncode == ExitCode.LOCKED, "the chief has lost it"


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(NeuronarioError, match="does not divide into 4 equal parts") as error:
        train(PATTERN, config_of(regime="stream", chunk=20, batch=6, workers=4))
    assert error.value.code == ExitCode.BAD_CONFIG
