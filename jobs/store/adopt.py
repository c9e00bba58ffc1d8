"""Taking runs of another store into this one: whole, verified, and no content twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.disk.files import (
    link_or_copy,
    move_folder,
    remove_folder,
    write_bytes,
    write_text,
)
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.layout import Layout, prepare_store, run_ids
from jobs.store.manifest import ManifestError, manifest_text, parse_manifest
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
    known = here.get(_identity(source))
    if known is not None and _whole(open_run(store, known)):
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


def pack_run(run: Run) -> dict[str, bytes]:
    """Every file of a run by its path, to be sent elsewhere.

    Raises:
        NeuronarioError: 65 or 66, a file is damaged or gone.
    """
    files = {path: run.read_bytes(path) for path in run.manifest.files()}
    return {**files, MANIFEST: manifest_text(run.manifest).encode("ascii")}


def unpack_run(store: Path, files: Mapping[str, bytes]) -> Run:
    """Put a run that :func:`pack_run` made into a store, under its own number; of a run that is
    there already the new one takes the place.

    Raises:
        NeuronarioError: 65, the files are not those of its manifest.
    """
    prepare_store(store)
    try:
        manifest = parse_manifest(files[MANIFEST])
    except (KeyError, ManifestError) as error:
        raise NeuronarioError(
            f"a run came without its manifest: {error}", ExitCode.BAD_DATA
        ) from error
    if files.keys() != {MANIFEST, *manifest.files()}:
        raise NeuronarioError(
            f"run {manifest.run}: came with other files than its manifest names", ExitCode.BAD_DATA
        )
    layout = Layout(store)
    staged, folder = layout.work / f"{manifest.run}.new", layout.runs / manifest.run
    remove_folder(staged)
    for path, data in files.items():
        write_bytes(staged / path, data)
    run = read_folder(staged)
    for path in manifest.files():
        run.read_bytes(path)  # verified
    remove_folder(folder)
    move_folder(staged, folder)
    return read_folder(folder)


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
    """Identity -> the newest run with it, thinned ones left out."""
    found: dict[Identity, str] = {}
    for run_id in run_ids(store):
        try:
            run = open_run(store, run_id)
        except NeuronarioError:
            continue
        if run.manifest.status != "thinned":
            found[_identity(run)] = run_id
    return found


def _whole(run: Run) -> bool:
    return run.manifest.status == "failed" or intact(run)


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
