"""Which machines train together, as ``TF_CONFIG`` tells TensorFlow's own strategies.

Read without TensorFlow (format: tf.distribute.cluster_resolver.TFConfigClusterResolver), so that
what is wrong is said before anything is started.
"""

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jobs.errors import ExitCode, NeuronarioError

VARIABLE = "TF_CONFIG"
MEET_SECONDS = 600.0  # within which all workers must have come
TRAIN, NOTHING = b"!", b"."  # the chief's word to those who came
ROLES = ("chief", "worker")  # the chief first: it keeps the store


@dataclass(frozen=True)
class Cluster:
    """The workers of one training, and which of them this process is."""

    addresses: tuple[str, ...]  # host:port of each
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this process scores, keeps checkpoints and makes the run."""
        return self.index == 0


def cluster_from_environment(workers: int) -> Cluster | None:
    """The cluster that ``TF_CONFIG`` names; None where there is none: this process makes all parts.

    Args:
        workers: as configured (``training.workers``).

    Raises:
        NeuronarioError: 78, it cannot be read, or names another number of workers.
    """
    text = os.environ.get(VARIABLE, "")
    if not text.strip():
        return None
    try:
        cluster = _parsed(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise NeuronarioError(
            f'{VARIABLE} cannot be read ({error!r}); it looks so: {{"cluster": {{"worker": '
            '["host0:12345", "host1:12345"]}, "task": {"type": "worker", "index": 0}}',
            ExitCode.BAD_CONFIG,
        ) from None
    if len(cluster.addresses) == 1 and workers == 1:
        return None
    if len(cluster.addresses) != workers:
        raise NeuronarioError(
            f"{VARIABLE} names {len(cluster.addresses)} workers, training.workers says {workers}; "
            "they must be equal, as the batch is cut into as many parts",
            ExitCode.BAD_CONFIG,
        )
    return cluster


def _parsed(said: dict[str, Any]) -> Cluster:
    known = {role: list(said["cluster"].get(role, ())) for role in ROLES}
    addresses = (*known["chief"], *known["worker"])
    for address in addresses:
        _host_and_port(address)
    if len(known["chief"]) > 1:
        raise ValueError("one chief, and workers as texts host:port")
    role, index = said["task"]["type"], int(said["task"]["index"])
    if role not in ROLES or not 0 <= index < len(known[role]):
        raise ValueError(f"task {role} {index} is not in the cluster (chief or worker)")
    return Cluster(addresses, index + (len(known["chief"]) if role == "worker" else 0))


def meet(cluster: Cluster, *, to_train: bool = True, seconds: float = MEET_SECONDS) -> bool:
    """Return when all workers are there, each of which calls this; the chief counts them.

    Over plain TCP at the chief's address, which is free again afterwards.

    Args:
        cluster: who is to come.
        to_train: the chief's word whether there is anything to train.
        seconds: how long to wait for the others.

    Returns:
        the chief's word.

    Raises:
        NeuronarioError: 75, not all came in time, or the chief's address cannot be had.
    """
    deadline = time.monotonic() + seconds
    try:
        if cluster.is_chief:
            _receive(cluster, TRAIN if to_train else NOTHING, deadline)
            return to_train
        return _arrive(cluster, deadline) == TRAIN
    except TimeoutError:
        raise NeuronarioError(
            f"not all of the {len(cluster.addresses)} workers ({', '.join(cluster.addresses)}) "
            f"came within {seconds:.0f} s; start the same command on each of them",
            ExitCode.LOCKED,
        ) from None
    except OSError as error:
        raise NeuronarioError(
            f"the chief's address {cluster.addresses[0]} cannot be used "
            f"({error.strerror or error}): is it this machine's, and free?",
            ExitCode.LOCKED,
        ) from None


def _receive(cluster: Cluster, word: bytes, deadline: float) -> None:
    """The chief: let each other worker come in, then tell all of them to go on."""
    come: dict[int, socket.socket] = {}
    with socket.create_server(_host_and_port(cluster.addresses[0])) as server:
        while len(come) < len(cluster.addresses) - 1:
            server.settimeout(_left(deadline))
            with suppress(ConnectionError):  # who broke off comes again
                guest, _ = server.accept()
                guest.settimeout(_left(deadline))
                number = guest.recv(1)
                if number:
                    come[number[0]] = guest
    for guest in come.values():
        with guest, suppress(ConnectionError):
            guest.sendall(word)
            guest.recv(1)  # the other side closes first, so that the address is free at once


def _arrive(cluster: Cluster, deadline: float) -> bytes:
    """Another worker: wait until the chief gives its word."""
    address = _host_and_port(cluster.addresses[0])
    while True:
        # the chief may not be there yet, and may break off before all have come
        with (
            suppress(ConnectionError, socket.gaierror),
            socket.create_connection(address, _left(deadline)) as chief,
        ):
            chief.sendall(bytes([cluster.index]))
            chief.settimeout(_left(deadline))
            if word := chief.recv(1):
                return word
        time.sleep(min(0.2, _left(deadline)))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
