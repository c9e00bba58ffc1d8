"""One sweep made in four ways: in one process, by two, by a Dask cluster over TCP, and by a cluster
that is mistreated. ``python -m tests.benchmarks.sweep FOLDER`` prints the tables; ``--local``
leaves the clusters out; ``--cores`` compares a Dask cluster of one worker with one of two, each
worker on a core of its own, as on machines of one core (a process alone uses two).

3 seeds x 2 sizes. The mistreated cluster: one worker is killed in training, one is stopped for ten
seconds, then a run is deleted from the store and the sweep is called again. Every store must hold
the same runs, byte for byte but for times, and each cell once.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from jobs.store.check import check_store
from jobs.store.lock import holder
from jobs.store.run_names import open_run
from jobs.store.store import run_ids
from tests.support.places import ROOT

CONFIG = {
    "corpus": {"builtin": "xml", "builtin_characters": 40_000},
    "training": {"epochs": 25},
    "probe": {"characters": 2_000},
}
SWEEP = {
    "config": "base.yml",
    "seeds": [0, 1, 2],
    "vary": {"network.layers": [[32, 32], [64, 64]]},
}
STOPPED = 10.0  # seconds


def main(folder: Path, *, local: bool) -> None:
    prepare(folder)
    seconds = {"one process": timed(folder, "serial")}
    seconds["two processes"] = timed(folder, "two", "--workers", "2")
    others = ["two"]
    if not local:
        others += ["calm", "rough"]
        with cluster(folder, "calm") as (address, _):
            seconds["Dask, two workers over TCP"] = timed(folder, "calm", "--scheduler", address)
        with cluster(folder, "rough") as (address, workers):
            seconds["the same, mistreated"] = mistreated(folder, address, workers)
    expected = contents(folder / "serial")
    for name in others:
        same = contents(folder / name) == expected
        print(f"{name}: {len(run_ids(folder / name))} runs, the same as serial: {same}")
    print_seconds(seconds)


def one_core_each(folder: Path) -> None:
    """One worker against two, where none has more than its core."""
    prepare(folder)
    first, second = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, {second})  # who asks and waits: a fingerprint counts the cores
    seconds = {}
    for name, cores in (("alone", [first]), ("together", [first, second])):
        with cluster(folder, name, cores) as (address, _):
            words = f"{len(cores)} workers of one core"
            seconds[words] = timed(folder, name, "--scheduler", address)
    same = contents(folder / "alone") == contents(folder / "together")
    print(f"{len(run_ids(folder / 'together'))} runs, the same: {same}")
    print_seconds(seconds)


def prepare(folder: Path) -> None:
    """Write what is swept."""
    folder.mkdir(parents=True)
    (folder / "base.yml").write_text(yaml.safe_dump(CONFIG))
    (folder / "sweep.yml").write_text(yaml.safe_dump(SWEEP))


def print_seconds(seconds: dict[str, float]) -> None:
    """The table; the first is what the others are measured by."""
    print("\n| made by | s | faster by |\n|---|---|---|")
    first = next(iter(seconds.values()))
    for name, one in seconds.items():
        print(f"| {name} | {one:.0f} | {first / one:.2f} |")


def timed(folder: Path, store: str, *arguments: str) -> float:
    """Seconds of a whole sweep."""
    began = time.monotonic()
    done = command(folder, store, *arguments)
    said = done.communicate()[0]
    assert done.returncode == 0, said
    print(f"{store}: {said.strip().splitlines()[-1]}")
    return time.monotonic() - began


def mistreated(folder: Path, address: str, workers: list["subprocess.Popen[bytes]"]) -> float:
    """A sweep whose workers are killed and stopped, and one of whose runs is deleted."""
    began = time.monotonic()
    sweep = command(folder, "rough", "--scheduler", address)
    killed = training(folder / "rough-temporary")
    os.kill(killed, signal.SIGKILL)
    (other,) = [worker.pid for worker in workers if worker.pid != killed]
    os.kill(other, signal.SIGSTOP)
    time.sleep(STOPPED)
    os.kill(other, signal.SIGCONT)
    said = sweep.communicate()[0]
    assert sweep.returncode == 0, said
    print(f"rough: {said.strip().splitlines()[-1]}")
    shutil.rmtree(folder / "rough" / "runs" / run_ids(folder / "rough")[2])
    timed(folder, "rough", "--scheduler", address)
    return time.monotonic() - began


def contents(store: Path) -> dict[str, str]:
    """Report key -> content id; each key once, in a store without damage."""
    assert check_store(store) == []
    runs = [open_run(store, run_id).manifest for run_id in run_ids(store)]
    found = {run.keys.report: run.content_id for run in runs}
    assert len(found) == len(runs)
    return found


def command(folder: Path, store: str, *arguments: str) -> "subprocess.Popen[str]":
    """``neuronario sweep``, not waited for."""
    program = "from jobs.cli.main import main; main()"
    words = [sys.executable, "-c", program, "sweep", "sweep.yml", "--store", store, *arguments]
    return subprocess.Popen(
        words,
        cwd=folder,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def training(temporary: Path) -> int:
    """The process of a worker that trains just now."""
    while True:
        for lock in temporary.glob("neuronario-*/store/lock"):
            who = holder(lock.parent)
            if who is not None and "epoch" in who.doing:
                return who.process
        time.sleep(0.05)


def environment(**more: str) -> dict[str, str]:
    """For the processes that are started: this checkout, these packages."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **more}


@contextmanager
def cluster(
    folder: Path, name: str, cores: Sequence[int | None] = (None, None)
) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """A scheduler and two workers, each a process of its own; its address, and the workers.

    A worker on each of ``cores``; None: on all of the machine.
    """
    file, temporary = folder / f"{name}.json", folder / f"{name}-temporary"
    temporary.mkdir()
    dask, quiet = [sys.executable, "-m", "dask"], subprocess.DEVNULL
    listen = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    worker = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file", str(file)]
    own = environment(TMPDIR=str(temporary))
    started = [subprocess.Popen([*dask, "scheduler", *listen], cwd=folder, env=own, stderr=quiet)]
    try:
        while not file.exists():
            time.sleep(0.1)
        for core in cores:
            pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
            words = [*pinned, *dask, "worker", *worker]
            started.append(subprocess.Popen(words, cwd=folder, env=own, stderr=quiet))
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve()
    if "--cores" in sys.argv[2:]:
        one_core_each(place)
    else:
        main(place, local="--local" in sys.argv[2:])
