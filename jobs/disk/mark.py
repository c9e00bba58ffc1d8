"""What we have put into a folder: a list with digests, in the folder itself.

With it, files of the user's beside ours, and files of ours that somebody has changed, are seen
before a folder is replaced or a file overwritten.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jobs.disk.files import json_text, write_bytes
from jobs.disk.regular_file import open_regular
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

MARK = ".neuronario.json"
WORK = ".neuronario.work"  # where we work inside a folder; whatever is in it is ours
HALF_MARK = re.compile(rf"\.{re.escape(MARK)}\.[a-z0-9_]{{8}}\.tmp")  # of a job that was killed
FORMAT = 1
MAX_BYTES = 200_000_000

Digests = Mapping[str, frozenset[str]]  # path inside the folder -> SHA-256 that it may have


def contents(folder: Path) -> list[str]:
    """Everything below ``folder`` by its path: files, links, and ``name/`` for an empty folder.

    Raises:
        NeuronarioError: 77, a folder in it cannot be read.
    """
    names: list[str] = []

    def refuse(error: OSError) -> None:
        raise NeuronarioError(
            f"{shown(error.filename)}: {error.strerror}, so nobody can tell whose files it holds",
            ExitCode.NO_PERMISSION,
        ) from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        here = Path(place)
        if here == folder:
            passed = {WORK, "lost+found"} if os.path.ismount(folder) else {WORK}
            folders[:] = [name for name in folders if name not in passed]
            files[:] = [name for name in files if name != MARK and not HALF_MARK.fullmatch(name)]
        links = [name for name in folders if (here / name).is_symlink()]
        names += [(here / name).relative_to(folder).as_posix() for name in (*files, *links)]
        if not folders and not files and here != folder:
            names.append(f"{here.relative_to(folder).as_posix()}/")
    return sorted(names)


def write_mark(folder: Path, files: Digests, *, complete: bool = True) -> None:
    """Leave the list of our files in ``folder``; not ``complete``: they are being exchanged.

    Raises:
        NeuronarioError: 73, 74 or 77.
    """
    plain = {
        "format": FORMAT,
        "complete": complete,
        "written by": "neuronario; files that are not listed here are never touched",
        "files": {name: sorted(known) for name, known in files.items()},
    }
    write_bytes(folder / MARK, json_text({**plain, "sha256": _own(plain)}).encode("ascii"))


def read_mark(folder: Path) -> Digests | None:
    """The list that ``folder`` holds, None where it holds none.

    Raises:
        NeuronarioError: 73, the list is damaged.
    """
    plain = _read(folder)
    if plain is None:
        return None
    return {str(name): frozenset(map(str, sums)) for name, sums in plain["files"].items()}


def is_complete(folder: Path) -> bool:
    """Whether no exchange was interrupted in ``folder``; without a list, none ever was.

    Raises:
        NeuronarioError: 73, the list is damaged.
    """
    plain = _read(folder)
    return plain is None or plain["complete"] is True


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        with open_regular(folder / MARK) as file:
            plain = json.loads(file.read(MAX_BYTES))
        own = plain.pop("sha256")
        if own == _own(plain) and plain["format"] == FORMAT:
            return dict(plain)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise NeuronarioError(
        f"{shown(folder / MARK)} is damaged, so nobody can tell which files there are ours; "
        "move the folder away",
        ExitCode.CANNOT_CREATE,
    )


def foreign_files(folder: Path, ours: Digests) -> list[str]:
    """What ``folder`` holds besides our files as we wrote them; a changed one counts as foreign."""
    return [name for name in contents(folder) if not is_ours(folder, name, ours)]


def is_ours(folder: Path, name: str, ours: Digests) -> bool:
    """Whether the file ``name`` is one that we wrote, unchanged."""
    return name in ours and digest(folder / name) in ours[name]


def digests(folder: Path, names: Iterable[str]) -> dict[str, frozenset[str]]:
    """The list of these files of ``folder`` as they are now."""
    return {name: frozenset({digest(folder / name)}) for name in names}


def both(first: Digests, second: Digests) -> dict[str, frozenset[str]]:
    """A list that allows what either does."""
    empty: frozenset[str] = frozenset()
    return {
        name: first.get(name, empty) | second.get(name, empty)
        for name in first.keys() | second.keys()
    }


def digest(path: Path) -> str:
    """SHA-256 of a regular file in hexadecimal; "" for anything else."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with open_regular(path) as file:
            total = hashlib.sha256()
            while block := file.read(1_000_000):
                total.update(block)
            return total.hexdigest()
    except OSError:
        return ""


def _own(plain: Mapping[str, object]) -> str:
    return hashlib.sha256(json_text(plain).encode("ascii")).hexdigest()
