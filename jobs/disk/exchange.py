"""Puts a finished folder in the place of the published one: readers see the old or the new, whole.

Where the system can, the two folders change names in one step (Linux ``renameat2`` with
``RENAME_EXCHANGE``). Elsewhere two renames do it; a crash between them leaves the old folder in
the workspace, and :func:`clear_workspace` brings it back at the next start. A folder that cannot
change its name (a mount point) has its entries exchanged one by one, pages last.
"""

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jobs.disk.files import remove_folder, sync_folder, write_error
from jobs.disk.mark import (
    HALF_MARK,
    MARK,
    Digests,
    both,
    contents,
    digests,
    is_ours,
    read_mark,
    write_mark,
)
from jobs.disk.replaceable import Place
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def new_folder(place: Place) -> Path:
    """Where the folder that shall take the place is made."""
    return place.workspace / "new"


def publish_folder(place: Place) -> None:
    """Publish :func:`new_folder`, which is complete, as ``place``; it will not exist afterwards.

    Everybody may read it, whatever the umask. The files of the user's that ``place`` names stay:
    where one has the name of ours, theirs wins.

    Raises:
        NeuronarioError: 73, 74 or 77; the place is then what it was before, or, where its entries
            are exchanged one by one, the next start finishes it.
    """
    new, live = new_folder(place), place.folder
    try:
        _let_everybody_read(new)
        own = set(contents(new)) - set(place.kept)
        _carry(place, new)
        write_mark(new, digests(new, own))
        if place.inside:
            _exchange_entries(new, live, place.kept)
        else:
            exchange(new, live)
    except OSError as error:
        raise write_error(live, error) from error


def exchange(new: Path, live: Path) -> None:
    """Let the folder ``new`` become ``live``; what ``live`` was is deleted afterwards.

    Both must be on one file system. ``new`` is complete and will not exist afterwards.

    Raises:
        NeuronarioError: 73, 74 or 77; ``live`` is then what it was before.
    """
    old = _old(new)
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


def prepare_workspace(place: Place) -> None:
    """Make the folder that holds the new one, and missing folders above it, which all may enter.

    Raises:
        NeuronarioError: 73, 74 or 77; 73 also where something that is not ours has its name.
    """
    work = place.workspace
    try:
        if not place.inside:
            _make_folders(work.parent)
        work.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise write_error(work, error) from error
    strangers = {path.name for path in work.iterdir()} - {"lock", "new", "docs", "old"}
    if strangers or work.is_symlink():
        raise NeuronarioError(
            f"{shown(work)} is needed for the new site, and is not ours; move it away",
            ExitCode.CANNOT_CREATE,
        )


def was_interrupted(live: Path) -> bool:
    """Whether a workspace is there, of a job that was killed or is running."""
    folder = Path(os.path.realpath(live))
    places = (Place(folder), Place(folder, inside="perhaps"))
    return any(place.workspace.exists() for place in places)


def clear_workspace(place: Place) -> None:
    """Mend what a killed job left half done and delete the rest, the lock's file excepted.

    Call with the lock held.

    Raises:
        NeuronarioError: 73, 74 or 77.
    """
    new, live = new_folder(place), place.folder
    old = _old(new)
    try:
        if place.inside:
            for path in live.iterdir():
                if HALF_MARK.fullmatch(path.name):
                    path.unlink()
            for path in old.iterdir() if old.exists() else ():
                if not os.path.lexists(live / path.name):
                    path.rename(live / path.name)
        elif old.exists() and not live.exists():
            old.rename(live)
            sync_folder(live.parent)
    except OSError as error:
        raise write_error(live, error) from error
    for folder in (new, old, new.with_name("docs")):
        remove_folder(folder)


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


def _old(new: Path) -> Path:
    return new.with_name("old")


def _make_folders(folder: Path) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def _let_everybody_read(folder: Path) -> None:
    """Rights as a web server needs them; folders with nothing in them go."""
    for place, _, files in os.walk(folder, topdown=False):
        for name in files:
            (Path(place) / name).chmod(0o644)
        if Path(place) != folder:
            with suppress(OSError):
                Path(place).rmdir()
                continue
        Path(place).chmod(0o755)


def _carry(place: Place, new: Path) -> None:
    """Put the user's files into ``new`` as well: the same files, where links are possible.

    Where entries are exchanged one by one, those that have no counterpart in ``new`` just stay.
    """
    entries = {path.name for path in new.iterdir()}
    for name in place.kept:
        source, target = place.folder / name, new / name
        if place.inside and name.split("/")[0] not in entries:
            continue
        try:
            _copy_folders(place.folder, new, Path(name).parent)
            if name.endswith("/"):
                target.mkdir(exist_ok=True)
                continue
            target.unlink(missing_ok=True)
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
                    raise
                shutil.copy2(source, target, follow_symlinks=False)
        except (OSError, shutil.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise NeuronarioError(
                f"{shown(source)} is to be kept and cannot be taken along ({reason}); move it away",
                ExitCode.CANNOT_CREATE,
            ) from error


def _copy_folders(source: Path, target: Path, folder: Path) -> None:
    """The folders on the way to a kept file, with the rights that they have."""
    for above in (*reversed(folder.parents), folder):
        if not (target / above).exists():
            (target / above).mkdir()
            shutil.copystat(source / above, target / above)


def _exchange_entries(new: Path, live: Path, kept: tuple[str, ...]) -> None:
    """Exchange entry by entry; killed in between, everything there is still known as ours."""
    before, after = read_mark(live), read_mark(new) or {}
    if before is None:  # of an earlier version, or empty
        before = digests(live, set(contents(live)) - set(kept))
    write_mark(live, both(before, after), complete=False)
    aside = _old(new)
    remove_folder(aside)
    aside.mkdir()
    for path in _pages_last(new):
        target = live / path.name
        if not os.path.lexists(target):
            path.rename(target)
        elif not exchange_names(path, target):
            target.rename(aside / path.name)
            path.rename(target)
    sync_folder(live)
    _remove_stale(live, before, after)
    write_mark(live, after)
    remove_folder(new)
    remove_folder(aside)


def _pages_last(new: Path) -> Iterator[Path]:
    """What pages need before the pages, and the front page as the last."""
    entries = [path for path in new.iterdir() if path.name != MARK]
    yield from sorted(
        entries,
        key=lambda path: (path.name == "index.html", path.suffix == ".html", path.name != "assets"),
    )


def _remove_stale(live: Path, before: Digests, after: Digests) -> None:
    """Delete our files that the new folder does not have, and folders that become empty."""
    for name in before.keys() - after.keys():
        if is_ours(live, name, before):
            (live / name).unlink()
            for above in Path(name).parents[:-1]:
                with suppress(OSError):
                    (live / above).rmdir()


def unreadable(live: Path) -> str:
    """A warning where others cannot enter the published folder; "" where they can."""
    try:
        mode = live.stat().st_mode
    except OSError:
        return ""
    if mode & 0o005 == 0o005:
        return ""
    return (
        f"{shown(live)} can be read by some users only, perhaps not by the web server; "
        "chmod o+rx opens it"
    )
