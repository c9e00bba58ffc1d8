"""Writes files into a folder that may hold the user's as well: theirs stay, ours are
kept up to date.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from jobs.disk.files import remove_file, write_bytes
from jobs.disk.mark import Digests, both, contents, digests, is_ours, read_mark, write_mark
from jobs.disk.replaceable import Earlier, check_writable, folder_of, some
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown


def write_files(
    folder: Path, files: Mapping[str, bytes], what: str, earlier: Earlier | None = None
) -> None:
    """Write ``files`` by path into ``folder``; of ours from an earlier call, others are removed.

    Args:
        folder: a folder or a link to one; missing, empty, or one that we have written to before.
        files: path inside the folder -> content.
        what: its name in messages, as ``the report``.
        earlier: recognises a folder of an earlier version, which left no list.

    Raises:
        NeuronarioError: 73, somebody else's file has the name of one of ours, or ours has been
            changed, or the folder holds other files and none of ours; 73, 74 or 77 when writing
            fails, and the next call finishes it. Before that nothing is written.
    """
    target, ours = check_files(folder, files, what, earlier)
    wanted = {name: frozenset({hashlib.sha256(data).hexdigest()}) for name, data in files.items()}
    write_mark(target, both(ours, wanted), complete=False)  # killed here: all is known as ours
    for name, data in files.items():
        write_bytes(target / name, data)
    for name in ours.keys() - files.keys():
        remove_file(target / name)
        for above in Path(name).parents[:-1]:
            with suppress(OSError):
                (target / above).rmdir()
    write_mark(target, wanted)


def check_files(
    folder: Path, files: Iterable[str], what: str, earlier: Earlier | None = None
) -> tuple[Path, Digests]:
    """Whether files of these names can be written; before a long job, which else would fail at
    its end.

    Returns:
        the folder itself, and what in it is ours.

    Raises:
        NeuronarioError: 73, 77 as :func:`write_files`.
    """
    names = tuple(files)
    target = folder_of(folder, what)
    check_writable(target)
    ours = _ours(target, folder, what, earlier)
    in_the_way = sorted(
        name
        for name in {*names, *ours}
        if os.path.lexists(target / name) and not is_ours(target, name, ours)
    )
    in_the_way += sorted(name for name in names if _below_a_file(target, name))
    if in_the_way:
        raise NeuronarioError(
            f"{what} {shown(folder)} holds {some(in_the_way)}, which neuronario did not write or "
            "somebody has changed; move it away, or name another folder",
            ExitCode.CANNOT_CREATE,
        )
    return target, ours


def _ours(target: Path, folder: Path, what: str, earlier: Earlier | None) -> Digests:
    names = contents(target) if target.exists() else []
    ours = read_mark(target) if names else {}
    if ours is not None:
        return ours
    foreign = earlier(target) if earlier else None
    if foreign is None:
        raise NeuronarioError(
            f"{what} cannot be written to {shown(folder)}: it holds files that neuronario did not "
            f"put there ({some(names)}); name a new or an empty folder",
            ExitCode.CANNOT_CREATE,
        )
    return digests(target, set(names) - set(foreign))


def _below_a_file(target: Path, name: str) -> bool:
    """Whether a folder on the way to ``name`` is something else, or a link out of the folder."""
    above = [target / path for path in Path(name).parents[:-1]]
    return any(path.is_symlink() or (path.exists() and not path.is_dir()) for path in above)
