"""Signals while a job runs: answered by a thread of their own.

Python runs its signal handlers only between two steps of the interpreter, in the main thread, and a
call of a compiled program is one such step: about a second of training, minutes where a single step
of a large network takes them. The part of Python's handler that is written in C runs at once, in
whichever thread the kernel picks (libraries start threads of their own), and writes the signal's
number into a pipe; a thread reads it there. That thread may end the process at any moment:
everything on disk is written atomically, training is resumed from the checkpoint of the last
finished epoch, and the site is exchanged in one step.
"""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PROGRESS = signal.SIGUSR1


def answer_signals(on_end: Callable[[int], None], on_progress: Callable[[], None]) -> None:
    """Start the thread; call once, from the main thread.

    A signal that the process was started to ignore, as SIGHUP under ``nohup``, stays ignored.

    Args:
        on_end: called with the signal number before the process exits with 128 + number.
        on_progress: called at each SIGUSR1.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in (*ENDING, PROGRESS):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # the number is in the pipe already

    def answer() -> None:
        while True:
            for number in os.read(told, 64):
                if number == PROGRESS:
                    with suppress(Exception):
                        on_progress()
                elif number in ENDING:
                    try:
                        on_end(number)
                    finally:
                        os._exit(128 + number)

    threading.Thread(target=answer, name="signals", daemon=True).start()
