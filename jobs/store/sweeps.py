"""The records of sweeps: which runs belong together, and what was measured across them.

    STORE/sweeps/<key>.json        the cells, by the keys of their stages; written first
    STORE/sweeps/<key>.found.json  what the report measured across the seeds; written last

A run belongs to a cell by its report key, so that neither the run's number nor the way in which it
came into the store matters: equal sweeps give equal records. The key of a sweep is the digest of
its configurations, not of the text: the sweep of the same file on a newer text takes the place of
the older one. Runs of a recorded sweep are never removed by the retention rules.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, JsonValue, ValidationError

from jobs.config.schema import Config
from jobs.disk.files import json_text, remove_file, write_bytes, write_text
from jobs.disk.regular_file import open_regular
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.layout import Layout, run_ids
from jobs.store.manifest import Record, StageKeys, digest
from jobs.store.run import Run
from jobs.store.run_files import config_text
from jobs.store.run_names import open_run

SCHEMA = 1
KEY = r"^[0-9a-f]{8}$"
MAX_BYTES = 200_000_000


class SweepCell(Record):
    """One run of a sweep, made or to be made."""

    seed: int
    settings: dict[str, JsonValue]  # varied key -> value
    configuration: str = Field(pattern=r"^[0-9a-f]{16}$")  # see :func:`configuration_key`
    keys: StageKeys


class SweepRecord(Record):
    """The cells of a sweep, in the order of its file: seeds of one setting follow each other."""

    schema_version: int = Field(alias="schema", ge=1, le=SCHEMA)
    key: str = Field(pattern=KEY)
    cells: tuple[SweepCell, ...]


@dataclass(frozen=True)
class StoredSweep:
    """A sweep with the runs that the store has of it."""

    record: SweepRecord
    runs: tuple[Run | None, ...]  # by cell; None: not there, or damaged


def configuration_key(config: Config) -> str:
    """Which runs differ in nothing but seed and text: the digest of corpus source, network and
    training of ``config``, as a run keeps them.
    """
    plain = _public(config)
    return digest([plain[section] for section in ("corpus", "network", "training")])[:16]


def sweep_key(configs: Iterable[Config]) -> str:
    """The key of the sweep with these configurations."""
    return digest([_public(config) for config in configs])[:8]


def write_sweep(store: Path, record: SweepRecord) -> None:
    """Keep the record of a sweep; the caller holds the lock."""
    plain = record.model_dump(mode="json", by_alias=True)
    write_text(_path(store, record.key), json_text(plain))


def read_sweep(store: Path, key: str) -> SweepRecord:
    """The record with this key.

    Raises:
        NeuronarioError: 66, there is none; 65, it is damaged.
    """
    path = _path(store, key)
    data = _read(path)
    if data is None:
        raise NeuronarioError(f"no sweep {key!a} in {store}", ExitCode.NO_INPUT)
    try:
        record = SweepRecord.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise NeuronarioError(
            f"{path}: not the record of a sweep ({first['msg']}); delete it, "
            "`neuronario sweep` writes it again",
            ExitCode.BAD_DATA,
        ) from None
    if record.key != key:
        raise NeuronarioError(
            f"{path}: is the record of sweep {record.key}; delete it", ExitCode.BAD_DATA
        )
    return record


def sweep_names(store: Path) -> list[str]:
    """The key of every record, damaged ones included."""
    folder = Layout(store).sweeps
    if not folder.is_dir():
        return []
    stems = (path.stem for path in folder.iterdir() if path.suffix == ".json")
    return sorted(stem for stem in stems if re.fullmatch(KEY, stem))


def sweep_records(store: Path) -> list[SweepRecord]:
    """Every record that can be read; ``neuronario check`` names the others."""
    found = []
    for key in sweep_names(store):
        with suppress(NeuronarioError):
            found.append(read_sweep(store, key))
    return found


def stored_sweep(store: Path, record: SweepRecord) -> StoredSweep:
    """A sweep with its runs: of several with one report key the newest."""
    wanted = {cell.keys.report[:8] for cell in record.cells}  # with which a run's id ends
    ids = [run_id for run_id in run_ids(store) if run_id[7:] in wanted]
    by_key = _by_key(store, ids, "report")
    return StoredSweep(
        record,
        tuple(next(iter(by_key.get(cell.keys.report, ())), None) for cell in record.cells),
    )


def newest_sweep(store: Path, configuration: str) -> StoredSweep | None:
    """The newest measured sweep with two seeds or more of a configuration: that with the newest
    run.
    """
    found: list[tuple[str, str, StoredSweep]] = []
    for record in sweep_records(store):
        if not any(cell.configuration == configuration for cell in record.cells):
            continue
        if not _found_path(store, record.key).exists():
            continue  # not finished yet
        sweep = stored_sweep(store, record)
        runs = [
            run
            for cell, run in zip(record.cells, sweep.runs, strict=True)
            if run is not None and cell.configuration == configuration
        ]
        if len(runs) >= 2:
            found.append((max(run.id for run in runs), record.key, sweep))
    return max(found, key=lambda item: item[:2])[2] if found else None


def runs_by_key(store: Path, stage: str) -> dict[str, list[Run]]:
    """Key of ``stage`` -> the whole, successful runs with it, newest first."""
    return _by_key(store, run_ids(store), stage)


def _by_key(store: Path, ids: list[str], stage: str) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run_id in reversed(ids):
        with suppress(NeuronarioError):
            run = open_run(store, run_id)
            if run.manifest.status == "ok":
                found.setdefault(getattr(run.manifest.keys, stage), []).append(run)
    return found


def protected_keys(store: Path) -> dict[str, str]:
    """Report key -> sweep that has a cell with it, of all records."""
    records = sweep_records(store)
    return {cell.keys.report: record.key for record in records for cell in record.cells}


def write_found(store: Path, key: str, data: bytes) -> None:
    """Keep what was measured across the seeds of a sweep."""
    write_bytes(_found_path(store, key), data)


def read_found(store: Path, key: str) -> bytes | None:
    """What :func:`write_found` kept; None where nothing was measured yet."""
    return _read(_found_path(store, key))


def forget_sweep(store: Path, key: str) -> None:
    """Take the record of a sweep away; its runs stay until the retention rules remove them."""
    remove_file(_path(store, key))
    remove_file(_found_path(store, key))


def by_setting(sweep: StoredSweep) -> list[tuple[dict[str, JsonValue], list[Run]]]:
    """Each setting that has a run, and its runs by seed, in the order of the sweep's file."""
    found: list[tuple[dict[str, JsonValue], list[Run]]] = []
    for cell, run in zip(sweep.record.cells, sweep.runs, strict=True):
        if run is None:
            continue
        if not found or found[-1][0] != cell.settings:
            found.append((cell.settings, []))
        found[-1][1].append(run)
    return found


def contents_by_setting(sweep: StoredSweep) -> list[tuple[str, ...]]:
    """The content ids of the runs of each setting."""
    return [tuple(run.manifest.content_id for run in runs) for _, runs in by_setting(sweep)]


def _public(config: Config) -> dict[str, Any]:
    """A configuration without what is private to the machine, as config.yml keeps it."""
    plain: dict[str, Any] = yaml.safe_load(config_text(config))
    return plain


def _path(store: Path, key: str) -> Path:
    return Layout(store).sweeps / f"{key}.json"


def _found_path(store: Path, key: str) -> Path:
    return Layout(store).sweeps / f"{key}.found.json"


def _read(path: Path) -> bytes | None:
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise NeuronarioError(f"{path}: {error.strerror}", ExitCode.BAD_DATA) from error
    if len(data) > MAX_BYTES:
        raise NeuronarioError(f"{path}: larger than any such record; delete it", ExitCode.BAD_DATA)
    return data
