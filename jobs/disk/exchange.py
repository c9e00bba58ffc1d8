"""Puts a finished folder in the place of the published one: readers see the old or the new, whole.

Where the system can, the two folders change names in one step (Linux ``renameat2`` with
``RENAME_EXCHANGE``). Elsewhere two renames do it; a crash between them leaves ``<live>.old`` and no
``<live>``, which :func:`recover` mends at the next start.
"""

import ctypes
import errno
import os
import shutil
from pathlib import Path

from jobs.disk.files import remove_folder, sync_folder, write_error

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def exchange(new: Path, live: Path) -> None:
    """Publish the folder ``new`` as ``live``; what ``live`` was is deleted afterwards.

    Both must be on one file system. ``new`` is complete and will not exist afterwards.

    Raises:
        NeuronarioError: 73, 74 or 77; ``live`` is then what it was before.
    """
    recover(live)
    old = _old(live)
    try:
        if not live.exists():
            new.rename(live)
        elif exchange_names(new, live):
            new.rename(old)
        else:
            live.rename(old)
            try:
                new.rename(live)
            except OSError:
                old.rename(live)
                raise
        sync_folder(live.parent)
    except OSError as error:
        raise write_error(live, error) from error
    if old.exists():
        shutil.rmtree(old, ignore_errors=True)


def recover(live: Path) -> None:
    """Finish what a crash interrupted: restore the old folder, or remove it if it was replaced.

    Raises:
        NeuronarioError: 73, 74 or 77.
    """
    old = _old(live)
    if not old.exists():
        return
    try:
        if live.exists():
            shutil.rmtree(old)
        else:
            old.rename(live)
            sync_folder(live.parent)
    except OSError as error:
        raise write_error(live, error) from error


def clear_leftovers(live: Path) -> None:
    """Mend and delete what a killed job left beside ``live``; call with the store's lock held.

    Raises:
        NeuronarioError: 73, 74 or 77.
    """
    recover(live)
    for name in (f"{live.name}.new", f"{live.name}.docs"):
        remove_folder(live.with_name(name))


def _old(live: Path) -> Path:
    return live.with_name(f"{live.name}.old")


def exchange_names(first: Path, second: Path) -> bool:
    """Swap two names in one step; False where the kernel or the file system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    done = renameat2(
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(first)),
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(second)),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    if done == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(first))
