"""Two machines at one training, as two processes: the same command on both, one run in the end."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from jobs.config.schema import StoreConfig
from jobs.errors import ExitCode
from jobs.machine.cluster import VARIABLE
from jobs.store.store import newest_run, read_run
from tests.jobs.engine.test_workers import free_ports
from tests.support.command_line import neuronario, write_config


def run_together(folder, *arguments):
    """Chief and worker at once; each has a folder of its own, and only the configuration in it."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]

    def one(index):
        own = folder / ("chief", "worker")[index]
        own.mkdir(exist_ok=True)
        write_config(own, training={"workers": 2})
        said = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        return neuronario(own, *arguments, environment={VARIABLE: json.dumps(said)})

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def weights(folder):
    store = folder / StoreConfig().directory
    return read_run(store, newest_run(store)).network.arrays()


def test_two_machines_make_the_run_of_one(tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    write_config(alone, training={"workers": 2})
    answer = neuronario(alone, "run")
    assert answer.code == 0, answer.err

    chief, worker = run_together(tmp_path, "run")
    assert (chief.code, worker.code) == (0, 0), chief.err + worker.err
    assert "worker 1 of 2" in chief.err and "the chief, which keeps the run" in worker.err
    expected = weights(alone)
    for name, array in weights(tmp_path / "chief").items():
        assert array.tobytes() == expected[name].tobytes(), name
    assert [path.name for path in (tmp_path / "worker").iterdir()] == ["neuronario.yml"]

    chief, worker = run_together(tmp_path, "run")
    assert (chief.code, worker.code) == (0, 0), chief.err + worker.err
    assert "nothing changed" in chief.err and "has nothing to train" in worker.err


def test_a_cluster_of_another_size_is_refused_before_anything(tmp_path):
    write_config(tmp_path, training={"workers": 2})
    for said, words in (
        (
            {"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}},
            "names 1 worker",
        ),
        ({"cluster": {"worker": ["a:1", "b:x"]}, "task": {"type": "worker", "index": 0}}, "cannot"),
        ({"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "ps", "index": 0}}, "cannot be"),
    ):
        begin = time.monotonic()
        answer = neuronario(tmp_path, "run", environment={VARIABLE: json.dumps(said)})
        assert answer.code == ExitCode.BAD_CONFIG, answer.err
        assert words in answer.err and answer.err.count("\n") == 1
        assert time.monotonic() - begin < 60
        assert [path.name for path in tmp_path.iterdir()] == ["neuronario.yml"]
