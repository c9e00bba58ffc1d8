"""Sweeps end to end: however the cells were made, the store holds the same runs."""

import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from jobs.store.check import check_store
from jobs.store.lock import holder
from jobs.store.run_names import open_run
from jobs.store.store import run_ids
from tests.support.command_line import neuronario, write_config
from tests.support.places import ROOT

SEEDS = [0, 1]


def write_sweep(folder, **changes):
    write_config(folder, training={"epochs": 60}, **changes)
    plain = {"config": "neuronario.yml", "seeds": SEEDS}
    (folder / "sweep.yml").write_text(yaml.safe_dump(plain))


def start(folder, *arguments):
    """A sweep that is not waited for."""
    return subprocess.Popen(
        [sys.executable, "-c", "from jobs.cli.main import main; main()", "sweep", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def training_process(folder, pattern="work/cells/*/lock", seconds=240):
    """A process that trains a cell just now."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for lock in folder.glob(pattern):
            who = holder(lock.parent)
            if who is not None and "epoch" in who.doing:
                return who.process
        time.sleep(0.02)
    raise AssertionError("no cell was ever trained")


def same(one, other, *, numbers=True):
    """Stores are equal: the same runs, byte for byte, but for times, host and log.

    ``numbers``: in the same order too, so that even the manifests differ in nothing else.
    """

    def content(store):
        found = {}
        for run_id in run_ids(store):
            run = open_run(store, run_id)
            files = {output.path: output.sha256 for output in run.manifest.outputs}
            name = run_id if numbers else run.manifest.keys.report
            parent = run.manifest.parent if numbers else ""
            assert name not in found
            found[name] = (run.manifest.content_id, run.manifest.keys, parent, files)
        records = {path.name: path.read_bytes() for path in (store / "sweeps").iterdir()}
        assert len(records) == 2  # the cells, and what was measured across them
        return found, records

    assert check_store(one) == check_store(other) == []
    assert content(one) == content(other)


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serial")
    write_sweep(folder)
    listed = neuronario(folder, "sweep", "sweep.yml", "--dry-run")
    assert listed.out.splitlines() == [
        "cell 1 of 2: seed 0: to be trained",
        "cell 2 of 2: seed 1: to be trained",
    ]
    assert not (folder / "runs").exists()
    answer = neuronario(folder, "sweep", "sweep.yml")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[-1] == "2 runs made, 0 were there"
    assert not (folder / "site").exists()  # a sweep publishes nothing
    return folder / "runs"


def test_a_sweep_that_is_there_makes_nothing(serial):
    before = run_ids(serial)
    answer = neuronario(serial.parent, "sweep", "sweep.yml", "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert run_ids(serial) == before
    listed = neuronario(serial.parent, "sweep", "sweep.yml", "--dry-run", "--part", "2/2")
    assert listed.out == f"cell 2 of 2: seed 1: there: run {before[1]}\n"


def test_a_cell_is_what_a_job_makes(serial, tmp_path):
    write_sweep(tmp_path)
    answer = neuronario(tmp_path, "run", "--no-publish")
    assert answer.code == 0, answer.err
    job, cell = (open_run(store, run_ids(store)[0]) for store in (tmp_path / "runs", serial))
    assert job.manifest.content_id == cell.manifest.content_id
    assert job.manifest.keys == cell.manifest.keys
    assert (job.swept, cell.swept) == (False, True)


@pytest.mark.long
def test_two_workers_of_which_one_is_killed_leave_the_same_store(serial, tmp_path):
    write_sweep(tmp_path)
    sweep = start(tmp_path, "sweep.yml", "--workers", "2")
    os.kill(training_process(tmp_path / "runs"), signal.SIGKILL)
    out, err = sweep.communicate(timeout=600)
    assert sweep.returncode == 0, err
    assert "a worker was ended from outside" in err
    assert out.splitlines()[-1] == "2 runs made, 0 were there"
    same(serial, tmp_path / "runs")
    assert not list((tmp_path / "runs" / "work" / "cells").iterdir())


@pytest.mark.long
def test_parts_are_collected_to_the_same_store_after_a_kill(serial, tmp_path):
    write_sweep(tmp_path)
    first = start(tmp_path, "sweep.yml", "--part", "1/2", "--store", "one")
    training_process(tmp_path / "one")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    for number, store in ((1, "one"), (2, "two")):
        part = ("--part", f"{number}/2", "--store", store)
        answer = neuronario(tmp_path, "sweep", "sweep.yml", *part)
        assert answer.out == "1 runs made, 0 were there\n", answer.err
    log = (next((tmp_path / "one" / "runs").iterdir()) / "run.log").read_text()
    assert "continues after epoch" in log
    answer = neuronario(tmp_path, "collect", "one", "two", "--store", "runs")
    assert answer.code == 0
    assert answer.out == "one: 1 runs taken, 0 known\ntwo: 1 runs taken, 0 known\n"
    again = neuronario(tmp_path, "sweep", "sweep.yml", "--store", "runs")
    assert again.out.splitlines()[-1] == "0 runs made, 2 were there"
    same(serial, tmp_path / "runs")


def test_damage_is_not_collected(serial, tmp_path):
    write_sweep(tmp_path)
    assert neuronario(tmp_path, "collect", str(serial), "--store", "damaged").code == 0
    damaged = next(iter(sorted((tmp_path / "damaged" / "runs").iterdir()))) / "weights.npz"
    damaged.unlink()  # a link to the same file elsewhere
    damaged.write_bytes(b"0" * 10)
    answer = neuronario(tmp_path, "collect", "damaged", "--store", "runs")
    assert answer.code == 65
    assert "weights.npz" in answer.err and answer.err.count("\n") == 2
    assert len(run_ids(tmp_path / "runs")) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("sweep", "none.yml"), 66, "none.yml"),
        (("sweep", "sweep.yml", "--part", "3/2"), 2, "needs i/n"),
        (("sweep", "sweep.yml", "--workers", "2", "--scheduler", "tcp://a:1"), 2, "not both"),
        (("collect", "nothing"), 66, "no store of neuronario"),
        (("collect", "runs", "--store", "runs"), 2, "is the store itself"),
    ],
)
def test_mistakes_are_one_line(serial, arguments, code, words):
    answer = neuronario(serial.parent, *arguments)
    assert answer.code == code
    assert words in answer.err and "Traceback" not in answer.err


def test_a_cell_that_does_not_learn_is_named_and_the_others_are_made(tmp_path):
    write_sweep(tmp_path)
    plain = {
        "config": "neuronario.yml",
        "seeds": [0],
        "vary": {"training.learning_rate": [100.0, 0.02]},
    }
    (tmp_path / "sweep.yml").write_text(yaml.safe_dump(plain))
    answer = neuronario(tmp_path, "sweep", "sweep.yml", "--quiet")
    assert answer.code == 4
    assert "unsound: seed 0, training.learning_rate 100.0: " in answer.err
    states = [
        open_run(tmp_path / "runs", run).manifest.status for run in run_ids(tmp_path / "runs")
    ]
    assert states == ["failed", "ok"]


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_leaves_the_same_store(serial, tmp_path, cluster):
    address, workers = cluster
    write_sweep(tmp_path)
    sweep = start(tmp_path, "sweep.yml", "--scheduler", address)
    trains = training_process(tmp_path, "temporary/neuronario-*/store/lock")
    assert trains in [worker.pid for worker in workers]
    os.kill(trains, signal.SIGKILL)
    out, err = sweep.communicate(timeout=600)
    assert sweep.returncode == 0, err
    assert out.splitlines()[-1] == "2 runs made, 0 were there"
    same(serial, tmp_path / "runs")


def test_a_scheduler_that_is_not_there_is_one_line(serial, tmp_path):
    pytest.importorskip("distributed")
    write_sweep(tmp_path)
    arguments = ("--scheduler", "tcp://127.0.0.1:1")
    answer = neuronario(
        tmp_path,
        "sweep",
        "sweep.yml",
        *arguments,
        "--quiet",
        environment={"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    assert answer.code == 74
    assert "no scheduler answers there" in answer.err and "Traceback" not in answer.err
