"""From which size several machines pay: a step of one machine, of half a batch, and the exchange.

    python -m tests.benchmarks.workers [--rounds 5]

Two processes on this machine join as two would on a network (loopback is a very fast one) and
exchange the gradients of each work; the step of the whole batch and of half of it is timed alone.
Two machines take about half a batch's step and the exchange.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median

from jobs.machine.cluster import VARIABLE, cluster_from_environment, meet
from jobs.machine.tensorflow_start import start_tensorflow
from tests.benchmarks.work import WORKS, Work, plan_of, read_text

MORE = (
    Work("2x512, batch 200, loss every", 512, 200, "window", "every", 2),
    Work("2x1024, batch 200, loss every", 1024, 200, "window", "every", 1),
)
PART = "--part-of-the-cluster"


def main() -> None:
    """Time the exchange in two processes, then the steps in this one, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(PART, action="store_true", dest="part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(exchanges(options.rounds)))
        return
    exchange = _in_two_processes(options.rounds)
    print("| work | MB of gradients | step | half a batch | exchange | two machines: times |")
    print("| --- | --- | --- | --- | --- | --- |")
    for work in (*WORKS, *MORE):
        whole = step_seconds(work, options.rounds)
        half = step_seconds(replace(work, batch=work.batch // 2), options.rounds)
        megabytes, moved = exchange[work.name]
        print(
            f"| {work.name} | {megabytes:.2f} | {1000 * whole:.1f} ms | {1000 * half:.1f} ms "
            f"| {1000 * moved:.1f} ms | {whole / (half + moved):.2f} |",
            flush=True,
        )


def exchanges(rounds: int) -> dict[str, tuple[float, float]]:
    """Of each work: megabytes of gradients, and seconds to gather those of both workers."""
    cluster = cluster_from_environment(2)
    assert cluster is not None
    meet(cluster)
    start_tensorflow()
    import tensorflow as tf

    from jobs.engine.workers import Workers
    from jobs.model.network import initial_network

    workers, symbols = Workers(cluster), len(read_text().alphabet)
    found = {}
    for work in (*WORKS, *MORE):
        numbers = initial_network(symbols, (work.units, work.units), 0).parameters
        gradients = tf.random.uniform([numbers])
        seconds = []
        for _ in range(rounds + 1):  # the first traces the program
            begin = time.perf_counter()
            workers.gather(gradients)
            seconds.append(time.perf_counter() - begin)
        found[work.name] = (4 * numbers / 1e6, median(seconds[1:]))
    return found


def step_seconds(work: Work, rounds: int) -> float:
    """Seconds of one step on this machine."""
    start_tensorflow()
    from tests.benchmarks.ours import contenders

    corpus = read_text()
    run = contenders(work, plan_of(work, corpus), len(corpus.alphabet))[0].run
    run()  # compiles
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return median(seconds) / work.steps


def _in_two_processes(rounds: int) -> dict[str, tuple[float, float]]:
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in servers]
    for server in servers:
        server.close()
    processes = []
    for index in range(2):
        said = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        command = [sys.executable, "-m", "tests.benchmarks.workers", PART, "--rounds", str(rounds)]
        environment = {**os.environ, VARIABLE: json.dumps(said)}
        processes.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        )
    outputs = [process.communicate()[0] for process in processes]
    return {name: (size, seconds) for name, (size, seconds) in json.loads(outputs[0]).items()}


if __name__ == "__main__":
    main()
