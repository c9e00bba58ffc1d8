"""Where things are in a store, and which run a name means.

    STORE/FORMAT             which layout this is
    STORE/lock               held by the kernel while a job writes (jobs/store/lock.py)
    STORE/runs/<run>/        immutable once there
    STORE/work/              in progress: checkpoints, runs being put together; safe to delete
    STORE/refs/baseline      a run's id and the head of its content id
    STORE/refs/tags/<tag>    likewise
    STORE/sweeps/<key>.json  a sweep: its cells by their keys (jobs/store/sweeps.py)

There is no file for ``latest``: it is the newest successful run, so it can never disagree with
what is there.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from jobs.disk.files import write_text
from jobs.disk.mark import contents
from jobs.disk.regular_file import open_regular
from jobs.disk.replaceable import check_writable, folder_of
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.manifest import RUN_ID

FORMAT = "neuronario-store 1\n"
# Below a store: what a job leaves there until it ends, and no name that a user would choose.
WORK_FOLDER = re.compile(r"[0-9a-f]{16}|[0-9]{6}-[0-9a-f]{8}\.(new|gone|thin)")
TEMPORARY = re.compile(r"\.[^/]+\.[a-z0-9_]{8}\.tmp")
IN_PROGRESS = re.compile(rf"{TEMPORARY.pattern}|work/|work/({WORK_FOLDER.pattern})/.*")


@dataclass(frozen=True)
class Layout:
    """The paths of one store."""

    store: Path

    @property
    def format(self) -> Path:
        """Names the layout."""
        return self.store / "FORMAT"

    @property
    def lock(self) -> Path:
        """What the kernel's lock is taken on."""
        return self.store / "lock"

    @property
    def runs(self) -> Path:
        """Finished runs."""
        return self.store / "runs"

    @property
    def work(self) -> Path:
        """What is in progress."""
        return self.store / "work"

    @property
    def baseline(self) -> Path:
        """The reference that gates compare with."""
        return self.store / "refs" / "baseline"

    @property
    def sweeps(self) -> Path:
        """Two files per sweep."""
        return self.store / "sweeps"

    @property
    def tags(self) -> Path:
        """One file per tag."""
        return self.store / "refs" / "tags"


def prepare_store(store: Path) -> None:
    """Create an empty store, or make sure that ``store`` is one that this version can write.

    Raises:
        NeuronarioError: 65 for a store of another version, 73 where something else is there.
    """
    if not check_format(store):
        check_place(store)
        write_text(Layout(store).format, FORMAT)


def check_place(store: Path) -> None:
    """Make sure that ``store`` is a store or may become one; nothing is written.

    Raises:
        NeuronarioError: 73, something else is there; 73 or 77, nothing can be written there.
    """
    folder = folder_of(store, "the store")
    if not check_format(folder) and is_foreign(folder):
        raise NeuronarioError(
            f"{store} is not empty and no store of neuronario; "
            "name a new folder (store.directory, or --store)",
            ExitCode.CANNOT_CREATE,
        )
    check_writable(folder)


def is_foreign(store: Path) -> bool:
    """Whether something without a FORMAT is there, other than what a killed first job leaves.

    Raises:
        NeuronarioError: 77, the folder cannot be read.
    """
    if not store.is_dir():
        return store.exists()
    return any(name != "lock" and not IN_PROGRESS.fullmatch(name) for name in contents(store))


def check_format(store: Path) -> bool:
    """True if ``store`` is one, False if there is none yet.

    Raises:
        NeuronarioError: 65, FORMAT is damaged or of a newer version.
    """
    try:
        with open_regular(Layout(store).format) as file:
            found = file.read(100)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise NeuronarioError(f"{store}/FORMAT: {error.strerror}", ExitCode.BAD_DATA) from error
    if found != FORMAT.encode():
        raise NeuronarioError(
            f"{store}/FORMAT says {found!r:.60}, this version reads {FORMAT.strip()!r}; "
            "update neuronario, or restore the file",
            ExitCode.BAD_DATA,
        )
    return True


def run_ids(store: Path) -> list[str]:
    """Every run's id, broken ones included, oldest first."""
    check_format(store)
    try:
        names = [item.name for item in Layout(store).runs.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise NeuronarioError(
            f"{Layout(store).runs}: {error.strerror}", ExitCode.NO_PERMISSION
        ) from error
    return sorted(name for name in names if re.fullmatch(RUN_ID, name))
