"""Seconds and memory of ``neuronario measure`` by length of the text and number of workers.

``python -m tests.benchmarks.large_text FOLDER [--sizes 5,6,7] [--workers 1,2] [--layers 16,16]``
trains a network once, writes texts of 10^n characters and prints a table. Every figure is of the
real command line in a process of its own; memory is the largest resident set of the command and of
any of its workers.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import yaml

from jobs.corpus.synthetic import generate
from tests.support.command_line import tree
from tests.support.places import ROOT

PIECE = 1_000_000  # characters that are generated at once, then repeated with a mark of their own


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="5,6,7")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--layers", default="16,16")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    make_run(folder, [int(one) for one in options.layers.split(",")])
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| characters | workers | s | CPU s | characters/s | MB, command | MB, each worker |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for power in map(int, options.sizes.split(",")):
        text = make_text(folder, 10**power)
        results = []
        for workers in map(int, options.workers.split(",")):
            out = folder / f"out-{power}-{workers}"
            seconds, used, own, others = measured(folder, text, out, workers)
            results.append(tree(out))
            each = f"{others:.0f}" if workers > 1 else ""
            speed = 10**power / seconds
            times = f"{seconds:.0f} | {used:.0f} | {speed:,.0f}"
            print(f"| 10^{power} | {workers} | {times} | {own:.0f} | {each} |", flush=True)
        assert all(one == results[0] for one in results), "other bytes with other workers"
        print(f"10^{power}: the same bytes with each number of workers", file=sys.stderr)


def make_run(folder: Path, layers: list[int]) -> None:
    """A run of the default text with these layers, where there is none."""
    if (folder / "runs").exists():
        return
    plain = {"extends": "default", "network": {"layers": layers}, "training": {"epochs": 5}}
    (folder / "neuronario.yml").write_text(yaml.safe_dump(plain))
    (folder / "sweep.yml").write_text("config: neuronario.yml\nseeds: [0]\n")
    command(folder, "sweep", "sweep.yml", "--quiet").wait()


def make_text(folder: Path, characters: int) -> Path:
    """Generated XML, another seed for each million up to ten of them, then these again."""
    path = folder / f"text-{characters}.xml"
    if path.exists():
        return path
    pieces = [
        generate("xml", min(PIECE, characters), 100 + seed).text
        for seed in range(min(10, -(-characters // PIECE)))
    ]
    left = characters
    with path.open("w", encoding="utf-8") as file:
        while left > 0:
            for piece in pieces:
                file.write(piece[:left])
                left -= len(piece[:left])
    return path


def measured(folder: Path, text: Path, out: Path, workers: int) -> tuple[float, ...]:
    """Seconds, those of all processors together, and the largest resident sets (MB) of the command
    and of any of its workers.
    """
    began = time.monotonic()
    words = ("measure", "--text", str(text), "--out", str(out), "--unknown", "skip", "--quiet")
    process = command(folder, *words, "--workers", str(workers))
    largest: dict[int, float] = {}
    watcher = threading.Thread(target=watch, args=(process, largest))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)  # of its workers too, which it waits for
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    watcher.join()
    assert process.returncode == 0
    used = usage.ru_utime + usage.ru_stime
    own = largest.pop(process.pid)
    return seconds, used, own, max(largest.values(), default=0.0)


def watch(process: "subprocess.Popen[bytes]", largest: dict[int, float]) -> None:
    """Note the high-water mark of every process of the tree until the command ends."""
    while process.returncode is None:
        pids = [process.pid]
        for pid in pids:
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    largest[pid] = int(line.split()[1]) / 1000
        time.sleep(0.2)


def command(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """``neuronario`` in ``folder``, not waited for."""
    return subprocess.Popen(
        [sys.executable, "-c", "from jobs.cli.main import main; main()", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


if __name__ == "__main__":
    main()
