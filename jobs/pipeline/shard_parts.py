"""The counts of finished shards, kept until all are there: a job that was killed goes on with them.

They lie in the output folder's own work folder. Each file is named by a digest of everything that
decides its bytes, so that a part of another text or of another run is never taken for one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from jobs.disk.files import remove_file, remove_folder, write_error, write_npz
from jobs.disk.mark import WORK
from jobs.disk.npz import ArrayError, Expected, read_npz
from jobs.disk.regular_file import open_regular
from jobs.disk.replaceable import refusal
from jobs.errors import NeuronarioError
from jobs.store.lock import Lock, locked_file

LOCK = "lock"


class ShardParts:
    """The parts of one measurement."""

    def __init__(self, out: Path, key: str) -> None:
        self.folder, self.key = out / WORK, key

    @contextmanager
    def open(self, wait_seconds: float) -> Iterator[Lock]:
        """Hold the folder for the body of a ``with``; parts of anything else are removed.

        A folder in which nothing was finished is not left behind.

        Raises:
            NeuronarioError: 75, another process measures into the same folder; 73, 74 or 77, it
                cannot be had.
        """
        if self.folder.is_symlink():
            raise refusal(self.folder, "the work folder", "it is a link")
        new = not self.folder.parent.exists()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(self.folder, error) from error
        with locked_file(self.folder / LOCK, self.folder.parent, "measure", wait_seconds) as lock:
            for path in self.folder.iterdir():
                if path.name != LOCK and not path.name.startswith(f"{self.key}-"):
                    remove_file(path)
            try:
                yield lock
            finally:
                if not self.folder.exists() or {path.name for path in self.folder.iterdir()} <= {
                    LOCK
                }:
                    self.remove()
                    if new:
                        with suppress(OSError):  # not empty: the result
                            self.folder.parent.rmdir()

    def read(self, number: int, expected: Mapping[str, Expected]) -> dict[str, np.ndarray] | None:
        """The counts of a shard; None where they are missing or damaged."""
        try:
            with open_regular(self._path(number)) as file:
                return read_npz(file, expected)
        except (OSError, ArrayError):
            return None

    def write(self, number: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep the counts of a shard.

        Raises:
            NeuronarioError: 73, 74 or 77.
        """
        write_npz(self._path(number), arrays)

    def remove(self) -> None:
        """Remove all parts."""
        with suppress(NeuronarioError):  # the next call clears them away
            remove_folder(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{self.key}-{number:06d}.npz"
