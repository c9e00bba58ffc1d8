"""``TF_CONFIG`` read without TensorFlow, and the meeting of the workers over plain TCP."""

import json
import socket
import threading
import time

import pytest

from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.cluster import VARIABLE, Cluster, cluster_from_environment, meet


def told(monkeypatch, cluster, role="worker", index=0):
    said = {"cluster": cluster, "task": {"type": role, "index": index}}
    monkeypatch.setenv(VARIABLE, json.dumps(said))


def test_nothing_said_is_no_cluster(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert cluster_from_environment(3) is None, "this process makes all three parts"


def test_the_chief_comes_first(monkeypatch):
    told(monkeypatch, {"chief": ["c:1"], "worker": ["w:1", "w:2"]}, "worker", 1)
    assert cluster_from_environment(3) == Cluster(("c:1", "w:1", "w:2"), 2)
    told(monkeypatch, {"chief": ["c:1"], "worker": ["w:1", "w:2"]}, "chief", 0)
    cluster = cluster_from_environment(3)
    assert cluster is not None and cluster.is_chief


def test_without_a_chief_the_first_worker_is_it(monkeypatch):
    told(monkeypatch, {"worker": ["w:1", "[::1]:2"]})
    cluster = cluster_from_environment(2)
    assert cluster is not None and cluster.is_chief


def test_a_cluster_of_one_is_none(monkeypatch):
    told(monkeypatch, {"worker": ["w:1"]})
    assert cluster_from_environment(1) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"cluster": {"worker": ["a:1", "b:2"]}}', "cannot be read"),
        ('{"cluster": {"worker": ["a:1", 5]}, "task": {"type": "worker", "index": 0}}', "cannot"),
        ('{"cluster": {"worker": ["a:1", "b"]}, "task": {"type": "worker", "index": 0}}', "cannot"),
        (
            '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 2}}',
            "worker 2 is not in the cluster",
        ),
        (
            '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}',
            "names 1 workers, training.workers says 2",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(monkeypatch, text, words):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(NeuronarioError, match=words) as error:
        cluster_from_environment(2)
    assert error.value.code == ExitCode.BAD_CONFIG and "\n" not in str(error.value)


def addresses(count):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return (f"127.0.0.1:{port}", *(f"worker{k}:1" for k in range(1, count)))


@pytest.mark.parametrize("to_train", [True, False])
def test_nobody_goes_on_before_all_are_there(to_train):
    where = addresses(3)
    words = {}

    def come(index, later):
        time.sleep(later)
        words[index] = meet(Cluster(where, index), to_train=to_train, seconds=20)

    threads = [threading.Thread(target=come, args=one) for one in ((1, 0.0), (0, 0.3), (2, 0.8))]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert not words
    for thread in threads:
        thread.join()
    assert words == {0: to_train, 1: to_train, 2: to_train}
    socket.create_server(("127.0.0.1", int(where[0].rpartition(":")[2]))).close()  # free again


@pytest.mark.parametrize("index", [0, 1])
def test_who_waits_in_vain_is_told(index):
    with pytest.raises(NeuronarioError, match="came within 1 s; start the same") as error:
        meet(Cluster(addresses(2), index), seconds=1)
    assert error.value.code == ExitCode.LOCKED


def test_an_address_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(NeuronarioError, match=f"127.0.0.1:{port} cannot be used") as error:
            meet(Cluster((f"127.0.0.1:{port}", "b:2"), 0), seconds=5)
    assert error.value.code == ExitCode.LOCKED
