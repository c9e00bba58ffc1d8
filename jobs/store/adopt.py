"""Taking runs of another store into this one: whole, verified, and no content twice."""

from dataclasses import dataclass
from pathlib import Path

from jobs.disk.files import link_or_copy, move_folder, remove_folder, write_text
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.layout import Layout, prepare_store, run_ids
from jobs.store.manifest import manifest_text
from jobs.store.run import MANIFEST, Run, read_folder
from jobs.store.run_names import open_run
from jobs.store.store import intact, newest_run
from jobs.store.sweeps import SweepRecord, read_sweep, sweep_names, write_sweep

Identity = tuple[str, str]  # report key, content id


@dataclass(frozen=True)
class Collected:
    """What one store gave."""

    store: Path
    taken: int
    known: int  # runs whose content was there already
    refused: tuple[str, ...]  # one line each: damaged, failed or thinned runs, records
    sweeps: int  # records taken


def adopt_run(store: Path, source: Run) -> Run | None:
    """Add a run of another store, with the next number; None where its content is here already.

    The files are linked where that is possible and copied else; each is compared with the manifest
    first. What the run says of itself stays, but for its number, its parent, which is the run that
    was the latest here, and ``rendered_from``, which is kept where the run it means is here too.
    The caller holds the lock.

    Raises:
        NeuronarioError: 65 or 66, a file of the run is damaged or gone; 73, 74, 77 when writing.
    """
    prepare_store(store)
    here = _contents(store)
    if _identity(source) in here:
        return None
    manifest = source.manifest
    for path in manifest.files():
        with source.open(path):  # verified: damage is not taken over
            pass
    run_id = _next_id(store, source)
    staged = Layout(store).work / f"{run_id}.new"
    remove_folder(staged)
    try:
        for path in manifest.files():
            link_or_copy(source.folder / path, staged / path)
        changed = {
            "run": run_id,
            "parent": newest_run(store),
            "rendered_from": _same_origin(source, here),
        }
        write_text(staged / MANIFEST, manifest_text(manifest.model_copy(update=changed)))
        folder = Layout(store).runs / run_id
        move_folder(staged, folder)
        return read_folder(folder)
    finally:
        remove_folder(staged)


def collect_store(store: Path, source: Path) -> Collected:
    """Take over all runs of ``source`` that are whole, oldest first, and its records of sweeps.

    Names (tags, the baseline) and the lines of a published history stay where they are.
    """
    taken = known = sweeps = 0
    refused: list[str] = []
    for run_id in run_ids(source):
        try:
            run = open_run(source, run_id)
            if run.manifest.status != "ok":
                refused.append(f"run {run_id}: {run.manifest.status}, not taken")
                continue
            if not intact(run):
                _ = [run.read_bytes(path) for path in run.manifest.files()]  # says which file
                run.content()
            added = adopt_run(store, run)
        except NeuronarioError as error:
            refused.append(str(error))
            continue
        taken, known = taken + (added is not None), known + (added is None)
    for key in sweep_names(source):
        try:
            sweeps += _take_record(store, read_sweep(source, key))
        except NeuronarioError as error:
            refused.append(str(error))
    return Collected(source, taken, known, tuple(refused), sweeps)


def _take_record(store: Path, record: SweepRecord) -> bool:
    """Keep a record that is not here; one of other runs under the same key stays as it is."""
    if record.key in sweep_names(store):
        if read_sweep(store, record.key) == record:
            return False
        raise NeuronarioError(
            f"sweep {record.key}: the record here is of another text or machine and stays; "
            "`neuronario sweep` renews it",
            ExitCode.BAD_DATA,
        )
    prepare_store(store)
    write_sweep(store, record)
    return True


def _identity(run: Run) -> Identity:
    """What makes two runs equal: what the report was made from, and every byte that was made."""
    return run.manifest.keys.report, run.manifest.content_id


def _contents(store: Path) -> dict[Identity, str]:
    """Identity -> run, of the whole runs of a store."""
    found: dict[Identity, str] = {}
    for run_id in run_ids(store):
        try:
            run = open_run(store, run_id)
        except NeuronarioError:
            continue
        if run.manifest.status == "ok":
            found.setdefault(_identity(run), run_id)
    return found


def _next_id(store: Path, source: Run) -> str:
    ids = run_ids(store)
    number = int(ids[-1][:6]) + 1 if ids else 1
    return f"{number:06d}-{source.id[7:]}"


def _same_origin(source: Run, here: dict[Identity, str]) -> str | None:
    """The run of this store with the content of the run that ``source`` was rendered from."""
    name = source.manifest.rendered_from
    if name is None:
        return None
    try:
        origin = read_folder(source.folder.parent / name)
    except NeuronarioError:
        return None
    return here.get(_identity(origin))
