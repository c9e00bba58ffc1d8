"""``neuronario measure``: a run's units on a text too large to keep its states, shard by shard.

A shard has a fixed size and a fixed warm-up, its counts are a file, and the files are added in the
order of the text: the result has the same bytes for one worker, several, a cluster, and after any
of them was killed.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.corpus.shards import SHARD
from jobs.disk.mark import is_complete, is_ours, read_mark
from jobs.disk.written import check_files, write_files
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.packages import TRAINING, check_packages
from jobs.machine.runtime import current_runtime
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.pipeline.dask_cluster import on_cluster
from jobs.pipeline.local_processes import in_processes
from jobs.pipeline.measure_plan import MeasureOptions, MeasurePlan, make_plan
from jobs.pipeline.measure_shard import ShardSetup, count_shard
from jobs.pipeline.places import check_report
from jobs.pipeline.reports import report_digest
from jobs.pipeline.shard_parts import ShardParts
from jobs.pipeline.signals import answer_signals
from jobs.pipeline.tasks import Done, Task
from jobs.pipeline.trace_files import check_room
from jobs.printable import shown
from jobs.store.run_names import read_run

if TYPE_CHECKING:
    from jobs.pipeline.reports import LargeText

WHAT = "the measures"
SUMMARY = "measures.json"


@dataclass(frozen=True)
class Told:
    """Who hears of the progress."""

    note: Callable[[str], None]  # a line for whoever looks on
    rows: Callable[[int, int], None]  # characters done, of how many


@dataclass(frozen=True)
class Measured:
    """What is in the output folder now."""

    summary: dict[str, Any]
    made: int  # shards that were counted now
    unchanged: bool  # the result was there already


def measure_stored_run(
    store: Path, name: str, options: MeasureOptions, config_path: Path | None, told: Told
) -> Measured:
    """Measure a run of a store on a text; called once a process, since it answers signals.

    Raises:
        NeuronarioError: 2, the replacement is no character of the alphabet; 65, unknown characters
            or an unusable text; 65, 66 the run; 73, something is in the target's place; 74, the
            disk has no room, or workers are lost; 75, the target is in use; 77, no permission.
    """
    check_report(options.out, store, WHAT)
    target, _ = check_files(options.out, (SUMMARY,), WHAT)
    plan = make_plan(read_run(store, name), options, config_path)
    key = plan.about["key"]
    if found := _finished(target, key):
        return Measured(found, 0, unchanged=True)
    check_packages(TRAINING)
    asked = plan.asked()
    if not options.scheduler and options.workers == 1:
        start_tensorflow()  # turns standard error away for a while: before signals are answered
    progress = _Progress(plan.text.ids.size, told)
    parts = ShardParts(target, key[:16])
    with parts.open(options.wait_seconds):
        progress.answer_signals()
        made = _count(plan, asked, parts, options, progress)
        files = asked.files(plan.text, _read_all(plan, asked, parts), plan.about)
        write_files(options.out, files, WHAT)
        parts.remove()
    return Measured(_finished(target, key) or {}, made, unchanged=False)


class _Progress:
    """How many characters are counted, also for whoever sends a signal."""

    def __init__(self, characters: int, told: Told) -> None:
        self.characters, self.told, self.done = characters, told, 0

    def add(self, characters: int) -> None:
        """So many more are counted."""
        self.done += characters
        self.told.rows(self.done, self.characters)

    def answer_signals(self) -> None:
        """End at a signal, with a word about what is kept."""

        def on_end(number: int) -> None:
            print(
                f"ended by signal {number}; {self.done:,} of {self.characters:,} characters are "
                "counted and kept, the same command goes on from there",
                file=sys.stderr,
                flush=True,
            )

        def on_progress() -> None:
            words = f"{self.done:,} of {self.characters:,} characters measured"
            print(words, file=sys.stderr, flush=True)

        answer_signals(on_end, on_progress)


def _count(
    plan: MeasurePlan,
    asked: "LargeText",
    parts: ShardParts,
    options: MeasureOptions,
    progress: _Progress,
) -> int:
    """Count the shards that are not counted yet; returns how many that were."""
    missing = []
    for shard in plan.shards(range(plan.count)):
        if parts.read(shard.number, asked.part(shard)) is None:
            missing.append(shard.number)
        else:
            progress.add(len(shard.ids))
    if not missing:
        return 0
    (first,) = plan.shards(missing[:1])
    check_room(options.out, len(missing) * asked.part_bytes(first), "the counts take")
    mode = plan.run.config.training.mode
    setup = ShardSetup(asked.questions, mode, current_runtime(), report_digest())
    tasks = (Task(one.number, f"shard {one.number + 1}", (one,)) for one in plan.shards(missing))
    for number, outcome in _engine(setup, tasks, options, progress):
        if outcome.code != ExitCode.OK:
            raise NeuronarioError(outcome.message, outcome.code)
        parts.write(number, outcome.arrays)
        progress.add(min(SHARD, plan.text.ids.size - number * SHARD))
    return len(missing)


def _engine(
    setup: ShardSetup, tasks: Iterator[Task], options: MeasureOptions, progress: _Progress
) -> Done:
    note = progress.told.note
    if options.scheduler:
        return on_cluster(
            count_shard,
            tasks,
            options.scheduler,
            shared=setup,
            on_start=lambda workers: note(f"{options.scheduler}: {workers} workers"),
        )
    if options.workers > 1:
        return in_processes(
            count_shard,
            tasks,
            options.workers,
            shared=setup,
            on_loss=lambda: note("a worker was ended from outside; its shard is begun again"),
        )
    return ((task.number, count_shard(setup, *task.arguments)) for task in tasks)


def _read_all(
    plan: MeasurePlan, asked: "LargeText", parts: ShardParts
) -> Iterator[dict[str, np.ndarray]]:
    """The counts of every shard, in order."""
    for shard in plan.shards(range(plan.count)):
        part = parts.read(shard.number, asked.part(shard))
        if part is None:
            raise NeuronarioError(
                f"the counts of shard {shard.number + 1} are gone from "
                f"{shown(parts.folder)}; start the same command again",
                ExitCode.IO_ERROR,
            )
        yield part


def _finished(target: Path, key: str) -> dict[str, Any] | None:
    """The summary in ``target``, if all files there are those of ``key``."""
    ours = read_mark(target) or {}
    if SUMMARY not in ours or not is_complete(target):
        return None
    if not all(is_ours(target, name, ours) for name in ours):
        return None
    summary: dict[str, Any] = json.loads((target / SUMMARY).read_bytes())
    return summary if summary.get("key") == key else None
