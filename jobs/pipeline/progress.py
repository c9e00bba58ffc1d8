"""What a running job tells: a progress bar on a terminal, plain lines without one, and a log.

Everything goes to standard error. Text of the corpus is shown only as ASCII escapes, so that no
text can move a cursor or speak to a CI system.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from jobs.model.history import EpochRecord
from jobs.printable import printable

LAST_LINES = 40  # of the log, shown when a quiet job fails
TELL_SECONDS = 5.0  # between two changes of the lock file within an epoch
LINE_SECONDS = 60.0  # between two lines within an epoch
LOG_LINES = 20_000  # more than any sensible job writes; the oldest go first


class ProgressDisplay:
    """Reports stages and epochs of one job.

    Use as a context manager, so that the bar is gone before an error message is printed::

        with ProgressDisplay(quiet=quiet, on_change=lock.describe) as progress:
            with progress.stage("train"):
                progress.epochs(20)
                progress.epoch(record)  # once per epoch
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        stream: TextIO | None = None,
        on_change: Callable[[str], None] = lambda doing: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.quiet = quiet
        self.seconds: dict[str, float] = {}  # per finished stage
        self.started = utc_now()
        self._stream = sys.stderr if stream is None else stream
        self._on_change = on_change
        self._clock = clock
        self._lines: deque[str] = deque(maxlen=LOG_LINES)
        self._stage = "start"
        self._total = 0
        self._last: EpochRecord | None = None
        self._done_before = 0
        self._epochs_began = 0.0
        self._within = 0  # the epoch that the next two are about
        self._told = self._printed = 0.0  # when the lock file and the reader last heard of it
        self._bar = _bar(self._stream) if not quiet and _can_redraw(self._stream) else None
        self._task: TaskID | None = None

    def __enter__(self) -> "ProgressDisplay":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Announce a stage and measure its wall time, kept in :attr:`seconds`."""
        began = self._clock()
        self._stage, self._total, self._last = name, 0, None
        self._on_change(name)
        self._log(f"{name}: started")
        try:
            yield
        except BaseException as error:
            self._log(f"{name}: ended by {type(error).__name__}")
            raise
        self.seconds[name] = self._clock() - began
        self._hide_bar()
        self.note(f"{name}: {self.seconds[name]:.1f} s")

    def doing(self, step: str) -> None:
        """Tell the lock file which step of the stage is under way; nothing is printed."""
        self._on_change(f"{self._stage}, {step}")

    def epochs(self, total: int, done: int = 0) -> None:
        """Say how many epochs this training has, and how many a checkpoint has already done."""
        self._total = total
        self._epochs_began = self._clock()
        self._done_before = done
        if done:
            self.note(f"continues after epoch {done} of {total}")
        if self._bar is not None:
            self._bar.start()
            if self._task is not None:  # begun before, on a card that failed
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task("", total=total, completed=done)

    def epoch(self, record: EpochRecord) -> None:
        """Report a finished epoch: at most one line."""
        self._last = record
        self._on_change(f"{self._stage}, epoch {record.epoch} of {self._total}")
        line = f"epoch {record.epoch}/{self._total}  {_quality(record)}  {self._time_left()}"
        if self._bar is None or self._task is None:
            self.note(line.rstrip())
        else:
            self._log(line.rstrip())
            self._bar.update(self._task, completed=record.epoch, description=_quality(record))

    def steps(self, epoch: int, taken: int, steps: int) -> None:
        """Report a place within a long epoch: on the bar, in the lock file, and as a line once a
        minute.
        """
        now = self._clock()
        if self._within != epoch:
            self._within, self._told, self._printed = epoch, now - TELL_SECONDS, now
        within = f"epoch {epoch} of {self._total}, step {taken:,} of {steps:,}"
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._on_change(f"{self._stage}, {within}")
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=epoch - 1 + taken / steps)
        elif now - self._printed >= LINE_SECONDS:
            self._printed = now
            self.note(within)

    def note(self, text: str) -> None:
        """One line to the log, and to the reader unless quiet."""
        line = printable(text)
        self._log(line)
        if self.quiet:
            return
        if self._bar is not None and self._bar.live.is_started:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self._stream, flush=True)

    def warn(self, text: str) -> None:
        """A note that needs attention; a quiet job keeps it in the log."""
        self.note(f"warning: {text}")

    def status(self) -> str:
        """One line on where the job is: the answer to SIGUSR1."""
        if self._last is None:
            return f"{self._stage}, {len(self.seconds)} stages done"
        return printable(
            f"{self._stage}, epoch {self._last.epoch} of {self._total}, "
            f"{_quality(self._last)}, {self._time_left()}"
        )

    def show_status(self) -> None:
        """Print :meth:`status`, quiet or not: somebody asked."""
        print(self.status(), file=self._stream, flush=True)

    def close(self) -> None:
        """Take the bar away; what was noted stays."""
        self._hide_bar()

    def failed(self) -> None:
        """After a failure: a quiet job now shows the last lines of its log."""
        self.close()
        if self.quiet:
            for line in list(self._lines)[-LAST_LINES:]:
                print(line, file=self._stream)
            self._stream.flush()

    def log_text(self) -> str:
        """The log so far, for run.log: one line each, with the time of day in UTC."""
        return "".join(f"{line}\n" for line in self._lines)

    def _log(self, text: str) -> None:
        self._lines.append(f"{utc_now()} {text}")

    def _hide_bar(self) -> None:
        if self._bar is not None and self._bar.live.is_started:
            self._bar.stop()
            self._task = None

    def _time_left(self) -> str:
        if self._last is None:
            return ""
        done = self._last.epoch - self._done_before
        if done < 1:
            return ""
        each = (self._clock() - self._epochs_began) / done
        return f"{_duration(each * (self._total - self._last.epoch))} left"


def utc_now() -> str:
    """The time, ISO 8601 in UTC, seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _can_redraw(stream: TextIO) -> bool:
    """Whether a bar may move the cursor: a terminal, and not one that a CI system records."""
    environment = os.environ
    return stream.isatty() and environment.get("TERM") != "dumb" and not environment.get("CI")


def _bar(stream: TextIO) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("epochs,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(file=stream),  # rich honours NO_COLOR
        transient=True,
    )


def _quality(record: EpochRecord) -> str:
    return f"loss {record.loss:.4f} nats  held-out {record.held_out_bits:.3f} bits per character"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60:02d} min"
