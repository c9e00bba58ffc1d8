"""Which files a corpus is read from: what ``corpus.path`` says, as a list in a stable order."""

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

STANDARD_INPUT = "-"
MOST_FILES = 100_000


@dataclass(frozen=True)
class Source:
    """One file, or standard input."""

    path: Path | None  # None: standard input
    follow_links: bool  # a person named it: a link is meant; met while walking, it is refused

    @property
    def name(self) -> str:
        """For messages."""
        return "standard input" if self.path is None else shown(self.path)


def find_sources(paths: tuple[str, ...], folder: Path) -> tuple[Source, ...]:
    """The files that ``paths`` name: files, globs, folders, ``-``; each file once.

    The order is that of ``paths``; within a glob or a folder that of the names. Hidden files of a
    folder are left out.

    Args:
        paths: as in the configuration.
        folder: where relative paths start.

    Raises:
        NeuronarioError: 66, a glob or folder without files; 77, a folder that cannot be read; 65,
            a link inside a folder or glob, or more than ``MOST_FILES`` files.
    """
    sources: dict[str, Source] = {}
    for name in paths:
        for source in _named(name, folder):
            key = STANDARD_INPUT if source.path is None else os.path.realpath(source.path)
            sources.setdefault(key, source)
            if len(sources) > MOST_FILES:
                raise NeuronarioError(
                    f"corpus.path: more than {MOST_FILES:,} files; name fewer", ExitCode.BAD_DATA
                )
    return tuple(sources.values())


def corpus_name(paths: tuple[str, ...], sources: tuple[Source, ...]) -> str:
    """What the corpus is called: the name of its file, or of the first and how many follow."""
    first = paths[0]
    name = "standard input" if first == STANDARD_INPUT else shown(Path(first).name)
    if len(paths) > 1:
        return f"{name} and {len(sources) - 1} more"
    return name if len(sources) == 1 else f"{name} ({len(sources):,} files)"


def _named(name: str, folder: Path) -> Iterator[Source]:
    if name == STANDARD_INPUT:
        yield Source(None, follow_links=False)
        return
    path = folder / name
    if glob.has_magic(name) and not os.path.lexists(path):
        yield from _matches(name, folder)
    elif _is_folder(path):
        yield from _below(path)
    else:
        yield Source(path, follow_links=True)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # opening it says what is wrong
        return False


def _matches(name: str, folder: Path) -> Iterator[Source]:
    names = sorted(glob.glob(name, root_dir=folder, recursive=True))  # noqa: PTH207 - absolute too
    files = [folder / one for one in names if not (folder / one).is_dir()]
    if not files:
        raise NeuronarioError(
            f"{shown(folder / name)}: no file matches; a pattern is *, ?, [..] or **",
            ExitCode.NO_INPUT,
        )
    for path in files:
        yield _met(path)


def _below(folder: Path) -> Iterator[Source]:
    count = 0
    for path in _walk(folder):
        count += 1
        yield _met(path)
    if count == 0:
        raise NeuronarioError(f"{shown(folder)}: a folder without files", ExitCode.NO_INPUT)


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below ``folder`` by name, links included and not entered."""

    def refuse(error: OSError) -> None:
        raise NeuronarioError(
            f"{shown(error.filename)}: {error.strerror}", ExitCode.NO_PERMISSION
        ) from error

    for root, folders, names in os.walk(folder, onerror=refuse):
        links = [name for name in folders if Path(root, name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*names, *links]):
            if not name.startswith("."):
                yield Path(root, name)


def _met(path: Path) -> Source:
    if path.is_symlink():
        raise NeuronarioError(
            f"{shown(path)}: a symbolic link inside a folder or pattern is not followed; name it "
            "in corpus.path by itself, or take it away",
            ExitCode.BAD_DATA,
        )
    return Source(path, follow_links=False)
