"""Who makes the cells of a sweep: this process, several of them, or the workers of a Dask cluster.

A task of a cluster carries its text and its settings; its result is the finished run, file by file,
which is compared with its manifest here before it is kept.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from jobs.pipeline.dask_cluster import on_cluster
from jobs.pipeline.local_processes import in_processes
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.sweep_cell import CellOutcome, CellTask, CellWork, made_run, run_cell
from jobs.pipeline.tasks import Task
from jobs.store.adopt import pack_run, unpack_run

DoneCells = Iterator[tuple[CellWork, CellOutcome]]
RunFiles = Mapping[str, bytes]


def one_by_one(
    works: Sequence[CellWork], progress: ProgressDisplay, say: Callable[[str], None]
) -> DoneCells:
    """Each cell in this process."""
    for number, work in enumerate(works, start=1):
        progress.note(f"{work.task.name} ({number} of {len(works)} to do)")

        def tell(doing: str, name: str = work.task.name) -> None:
            say(f"{name}: {doing}")

        yield work, run_cell(work.task, work.place, quiet=progress.quiet, on_change=tell)


def by_processes(works: Sequence[CellWork], workers: int, progress: ProgressDisplay) -> DoneCells:
    """Each cell in one of ``workers`` processes, in the order in which they are finished; a cell
    that a killed worker had begun goes on after its last whole epoch.

    Raises:
        NeuronarioError: 74, workers are ended again and again.
    """
    known = {work.number: work for work in works}
    tasks = [Task(work.number, work.task.name, (work.task, work.place)) for work in works]

    def on_loss() -> None:
        progress.warn("a worker was ended from outside; its cell is begun again")

    for number, outcome in in_processes(run_cell, tasks, workers, on_loss=on_loss):
        yield known[number], outcome


def by_cluster(works: Sequence[CellWork], address: str, progress: ProgressDisplay) -> DoneCells:
    """Each cell on some worker of the Dask scheduler at ``address``, as they are finished.

    Raises:
        NeuronarioError: 74, 78, as :func:`jobs.pipeline.dask_cluster.on_cluster`.
    """
    known = {work.number: work for work in works}

    def tasks() -> Iterator[Task]:
        for work in works:
            source = {} if work.source is None else pack_run(work.source)
            yield Task(work.number, work.task.name, (work.task, source))

    def on_start(workers: int) -> None:
        progress.note(f"{address}: {workers} workers")

    for number, (outcome, files) in on_cluster(run_apart, tasks(), address, on_start=on_start):
        work = known[number]
        if files:
            unpack_run(work.place, files)
        yield work, outcome


def run_apart(task: CellTask, source: RunFiles) -> tuple[CellOutcome, RunFiles]:
    """Make the run of a cell in a temporary folder; called on a worker.

    Returns:
        how it ended, and the files of the run, by path; {} where there is none.
    """
    with tempfile.TemporaryDirectory(prefix="neuronario-") as folder:
        place = Path(folder) / "store"
        if source:
            unpack_run(place, source)
        outcome = run_cell(task, place)
        run = made_run(place, task.inputs)
        return outcome, {} if run is None else pack_run(run)
