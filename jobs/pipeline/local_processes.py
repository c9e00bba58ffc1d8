"""Tasks in several processes of this machine; a process that is killed costs time, no result."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import connection
from typing import Any

from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.tasks import AHEAD, Call, Done, Task

MOST_LOSSES = 3  # workers lost one after the other, with no task finished between

_shared: Any = None  # in a worker: what all tasks share


def in_processes(
    call: Call,
    tasks: Iterable[Task],
    workers: int,
    *,
    shared: object = None,
    on_loss: Callable[[], None],
) -> Done:
    """Each task in one of ``workers`` processes.

    Where a worker is killed the others of its pool are ended too, and what they did not finish
    begins again.

    Args:
        call: what is done.
        tasks: with what.
        workers: processes.
        shared: handed over once a process, before the task's own arguments; None: nothing.
        on_loss: told of each lost worker.

    Raises:
        NeuronarioError: 74, workers are ended again and again.
    """
    left = {task.number: task for task in tasks}
    losses = 0
    while left:
        pool = ProcessPoolExecutor(
            min(workers, len(left)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(shared,),
        )
        try:
            for number, result in _results(pool, call, left, workers, shared is not None):
                del left[number]
                losses = 0
                yield number, result
        except BrokenProcessPool as error:
            losses += 1
            if losses > MOST_LOSSES:
                raise NeuronarioError(
                    f"workers are ended again and again ({losses} times without one that was "
                    "finished): is there memory for them? fewer --workers take less",
                    ExitCode.IO_ERROR,
                ) from error
            on_loss()
        finally:
            pool.shutdown(cancel_futures=True)


def _results(
    pool: ProcessPoolExecutor, call: Call, left: Mapping[int, Task], workers: int, shares: bool
) -> Done:
    """As they are finished; what is done with is not kept."""
    waiting = iter(list(left.values()))
    running: dict[Future[Any], int] = {}

    def hand_out(count: int) -> None:
        for task in islice(waiting, count):
            words = (_with_shared, call, *task.arguments) if shares else (call, *task.arguments)
            running[pool.submit(*words)] = task.number

    hand_out(AHEAD * workers)
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        hand_out(len(done))
        for future in done:
            yield running.pop(future), future.result()


def _with_shared(call: Call, *arguments: Any) -> Any:
    return call(_shared, *arguments)


def _begin(shared: object) -> None:
    global _shared  # noqa: PLW0603 - a worker has one
    _shared = shared
    end_with_parent()


def end_with_parent() -> None:
    """End with the process that started this one, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            connection.wait([parent.sentinel])
            os._exit(ExitCode.LOCKED)

    threading.Thread(target=watch, name="parent", daemon=True).start()
