"""The cells of a sweep on the workers of a Dask cluster, which somebody else has started.

Dask (https://distributed.dask.org) finds workers, moves tasks and results, and gives a task of a
worker that was lost to another one. A task carries its text and its settings; its result is the
finished run, file by file, which is compared with its manifest here before it is kept.
"""

import tempfile
import threading
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.sweep_cell import CellOutcome, CellTask, CellWork, made_run, run_cell
from jobs.pipeline.sweep_workers import Done
from jobs.printable import shown
from jobs.store.adopt import pack_run, unpack_run

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 15
RunFiles = Mapping[str, bytes]

_ONE_AT_A_TIME = threading.Lock()  # a worker may have several threads; TensorFlow is one


def on_cluster(works: Sequence[CellWork], address: str, progress: ProgressDisplay) -> Done:
    """Each cell on some worker of the scheduler at ``address``, as they are finished.

    Raises:
        NeuronarioError: 78, Dask is not installed; 74, no scheduler answers, or it was lost, or
            workers are lost again and again.
    """
    with _client(address) as client:
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        threads = client.nthreads()
        progress.note(f"{address}: {len(threads)} workers")
        futures = {}
        for work in works:
            source = {} if work.source is None else pack_run(work.source)
            key = f"neuronario-{work.number}-{uuid.uuid4().hex[:8]}"
            futures[client.submit(run_apart, work.task, source, key=key, pure=False)] = work
        for future in as_completed(futures, loop=client.loop):
            work = futures[future]
            try:
                outcome, files = future.result()
            except KilledWorker as error:
                raise NeuronarioError(
                    f"{work.task.name}: the workers that took it were lost again and again; is "
                    "there memory for it? the log of the scheduler tells more",
                    ExitCode.IO_ERROR,
                ) from error
            if files:
                unpack_run(work.place, files)
            yield work, outcome


def run_apart(task: CellTask, source: RunFiles) -> tuple[CellOutcome, RunFiles]:
    """Make the run of a cell in a temporary folder; called on a worker.

    Returns:
        how it ended, and the files of the run, by path; {} where there is none.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="neuronario-") as folder:
        place = Path(folder) / "store"
        if source:
            unpack_run(place, source)
        outcome = run_cell(task, place)
        run = made_run(place, task.inputs)
        return outcome, {} if run is None else pack_run(run)


@contextmanager
def _client(address: str) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError as error:
        raise NeuronarioError(
            "Dask is not installed; --scheduler needs it: pip install 'neuronario[dask]'",
            ExitCode.BAD_CONFIG,
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a task with its text is large
        try:
            client: Any = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise NeuronarioError(
                f"{shown(address)}: no scheduler answers there ({type(error).__name__}); start "
                "one with `dask scheduler`, or name another as tcp://host:8786",
                ExitCode.IO_ERROR,
            ) from error
        try:
            yield client
        except (OSError, _cancelled()) as error:
            raise NeuronarioError(
                f"{address}: the scheduler was lost; start it again, and the sweep: what is "
                "finished is kept",
                ExitCode.IO_ERROR,
            ) from error
        finally:
            client.close()


def _cancelled() -> type[BaseException]:
    from concurrent.futures import CancelledError

    return CancelledError
