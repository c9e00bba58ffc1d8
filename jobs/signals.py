"""Signals while a job runs: answered by a thread of their own.

Python runs its signal handlers only between two steps of the interpreter, and a compiled epoch is
one such step, which may last minutes. So the signals are blocked everywhere and a thread waits
for them. It may end the process at any moment: everything on disk is written atomically, training
is resumed from the checkpoint of the last finished epoch, and the site is exchanged in one step.
"""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PROGRESS = signal.SIGUSR1


def answer_signals(on_end: Callable[[int], None], on_progress: Callable[[], None]) -> None:
    """Start the thread; call once, from the main thread, before other threads are started.

    Args:
        on_end: called with the signal number before the process exits with 128 + number.
        on_progress: called at each SIGUSR1.
    """
    watched = {*ENDING, PROGRESS}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)

    def wait() -> None:
        while True:
            number = signal.sigwait(watched)
            if number == PROGRESS:
                with suppress(Exception):
                    on_progress()
                continue
            try:
                on_end(int(number))
            finally:
                os._exit(128 + int(number))

    threading.Thread(target=wait, name="signals", daemon=True).start()
