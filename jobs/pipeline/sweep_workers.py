"""The cells of a sweep on this machine: one after the other, or in several processes."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.sweep_cell import CellOutcome, CellWork, run_cell

Done = Iterator[tuple[CellWork, CellOutcome]]
MOST_LOSSES = 3  # workers lost one after the other, with no cell finished between


def one_by_one(
    works: Sequence[CellWork], progress: ProgressDisplay, say: Callable[[str], None]
) -> Done:
    """Each cell in this process."""
    for number, work in enumerate(works, start=1):
        progress.note(f"{work.task.name} ({number} of {len(works)} to do)")

        def tell(doing: str, name: str = work.task.name) -> None:
            say(f"{name}: {doing}")

        yield work, run_cell(work.task, work.place, quiet=progress.quiet, on_change=tell)


def in_processes(works: Sequence[CellWork], workers: int, progress: ProgressDisplay) -> Done:
    """Each cell in one of ``workers`` processes, in the order in which they are finished.

    Where a worker is killed the others of its pool are ended too; all begin again, each after its
    last whole epoch.

    Raises:
        NeuronarioError: 74, workers are ended again and again.
    """
    left = {work.number: work for work in works}
    losses = 0
    while left:
        pool = ProcessPoolExecutor(
            min(workers, len(left)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_follow_parent,
        )
        try:
            futures = {pool.submit(run_cell, work.task, work.place): work for work in left.values()}
            for future in as_completed(futures):
                outcome = future.result()
                work = left.pop(futures[future].number)
                losses = 0
                yield work, outcome
        except BrokenProcessPool as error:
            losses += 1
            if losses > MOST_LOSSES:
                raise NeuronarioError(
                    f"workers are ended again and again ({losses} times without a finished cell): "
                    "is there memory for them? fewer --workers take less",
                    ExitCode.IO_ERROR,
                ) from error
            progress.warn("a worker was ended from outside; its cell is begun again")
        finally:
            pool.shutdown(cancel_futures=True)


def _follow_parent() -> None:
    """End with the process that started this one, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(ExitCode.LOCKED)

    threading.Thread(target=watch, name="parent", daemon=True).start()
