"""``neuronario check``: every byte of a store against what it ought to be."""

import re
from dataclasses import dataclass
from pathlib import Path

from jobs.disk.regular_file import open_regular
from jobs.errors import NeuronarioError
from jobs.store.layout import Layout, check_format, is_foreign
from jobs.store.manifest import RUN_ID, content_id
from jobs.store.published_history import kept_line, kept_runs
from jobs.store.run import MANIFEST, Run, file_problem
from jobs.store.run_names import open_run, reference, reference_names
from jobs.store.sweeps import read_sweep, sweep_names


@dataclass(frozen=True)
class Finding:
    """Something wrong in a store."""

    run: str  # "" where no run is concerned
    path: str  # inside the run folder, or inside the store
    problem: str

    def __str__(self) -> str:
        """``000012-1a2b3c4d/weights.npz: SHA-256 does not match the manifest``."""
        return f"{f'{self.run}/' if self.run else ''}{ascii(self.path)[1:-1]}: {self.problem}"


def check_store(store: Path) -> list[Finding]:
    """Read every file of every run; an intact store gives no findings.

    What is in ``work`` is of no account. Unknown files are findings too: a run folder holds
    exactly what its manifest lists.
    """
    layout = Layout(store)
    findings: list[Finding] = []
    try:
        if not check_format(store) and is_foreign(store):
            findings.append(Finding("", "FORMAT", "is missing: damaged, or no store of neuronario"))
    except NeuronarioError as error:
        return [Finding("", "FORMAT", str(error))]
    if layout.runs.is_dir():
        for folder in sorted(layout.runs.iterdir()):
            findings += _check_run_folder(store, folder)
    for name in reference_names(store):
        try:
            reference(store, name)
        except NeuronarioError as error:
            findings.append(Finding("", f"refs/{name}", str(error)))
    for key in sweep_names(store):
        try:
            read_sweep(store, key)
        except NeuronarioError as error:
            problem = str(error).partition(": ")[2]
            findings.append(Finding("", f"sweeps/{key}.json", problem))
    findings += [
        Finding("", f"history/{name}.json", "the history's line of this run is damaged")
        for name in kept_runs(store)
        if kept_line(store, name) is None
    ]
    return findings


def _check_run_folder(store: Path, folder: Path) -> list[Finding]:
    if not re.fullmatch(RUN_ID, folder.name):
        return [Finding("", f"runs/{folder.name}", "is no run")]
    if folder.is_symlink():
        return [Finding(folder.name, "", "is a symbolic link")]
    try:
        run = open_run(store, folder.name)
    except NeuronarioError as error:
        return [Finding(folder.name, MANIFEST, str(error))]
    return [*_check_files(run), *_check_meaning(run)]


def _check_files(run: Run) -> list[Finding]:
    findings: list[Finding] = []
    listed = run.manifest.files()
    for path, output in listed.items():
        try:
            with open_regular(run.folder / path) as file:
                problem = file_problem(file, output)
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            findings.append(Finding(run.id, path, problem))
    for entry in sorted(run.folder.rglob("*")):
        path = entry.relative_to(run.folder).as_posix()
        ordinary_folder = entry.is_dir() and not entry.is_symlink()
        if path not in listed and path != MANIFEST and not ordinary_folder:
            findings.append(Finding(run.id, path, "is not in the manifest"))
    return findings


def _check_meaning(run: Run) -> list[Finding]:
    """Whether the files can be read as what they are, and the content id is theirs."""
    manifest = run.manifest
    if manifest.content_id != content_id((*manifest.outputs, *manifest.removed)):
        return [Finding(run.id, MANIFEST, "the content id is not that of the outputs")]
    try:
        _ = run.config, run.card, run.history
        if run.manifest.status == "ok":
            run.content()
    except NeuronarioError as error:
        return [Finding(run.id, "", str(error))]
    return []
