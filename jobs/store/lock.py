"""One job at a time writes to a store, or to a site: a lock that the kernel holds.

The kernel frees it when the process ends, however it ends, so there is no stale lock to remove.
Child processes do not inherit it (PEP 446). What the lock file says is for people; the lock is
the kernel's, and readers take none.
"""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jobs.disk.exchange import clear_workspace, prepare_workspace
from jobs.disk.files import remove_folder, write_error
from jobs.disk.mounts import file_system
from jobs.disk.replaceable import Place
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.layout import Layout, check_place

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs"}
)


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, as the lock file says."""

    process: int  # 0 where the file does not say
    host: str
    since: str  # ISO 8601, UTC
    doing: str  # "train, epoch 3 of 20"


class Lock:
    """A held lock; :meth:`describe` keeps what others are told up to date."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def describe(self, doing: str) -> None:
        """Say what the job is doing, as ``train, epoch 3 of 20``. Never fails: it is a courtesy."""
        holder = {
            "process": os.getpid(),
            "host": socket.gethostname(),
            "since": self._since,
            "doing": doing,
        }
        text = (json.dumps(holder) + "\n").encode("ascii")
        with suppress(OSError):
            # in place, because the lock belongs to this very file; a reader that meets half of
            # it says "another process"
            os.pwrite(self._handle, text, 0)
            os.ftruncate(self._handle, len(text))

    def clear(self) -> None:
        """Empty the file: nobody holds it any more."""
        with suppress(OSError):
            os.ftruncate(self._handle, 0)


@contextmanager
def locked(store: Path, doing: str, *, wait_seconds: float = 0.0) -> Iterator[Lock]:
    """Hold the store's lock for the body of a ``with``.

    Args:
        store: folder of the store, created if need be.
        doing: what others are told.
        wait_seconds: how long to wait for another job before giving up.

    Raises:
        NeuronarioError: 75, another job holds it; 73, 74 or 77, the file cannot be opened, or
            the store is on a network file system.
    """
    check_place(store)
    path = Layout(store).lock
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    _refuse_network(store)
    with locked_file(path, store, doing, wait_seconds) as lock:
        yield lock


@contextmanager
def locked_site(place: Place, doing: str, *, wait_seconds: float = 0.0) -> Iterator[Lock]:
    """Hold the lock of a published site: several stores may publish to one, one after the other.

    The lock lies in the workspace of the place, which is cleared when it is taken, and removed at
    the end.

    Raises:
        NeuronarioError: 75, another job holds it; 73, 74 or 77.
    """
    prepare_workspace(place)
    with locked_file(place.workspace / "lock", place.folder, doing, wait_seconds) as lock:
        clear_workspace(place)
        try:
            yield lock
        finally:
            with suppress(NeuronarioError):  # the next start tries again
                remove_folder(place.workspace)


@contextmanager
def locked_file(path: Path, what: Path, doing: str, wait_seconds: float) -> Iterator[Lock]:
    """Hold the kernel's lock on ``path``, for ``what``; its folder exists."""
    handle = _acquire(path, what, wait_seconds)
    try:
        lock = Lock(handle)
        lock.describe(doing)
        try:
            yield lock
        finally:
            lock.clear()
    finally:
        os.close(handle)


def holder(store: Path) -> Holder | None:
    """Who holds the lock now, or None; waits for nobody."""
    try:
        handle = os.open(Layout(store).lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read_holder(handle)
    finally:
        os.close(handle)
    return None


def _refuse_network(store: Path) -> None:
    kind = file_system(store)
    if kind in NETWORK_FILE_SYSTEMS:
        raise NeuronarioError(
            f"{store} is on a network file system ({kind}), where a lock may not exclude other "
            "machines; put the store on a local disk",
            ExitCode.CANNOT_CREATE,
        )


def _acquire(path: Path, what: Path, wait_seconds: float) -> int:
    # never less than a moment: `neuronario status` looks at the lock by taking it for microseconds
    deadline = time.monotonic() + max(wait_seconds, 0.3)
    while True:
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still_there(handle, path):
                return handle
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EINTR):
                os.close(handle)
                raise write_error(path, error) from error
            if time.monotonic() >= deadline:
                message = _busy(handle, what)
                os.close(handle)
                raise NeuronarioError(message, ExitCode.LOCKED) from None
            time.sleep(0.05)
        os.close(handle)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        try:
            return os.open(path, flags, 0o644)
        except FileNotFoundError:  # a site's workspace, removed by who held it until now
            path.parent.mkdir(mode=0o700, exist_ok=True)
            return os.open(path, flags, 0o644)
    except OSError as error:
        raise write_error(path, error) from error


def _is_still_there(handle: int, path: Path) -> bool:
    """A lock on a file that its last holder has removed excludes nobody."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


def _busy(handle: int, what: Path) -> str:
    who = _read_holder(handle)
    if who.process == 0:
        return f"{what} is in use by another process; try again later"
    text = f"{what} is in use by process {who.process} on {who.host} since {who.since}"
    return f"{text} ({who.doing}); try again later"


def _read_holder(handle: int) -> Holder:
    try:
        plain = json.loads(os.pread(handle, 4_096, 0))
        return Holder(
            int(plain["process"]),
            str(plain["host"])[:80],
            str(plain["since"])[:40],
            str(plain["doing"])[:200],
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Holder(0, "", "", "starting")
