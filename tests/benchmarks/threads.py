"""Which threads take a step of training, and how often they wait for each other (Linux).

    python -m tests.benchmarks.threads [--only TEXT]

XLA hands work to the inner pool where more than eight operations of a program are ready at once, or
one of them copies much; then both shards of a batch push each other from the cores. A step is as it
should be where the inner thread computes next to nothing.
"""

import argparse
import os
import resource
import time
from pathlib import Path
from typing import NamedTuple

from jobs.machine.program_cache import VARIABLE
from jobs.machine.tensorflow_start import start_tensorflow

os.environ[VARIABLE] = ""
start_tensorflow()

from tests.benchmarks import ours  # noqa: E402
from tests.benchmarks.work import WORKS, plan_of, read_text  # noqa: E402

TICK = 1000.0 / os.sysconf("SC_CLK_TCK")  # milliseconds
ROUNDS = 12


class Used(NamedTuple):
    """What a thread has used since it began."""

    name: str
    milliseconds: float  # of a processor
    waits: int  # times that it gave up its processor to wait
    pushed: int  # times that it lost its processor to another thread


def threads() -> dict[str, Used]:
    """Of every thread of this process."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        status = dict(
            line.split(":", 1) for line in (task / "status").read_text().splitlines() if ":" in line
        )
        found[task.name] = Used(
            status["Name"].strip(),
            (int(fields[11]) + int(fields[12])) * TICK,
            int(status["voluntary_ctxt_switches"]),
            int(status["nonvoluntary_ctxt_switches"]),
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only what has this in its name")
    only = parser.parse_args().only
    corpus = read_text()
    for work in WORKS:
        if only not in work.name:
            continue
        run = ours.contenders(work, plan_of(work, corpus), len(corpus.alphabet))[0].run
        run()
        before, begin = threads(), time.perf_counter()
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(ROUNDS):
            run()
        steps = ROUNDS * work.steps
        each = (time.perf_counter() - begin) * 1000.0 / steps
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
        print(f"\n### {work.name}: {each:.2f} ms a step, {faults / steps:.1f} page faults\n")
        print("| thread | computes, ms | waits | pushed off |")
        print("|---|---|---|---|")
        for number, used in threads().items():
            old = before.get(number, Used("", 0.0, 0, 0))
            if (spent := (used.milliseconds - old.milliseconds) / steps) > 0:
                waits, pushed = (used.waits - old.waits) / steps, (used.pushed - old.pushed) / steps
                print(f"| {used.name} {number} | {spent:.2f} | {waits:.1f} | {pushed:.1f} |")


if __name__ == "__main__":
    main()
