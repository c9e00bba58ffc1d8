"""Tasks on the workers of a Dask cluster, which somebody else has started.

Dask (https://distributed.dask.org) finds workers, moves tasks and results, and gives a task of a
worker that was lost to another one.
"""

import threading
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from jobs.errors import ExitCode, NeuronarioError
from jobs.pipeline.tasks import AHEAD, Call, Done, Task
from jobs.printable import shown

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 15
LEAST_AHEAD = 8  # tasks handed out while no worker is there yet

_ONE_AT_A_TIME = threading.Lock()  # a worker may have several threads; TensorFlow is one


def on_cluster(
    call: Call,
    tasks: Iterable[Task],
    address: str,
    *,
    shared: object = None,
    on_start: Callable[[int], None],
) -> Done:
    """Each task on some worker of the scheduler at ``address``.

    Args:
        call: what is done; one task at a time in a process.
        tasks: with what.
        address: of the scheduler.
        shared: goes before the task's own arguments, once a worker; None: nothing.
        on_start: told how many workers there are.

    Raises:
        NeuronarioError: 78, Dask is not installed; 74, no scheduler answers, or it was lost, or
            workers are lost again and again.
    """
    with _client(address) as client:
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        on_start(len(client.nthreads()))
        waiting = iter(tasks)
        # a task as well: where the worker that holds it is lost, another one gets it anew
        held = () if shared is None else (client.submit(_itself, shared, key=_key("all")),)
        running: dict[Any, Task] = {}
        futures: Any = as_completed([], loop=client.loop)

        def hand_out() -> None:
            ahead = max(LEAST_AHEAD, AHEAD * sum(client.nthreads().values()))
            for task in islice(waiting, ahead - len(running)):
                words = (call, *held, *task.arguments)
                future = client.submit(_alone, *words, key=_key(str(task.number)), pure=False)
                running[future] = task
                futures.add(future)

        hand_out()
        for future in futures:
            task = running.pop(future)
            try:
                result = future.result()
            except KilledWorker as error:
                raise NeuronarioError(
                    f"{task.name}: the workers that took it were lost again and again; is "
                    "there memory for it? the log of the scheduler tells more",
                    ExitCode.IO_ERROR,
                ) from error
            yield task.number, result
            del future, result  # the cluster forgets it
            hand_out()


def _key(name: str) -> str:
    return f"neuronario-{name}-{uuid.uuid4().hex[:8]}"


def _itself(shared: object) -> object:
    return shared


def _alone(call: Call, *arguments: Any) -> Any:
    with _ONE_AT_A_TIME:
        return call(*arguments)


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
                f"{address}: the scheduler was lost; start it again, and this command: what is "
                "finished is kept",
                ExitCode.IO_ERROR,
            ) from error
        finally:
            client.close()


def _cancelled() -> type[BaseException]:
    from concurrent.futures import CancelledError

    return CancelledError
