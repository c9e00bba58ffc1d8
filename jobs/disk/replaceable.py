"""Whether a place may be written or replaced: the one answer for configuration, options and verbs.

A folder may be replaced if nothing is there, if it is empty, or if we made it and all that it
holds is ours or is to be kept. It never is, holds or lies in something of the user's. Places are
compared and not names: through links, ``..`` and mounts.
"""

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from jobs.disk.files import write_error
from jobs.disk.mark import WORK, contents, foreign_files, read_mark
from jobs.disk.mounts import mounted_below
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

# What is foreign in a folder of an earlier version, which left no mark; None: it is none of ours.
Earlier = Callable[[Path], list[str] | None]


@dataclass(frozen=True)
class Neighbour:
    """Something of the user's that an output may not be, hold or lie in."""

    name: str  # as in "it holds NAME"
    path: Path
    may_hold: bool = False  # an output may lie in it


@dataclass(frozen=True)
class Place:
    """A folder that may be replaced."""

    folder: Path  # where links lead
    kept: tuple[str, ...] = ()  # files of the user's in it, by path
    inside: str = ""  # why its contents are exchanged instead of the folder; "": they are not

    @property
    def workspace(self) -> Path:
        """Where the new folder is made: on the same file system, gone afterwards."""
        name = f".{self.folder.name}{WORK}"
        return self.folder / WORK if self.inside else self.folder.with_name(name)


def user_places() -> list[Neighbour]:
    """The places of every user: the working folder and the home folder."""
    places = []
    with suppress(OSError):  # it is gone
        places.append(Neighbour("the working folder", Path.cwd(), may_hold=True))
    with suppress(RuntimeError):  # this user has none, or it is the root
        home = Path("~").expanduser()
        if home.is_absolute() and home != home.parent:
            places.append(Neighbour("your home folder", home, may_hold=True))
    return places


def check_apart(place: Path, what: str, neighbours: Iterable[Neighbour]) -> None:
    """Refuse a place that is, holds or lies in something of the user's.

    Args:
        place: what is to be written or replaced.
        what: its name in the message, as ``the site``.
        neighbours: what it must lie apart from; the root always counts.

    Raises:
        NeuronarioError: 73.
    """
    for real in _spellings(place):
        if real.parent == real:
            raise refusal(place, what, "it is the root of the file system")
        for neighbour in neighbours:
            for other in _spellings(neighbour.path):
                if _same(real, other):
                    raise refusal(place, what, f"it is {neighbour.name}")
                if _holds(real, other):
                    raise refusal(place, what, f"it holds {neighbour.name} ({shown(other)})")
                if _holds(other, real) and not neighbour.may_hold:
                    raise refusal(place, what, f"it lies in {neighbour.name} ({shown(other)})")


def replaceable(
    path: Path, what: str, *, keep: Sequence[str] = (), earlier: Earlier | None = None
) -> Place:
    """Judge what stands at ``path``; nothing is written.

    Args:
        path: a folder, a link to one, or nothing yet.
        what: its name in messages, as ``the site``.
        keep: patterns of files of the user's that stay.
        earlier: recognises a folder of an earlier version.

    Raises:
        NeuronarioError: 73, it may not be replaced; 73 or 77, it cannot be.
    """
    folder = folder_of(path, what)
    if not folder.exists():
        check_writable(folder)
        return Place(folder)
    kept = _kept(folder, path, what, keep, earlier)
    inside = _reason_for_inside(folder)
    check_writable(folder if inside else folder.parent)
    return Place(folder, kept, inside)


def folder_of(path: Path, what: str) -> Path:
    """The folder that ``path`` leads to, resolved; it need not exist.

    Raises:
        NeuronarioError: 73, something else is there, or a link that leads nowhere.
    """
    folder = Path(os.path.realpath(path))
    if path.is_symlink() and not folder.exists():
        raise refusal(path, what, "it is a link that leads nowhere")
    if folder.exists() and not folder.is_dir():
        raise refusal(path, what, "a file is there")
    above = _nearest(folder.parent)
    if not above.is_dir():
        raise refusal(path, what, f"{shown(above)} is no folder")
    return folder


def is_kept(name: str, keep: Sequence[str]) -> bool:
    """Whether a pattern of ``keep`` means this file or a folder above it."""
    parts = name.rstrip("/").split("/")
    ways = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return any(fnmatchcase(way, pattern.rstrip("/")) for way in ways for pattern in keep)


def _kept(
    folder: Path, path: Path, what: str, keep: Sequence[str], earlier: Earlier | None
) -> tuple[str, ...]:
    if not contents(folder):
        return ()
    ours = read_mark(folder)
    if ours is not None:
        foreign: list[str] | None = foreign_files(folder, ours)
    else:
        foreign = earlier(folder) if earlier else None
    if foreign is None:
        names = [name for name in contents(folder) if not is_kept(name, keep)]
        if not names:  # nothing of ours yet, and all that is there stays
            return tuple(contents(folder))
        raise refusal(
            path, what, f"it holds files that neuronario did not put there: {some(names)}"
        )
    strangers = [name for name in foreign if not is_kept(name, keep)]
    if strangers:
        raise NeuronarioError(
            f"{what} {shown(path)} is not replaced: it also holds {some(strangers)}, which "
            "neuronario did not write or somebody has changed; move them away, or name them in "
            "site.keep",
            ExitCode.CANNOT_CREATE,
        )
    return tuple(foreign)


def _reason_for_inside(folder: Path) -> str:
    point = mounted_below(folder)
    if point == folder:
        return "it is a mount point"
    if point is not None:
        return f"{shown(point)} is mounted in it"
    if not os.access(folder.parent, os.W_OK | os.X_OK) and os.access(folder, os.W_OK | os.X_OK):
        return "the folder above it cannot be written"
    return ""


def check_writable(folder: Path) -> None:
    """Make sure that this process may write in ``folder``, or create it.

    Raises:
        NeuronarioError: 73, on a medium that is read only; 77, no permission.
    """
    folder = _nearest(folder)
    if os.access(folder, os.W_OK | os.X_OK):
        return
    number = errno.EACCES
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        number = errno.EROFS
    raise write_error(folder, OSError(number, os.strerror(number)))


def _nearest(folder: Path) -> Path:
    """The folder itself or the first above it that exists."""
    while not os.path.lexists(folder) and folder.parent != folder:
        folder = folder.parent
    return folder


def _spellings(path: Path) -> list[Path]:
    """The place as it is named, and where links lead from there."""
    named = Path(os.path.abspath(path))  # noqa: PTH100, no link is followed
    real = Path(os.path.realpath(path))
    return [real] if named == real else [named, real]


def _holds(outer: Path, inner: Path) -> bool:
    return any(_same(outer, above) for above in inner.parents)


def _same(first: Path, second: Path) -> bool:
    if first == second:
        return True
    try:
        return first.samefile(second)  # also through a mount
    except OSError:
        return False


def refusal(path: Path, what: str, why: str) -> NeuronarioError:
    """The user's error for a place that an output cannot have."""
    return NeuronarioError(
        f"{what} cannot be {shown(path)}: {why}; name a folder of its own, new or empty",
        ExitCode.CANNOT_CREATE,
    )


def some(names: Sequence[str]) -> str:
    """The first few of ``names``, for a message."""
    listed = ", ".join(shown(name) for name in names[:5])
    return listed + (f" and {len(names) - 5} more" if len(names) > 5 else "")
