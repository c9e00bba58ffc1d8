"""Makes the n-th step of a program that touches the disk fail, or kills the program there.

Every way in which the project changes a disk goes through functions of ``os``; they are wrapped
here, in the process of a test alone, so that production code knows nothing of faults.
"""

import errno
import os
import signal
from collections.abc import Callable
from typing import Any

# what is wrapped, and the faults that each can have besides a kill
STEPS = ("open", "write", "flush", "fsync", "replace", "rename", "mkdir", "link", "unlink", "rmdir")
STEPS += ("fchmod", "sync", "exchange")
ERRORS: dict[str, tuple[str, ...]] = {
    "ENOSPC": ("open", "write", "flush", "fsync", "mkdir", "link", "replace", "rename"),
    "EIO": ("open", "write", "flush", "fsync", "replace", "rename", "link", "exchange"),
    "EROFS": ("open", "mkdir", "replace", "rename", "link"),
    "EACCES": ("open", "mkdir", "replace", "rename"),
}


class Faults:
    """Counts steps from 1; at step ``at`` the process is killed or the step fails.

    ``persistent``: every later step that can have this error has it too, as on a full disk.
    """

    def __init__(self, fault: str = "", at: int = 0, *, persistent: bool = False) -> None:
        self.fault = fault
        self.at = at
        self.persistent = persistent
        self.names: list[str] = []
        self.hit = False

    def step(self, name: str) -> None:
        """Called before each step."""
        self.names.append(name)
        number = len(self.names)
        due = number == self.at or (self.persistent and number > self.at > 0)
        if not due:
            return
        if self.fault == "SIGKILL":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault in ERRORS and name in ERRORS[self.fault]:
            self.hit = True
            code = getattr(errno, self.fault)
            raise OSError(code, os.strerror(code))

    def install(self) -> None:
        """Wrap the functions, for the rest of this process's life."""
        for name in ("replace", "rename", "mkdir", "link", "unlink", "rmdir", "fchmod"):
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        # nobody pulls the plug here: that data reaches the disk need only be asked for
        os.fsync = self._wrapped("fsync", lambda handle: None)
        os.sync = self._wrapped("sync", lambda: None)  # type: ignore[assignment]
        os.open = self._wrapped_open(os.open)  # type: ignore[assignment]
        os.fdopen = self._wrapped_fdopen(os.fdopen)  # type: ignore[assignment]
        from jobs.disk import exchange as publish
        from jobs.store import prune

        exchange = self._wrapped("exchange", publish.exchange_names)
        publish.exchange_names = exchange
        prune.exchange_names = exchange

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **keywords: Any) -> Any:
            self.step(name)
            return function(*args, **keywords)

        return wrapped

    def _wrapped_open(self, function: Callable[..., int]) -> Callable[..., int]:
        def wrapped(path: Any, flags: int, *args: Any, **keywords: Any) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self.step("open")
            return function(path, flags, *args, **keywords)

        return wrapped

    def _wrapped_fdopen(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(handle: int, mode: str = "r", *args: Any, **keywords: Any) -> Any:
            file = function(handle, mode, *args, **keywords)
            return _File(file, self) if "w" in mode else file

        return wrapped


class _File:
    """A file whose writes are steps; half of the data arrives before a kill."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file = file
        self._faults = faults

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        half = len(view) // 2
        self._file.write(view[:half])
        self._file.flush()
        self._faults.step("write")
        self._file.write(view[half:])
        return len(view)

    def flush(self) -> None:
        self._faults.step("flush")
        self._file.flush()

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
