"""A run being put together: its files first, the manifest last, then one rename."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jobs import __version__
from jobs.disk.files import (
    json_text,
    link_or_copy,
    move_folder,
    remove_folder,
    write_bytes,
    write_npz,
    write_text,
)
from jobs.errors import NeuronarioError
from jobs.store.layout import Layout
from jobs.store.manifest import (
    SCHEMA,
    Inputs,
    Manifest,
    Output,
    content_id,
    manifest_text,
    stage_keys,
)
from jobs.store.run import MANIFEST, Run, read_folder

VOLATILE = ("volatile.json", "run.log")


@dataclass(frozen=True)
class Execution:
    """When, where and how long: kept beside a run, never published, outside every digest of it."""

    started: str = ""  # ISO 8601, UTC
    finished: str = ""
    host: str = ""
    process: int = 0
    seconds: Mapping[str, float] | None = None  # per stage
    peak_memory_bytes: int = 0
    log: str = ""  # run.log
    sweep: bool = False  # made as a cell of a sweep, not by a job for its own sake


class StagedRun:
    """A run being put together in ``STORE/work``; the caller holds the store's lock."""

    def __init__(self, store: Path, run_id: str) -> None:
        self.layout = Layout(store)
        self.run_id = run_id
        self.folder = self.layout.work / f"{run_id}.new"
        self.paths: list[str] = []
        remove_folder(self.folder)  # what a killed job left

    def text(self, path: str, text: str) -> None:
        """Add a text file, in UTF-8."""
        self.files("", {path: text.encode("utf-8")})

    def npz(self, path: str, arrays: Mapping[str, Any]) -> None:
        """Add arrays."""
        write_npz(self.folder / path, arrays)
        self.paths.append(path)

    def link(self, path: str, source: Path) -> None:
        """Add a file of another run without copying it."""
        link_or_copy(source, self.folder / path)
        self.paths.append(path)

    def files(self, prefix: str, files: Mapping[str, bytes]) -> None:
        """Add files, each under ``prefix`` and its name; a name that leads elsewhere is a bug."""
        for name in sorted(files):
            path = prefix + name
            # judged before anything is written: no path leads out of the folder
            Output(path=path, bytes=0, sha256="0" * 64)
            write_bytes(self.folder / path, files[name])
            self.paths.append(path)

    def commit(
        self,
        inputs: Inputs,
        execution: Execution | None,
        *,
        parent: str | None,
        results: Mapping[str, Any],
        rendered_from: str | None = None,
        status: Literal["ok", "failed"] = "ok",
        reason: str = "",
    ) -> Run:
        """Write the manifest and let the run appear in the store."""
        outputs = tuple(self._output(path) for path in sorted(self.paths))
        manifest = Manifest(
            schema=SCHEMA,
            run=self.run_id,
            parent=parent,
            rendered_from=rendered_from,
            status=status,
            reason=reason,
            tool=__version__,
            inputs=inputs,
            keys=stage_keys(inputs),
            outputs=outputs,
            removed=(),
            volatile=self._write_execution(execution or Execution()),
            content_id=content_id(outputs),
            results=dict(results),
        )
        write_text(self.folder / MANIFEST, manifest_text(manifest))
        move_folder(self.folder, self.layout.runs / self.run_id)
        return read_folder(self.layout.runs / self.run_id)

    def discard(self) -> None:
        """Delete what was not committed."""
        with suppress(NeuronarioError):  # the next start tries again; do not hide the first error
            remove_folder(self.folder)

    def _write_execution(self, execution: Execution) -> tuple[Output, ...]:
        plain = {**vars(execution), "seconds": dict(execution.seconds or {})}
        log = plain.pop("log")
        write_text(self.folder / "volatile.json", json_text(plain))
        write_text(self.folder / "run.log", log)
        return tuple(self._output(path) for path in sorted(VOLATILE))

    def _output(self, path: str) -> Output:
        with (self.folder / path).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return Output(path=path, bytes=file.tell(), sha256=sha256)
