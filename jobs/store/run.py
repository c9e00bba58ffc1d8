"""One run: as it is handed to the store, and as it is read back, file by file when needed."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

from jobs.config.schema import Config
from jobs.corpus.corpus import CorpusCard
from jobs.corpus.seen import Seen
from jobs.disk.regular_file import open_regular
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.cell import Cell
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.imported import ImportRecord
from jobs.model.network import Network
from jobs.model.origin import Origin
from jobs.model.trace import Trace
from jobs.store import run_files
from jobs.store.manifest import MAX_BYTES, Manifest, ManifestError, Output, parse_manifest

MANIFEST = "MANIFEST.json"
IMPORT = "import.json"
PAGES = "pages/"
ORIGIN, SEEN = "origin.json", "seen.npz"  # absent in runs of version 0.1
CELLS = "cells.json"  # only where a layer is not what config.yml says: of an imported network

T = TypeVar("T")


@dataclass(frozen=True)
class RunContent:
    """What a finished job hands to the store."""

    config: Config
    card: CorpusCard
    network: Network
    history: tuple[EpochRecord, ...]
    evaluation: Evaluation
    sample: Trace
    probe: Trace
    origin: Origin = field(default_factory=Origin)
    seen: Seen | None = None  # None: not recorded
    imported: ImportRecord | None = None  # of an imported network


@dataclass(frozen=True)
class Run:
    """A run in the store; the same attributes as :class:`RunContent`, read at first use.

    Every file's size and SHA-256 are compared with the manifest before it is parsed. Each
    attribute raises NeuronarioError: 65 for a damaged file, 66 for one that a failed or thinned
    run does not have.
    """

    folder: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """``<six-digit number>-<eight digits of the report key>``."""
        return self.manifest.run

    @cached_property
    def config(self) -> Config:
        """The effective configuration; private sections have their defaults."""
        return self._parse("config.yml", run_files.read_config)

    @cached_property
    def card(self) -> CorpusCard:
        """What is known of the text, without the text."""
        return self._parse("corpus.json", run_files.read_card)

    @cached_property
    def history(self) -> tuple[EpochRecord, ...]:
        """One record per epoch."""
        return self._parse("train.jsonl", run_files.read_history)

    @cached_property
    def evaluation(self) -> Evaluation:
        """How well the network predicts the held-out part."""
        try:
            return run_files.read_evaluation(self.manifest.results)
        except run_files.FileError as error:
            raise self._damaged(MANIFEST, str(error)) from error

    @cached_property
    def network(self) -> Network:
        """The weights."""
        return self._load(
            "weights.npz",
            lambda file: run_files.read_network(file, self.config, self.card, self.cells),
        )

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """What each layer is."""
        if CELLS not in self.manifest.files():
            return self.config.network.cells
        return self._parse(CELLS, lambda data: run_files.read_cells(data, self.config))

    @cached_property
    def sample(self) -> Trace:
        """The trace of the text that the network wrote."""
        return self._trace("sample.npz")

    @cached_property
    def probe(self) -> Trace:
        """The trace of the pinned held-out text."""
        return self._trace("probe.npz")

    @cached_property
    def origin(self) -> Origin:
        """Where the weights come from; of a run of an older version what its settings say."""
        if ORIGIN not in self.manifest.files():
            warm = self.config.training.start == "previous"
            return Origin(warm=warm, recorded=not warm)
        return self._parse(ORIGIN, run_files.read_origin)

    @cached_property
    def seen(self) -> Seen | None:
        """What the weights have ever read; None in a run of an older version."""
        return self._load(SEEN, run_files.read_seen) if SEEN in self.manifest.files() else None

    @cached_property
    def imported(self) -> ImportRecord | None:
        """The model file that the network was imported from; None where it was trained here."""
        if IMPORT not in self.manifest.files():
            return None
        return self._parse(IMPORT, run_files.read_import)

    @cached_property
    def swept(self) -> bool:
        """Whether it was made as a cell of a sweep, not by a job for its own sake."""
        try:
            return json.loads(self.read_bytes("volatile.json")).get("sweep") is True
        except (NeuronarioError, ValueError, AttributeError, RecursionError):
            return False

    def content(self) -> RunContent:
        """Everything at once, in memory."""
        return RunContent(
            self.config,
            self.card,
            self.network,
            self.history,
            self.evaluation,
            self.sample,
            self.probe,
            self.origin,
            self.seen,
            self.imported,
        )

    def pages(self) -> dict[str, bytes]:
        """Markdown pages and their assets by path, without the leading ``pages/``."""
        paths = [path for path in self.manifest.files() if path.startswith(PAGES)]
        return {path.removeprefix(PAGES): self.read_bytes(path) for path in sorted(paths)}

    def read_bytes(self, path: str) -> bytes:
        """The verified content of one file of the run."""
        with self.open(path) as file:
            return file.read()

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """One file of the run, verified and at its start."""
        output = self.manifest.files().get(path)
        if output is None:
            raise NeuronarioError(self._absent(path), ExitCode.NO_INPUT)
        try:
            with open_regular(self.folder / path) as file:
                problem = file_problem(file, output)
                if problem:
                    raise self._damaged(path, problem)
                yield file
        except FileNotFoundError as error:
            raise self._gone(path) from error
        except OSError as error:
            raise self._damaged(path, error.strerror or str(error)) from error

    def _trace(self, path: str) -> Trace:
        return self._load(
            path, lambda file: run_files.read_trace(file, self.config, self.card, self.cells)
        )

    def _parse(self, path: str, read: Callable[[bytes], T]) -> T:
        return self._load(path, lambda file: read(file.read()))

    def _load(self, path: str, read: Callable[[IO[bytes]], T]) -> T:
        with self.open(path) as file:
            try:
                return read(file)
            except run_files.FileError as error:
                raise self._damaged(path, str(error)) from error

    def _absent(self, path: str) -> str:
        if self.manifest.status == "failed":
            return f"run {self.id} failed ({self.manifest.reason}); it has no {path}"
        if self.manifest.status == "thinned":
            return f"run {self.id} was thinned by `neuronario prune`; {path} is gone"
        return f"run {self.id} has no {path}"

    def _gone(self, path: str) -> NeuronarioError:
        """A file was there when the run was opened: either damage, or a prune in the meantime."""
        if not self.folder.exists():
            return NeuronarioError(
                f"run {self.id} was removed by `neuronario prune` just now", ExitCode.NO_INPUT
            )
        with suppress(NeuronarioError):
            now = read_folder(self.folder)
            if path not in now.manifest.files():
                return NeuronarioError(now._absent(path), ExitCode.NO_INPUT)
        return self._damaged(path, "No such file or directory")

    def _damaged(self, path: str, problem: str) -> NeuronarioError:
        return NeuronarioError(
            f"run {self.id}: {path}: {problem}; "
            "restore it from a backup, or delete the run's folder",
            ExitCode.BAD_DATA,
        )


def read_folder(folder: Path) -> Run:
    """Open the run in ``folder``; only its manifest is read.

    Raises:
        NeuronarioError: 65, the manifest is missing or damaged.
    """
    try:
        with open_regular(folder / MANIFEST) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _bad_run(folder, f"{MANIFEST}: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise _bad_run(folder, f"{MANIFEST} is larger than any manifest")
    try:
        return Run(folder, parse_manifest(data))
    except ManifestError as error:
        raise _bad_run(folder, str(error)) from error


def file_problem(file: IO[bytes], output: Output) -> str:
    """What is wrong with an open file against its line in the manifest; "" if nothing is.

    The file is left at its start.
    """
    size = os.fstat(file.fileno()).st_size
    if size != output.bytes:
        return f"is {size} bytes long, the manifest says {output.bytes}"
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return "" if sha256 == output.sha256 else "SHA-256 does not match the manifest"


def _bad_run(folder: Path, problem: str) -> NeuronarioError:
    return NeuronarioError(
        f"run {folder.name}: {problem}; restore it from a backup, or delete the run's folder",
        ExitCode.BAD_DATA,
    )
