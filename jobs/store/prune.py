"""Carries out what jobs/store/retention.py decides, and clears what killed jobs left behind.

The caller holds the store's lock. A run disappears from ``runs`` by one rename and a thinned one
takes its place in one exchange, so a reader meets a whole run or none.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.filesize import decimal

from jobs.config.schema import RetentionConfig
from jobs.disk.exchange import exchange_names
from jobs.disk.files import link_or_copy, move_folder, remove_file, remove_folder, write_text
from jobs.store.layout import TEMPORARY, WORK_FOLDER, Layout
from jobs.store.manifest import Output, manifest_text
from jobs.store.retention import Decision, decide
from jobs.store.run import MANIFEST
from jobs.store.run_names import open_run
from jobs.store.store import list_runs


def prune(
    store: Path, policy: RetentionConfig, *, dry_run: bool, now: datetime | None = None
) -> list[Decision]:
    """Remove and thin runs by ``policy``; returns the decision on every run, oldest first.

    With ``dry_run`` nothing is touched.

    Raises:
        NeuronarioError: 74 or 77, something could not be removed; what was done stays done.
    """
    decisions = decide(list_runs(store), policy, now or datetime.now(UTC))
    if not dry_run:
        clear_leftovers(store)
        for decision in decisions:
            if decision.action == "remove":
                remove_run(store, decision.run)
            elif decision.action == "thin":
                thin_run(store, decision.run)
    return decisions


def summary(decisions: Sequence[Decision]) -> str:
    """``kept 12, thinned 1, removed 3 runs; 41.2 MB freed``."""
    count = dict.fromkeys(("keep", "thin", "remove"), 0)
    for decision in decisions:
        count[decision.action] += 1
    freed = decimal(sum(decision.bytes for decision in decisions))
    return (
        f"kept {count['keep']}, thinned {count['thin']}, removed {count['remove']} runs; "
        f"{freed} freed"
    )


def remove_run(store: Path, run_id: str) -> None:
    """Take a run out of the store."""
    layout = Layout(store)
    gone = layout.work / f"{run_id}.gone"
    remove_folder(gone)
    move_folder(layout.runs / run_id, gone)
    remove_folder(gone)


def thin_run(store: Path, run_id: str) -> None:
    """Drop arrays and pages of a run, keep its description and its content id.

    Raises:
        NeuronarioError: 65, the run is damaged; it is left as it is.
    """
    layout = Layout(store)
    run = open_run(store, run_id)
    manifest = run.manifest
    bulk = tuple(output for output in manifest.outputs if output.is_bulk)
    kept = tuple(output for output in manifest.outputs if not output.is_bulk)
    staged = layout.work / f"{run_id}.thin"
    remove_folder(staged)
    for output in (*kept, *manifest.volatile):
        with run.open(output.path):  # verified
            link_or_copy(run.folder / output.path, staged / output.path)
    thinned = manifest.model_copy(
        update={"status": "thinned", "outputs": kept, "removed": _sorted(manifest.removed + bulk)}
    )
    write_text(staged / MANIFEST, manifest_text(thinned))
    if exchange_names(staged, run.folder):
        remove_folder(staged)  # the whole run, which has changed its name with the thinned one
    else:
        gone = layout.work / f"{run_id}.gone"
        move_folder(run.folder, gone)  # killed here: clear_leftovers brings the thinned run in
        move_folder(staged, run.folder)
        remove_folder(gone)


LASTING = (
    "refs",
    "history",
    "sweeps",
)  # folders beside the runs in which single files are replaced


def clear_leftovers(store: Path) -> None:
    """Delete what killed jobs left in the store: staged runs, temporary files, all but the newest
    checkpoint.
    """
    layout = Layout(store)
    for thinned in layout.work.glob("*.thin"):
        target = layout.runs / thinned.stem
        if (thinned / MANIFEST).is_file() and not target.exists():
            move_folder(thinned, target)
    for kept in (store.glob(".*.tmp"), *((store / name).rglob(".*.tmp") for name in LASTING)):
        for temporary in list(kept):
            if TEMPORARY.fullmatch(temporary.name):
                remove_file(temporary)
    folders = [
        item
        for item in layout.work.glob("*")
        if WORK_FOLDER.fullmatch(item.name) and item.is_dir() and not item.is_symlink()
    ]
    checkpoints = sorted(
        (item for item in folders if not item.suffix), key=lambda item: item.stat().st_mtime_ns
    )
    for folder in folders:
        if folder.suffix or folder != checkpoints[-1]:
            remove_folder(folder)
    for folder in checkpoints[-1:]:
        for temporary in folder.glob(".*.tmp"):
            remove_file(temporary)


def _sorted(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    return tuple(sorted(outputs, key=lambda output: output.path))
