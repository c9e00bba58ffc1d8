"""The store of runs: writing them whole or not at all, reading and listing them.

A run is put together in ``STORE/work`` and appears in ``STORE/runs`` by one rename; its manifest
is written last. Callers that write hold the lock (jobs/store/lock.py); readers need none, because
what is in ``runs`` never changes. (Thinning, jobs/store/retention.py, exchanges a whole folder.)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jobs.config.schema import Config
from jobs.corpus.corpus import CorpusCard
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.alphabet import decode
from jobs.model.history import EpochRecord
from jobs.store import run_files
from jobs.store.layout import Layout, prepare_store, run_ids
from jobs.store.manifest import Inputs, stage_inputs, stage_keys
from jobs.store.run import CELLS, IMPORT, ORIGIN, PAGES, SEEN, Run, RunContent
from jobs.store.run_names import open_run, read_run, references, resolve
from jobs.store.staged_run import Execution, StagedRun
from jobs.store.sweeps import protected_keys

__all__ = [
    "Execution",
    "Run",
    "RunContent",
    "RunRow",
    "commit_failure",
    "commit_run",
    "intact",
    "list_runs",
    "newest_run",
    "next_run_id",
    "open_run",
    "read_run",
    "resolve",
    "run_ids",
    "stage_inputs",
    "stage_keys",
    "with_pages",
    "work_folder",
]


@dataclass(frozen=True)
class RunRow:
    """One line of ``neuronario list``; a broken run is a line too."""

    run: str
    status: str  # ok, failed, thinned, or "broken: why"
    parent: str | None = None
    rendered_from: str | None = None
    corpus: str = ""
    characters: int = 0
    held_out_bits: float | None = None  # bits per character
    finished: str = ""  # ISO 8601, UTC
    bytes: int = 0
    thinnable_bytes: int = 0  # what thinning would free
    references: tuple[str, ...] = ()  # baseline, tags
    content_id: str = ""
    swept: bool = False  # made as a cell of a sweep
    sweep: str = ""  # the recorded sweep that it is a cell of
    seed: int | None = None


def next_run_id(store: Path, inputs: Inputs) -> str:
    """The id that the next commit with ``inputs`` gets; certain while the lock is held."""
    ids = run_ids(store)
    number = int(ids[-1][:6]) + 1 if ids else 1
    return f"{number:06d}-{stage_keys(inputs).report[:8]}"


def work_folder(store: Path, train_key: str) -> Path:
    """Where checkpoints of a training with this key are kept until its run is committed."""
    return Layout(store).work / train_key[:16]


def commit_run(
    store: Path,
    content: RunContent,
    pages: Mapping[str, bytes],
    inputs: Inputs,
    *,
    extra: Mapping[str, bytes] | None = None,
    execution: Execution | None = None,
) -> Run:
    """Add a finished run to the store; afterwards it is ``latest``.

    Args:
        store: folder of the store, created if need be; the caller holds its lock.
        content: what the job made.
        pages: Markdown pages and small assets by path inside ``pages/``.
        inputs: what the stages read, from :func:`stage_inputs`.
        extra: further files by path inside the run folder, as ``neurons.jsonl``.
        execution: times, host and log.

    Raises:
        NeuronarioError: 73, 74 or 77 when writing fails; the store is then as before.
    """
    prepare_store(store)
    staged = StagedRun(store, next_run_id(store, inputs))
    try:
        _write_description(staged, content.config, content.card, content.history)
        staged.npz("weights.npz", content.network.arrays())
        if content.network.cells != content.config.network.cells:
            staged.text(CELLS, run_files.cells_text(content.network))
        staged.text(ORIGIN, run_files.origin_text(content.origin))
        if content.seen is not None:
            staged.npz(SEEN, run_files.seen_arrays(content.seen))
        staged.npz("sample.npz", content.sample.arrays())
        staged.npz("probe.npz", content.probe.arrays())
        staged.text("sample.txt", decode(content.sample.ids, content.card.alphabet))
        if content.imported is not None:
            staged.text(IMPORT, run_files.import_text(content.imported))
        staged.files(PAGES, pages)
        staged.files("", extra or {})
        return staged.commit(
            inputs,
            execution,
            parent=newest_run(store),
            results={
                **run_files.evaluation_record(content.evaluation),
                "corpus": content.card.name,
                "characters": content.card.characters,
            },
        )
    finally:
        staged.discard()


def commit_failure(
    store: Path,
    config: Config,
    card: CorpusCard,
    history: tuple[EpochRecord, ...],
    inputs: Inputs,
    reason: str,
    *,
    execution: Execution | None = None,
) -> Run:
    """Keep the record of an unsound training: no weights, no traces, no pages.

    Such a run is never ``latest``, and never a reason to skip the next job.
    """
    prepare_store(store)
    staged = StagedRun(store, next_run_id(store, inputs))
    try:
        _write_description(staged, config, card, history)
        return staged.commit(
            inputs,
            execution,
            parent=newest_run(store),
            status="failed",
            reason=reason,
            results={"corpus": card.name, "characters": card.characters},
        )
    finally:
        staged.discard()


def with_pages(
    store: Path,
    source: Run,
    pages: Mapping[str, bytes],
    inputs: Inputs,
    *,
    extra: Mapping[str, bytes] | None = None,
    execution: Execution | None = None,
) -> Run:
    """Add a run with other pages for the same network and traces, without training.

    Runs never change, so this is a new one: its big files are hard links to those of ``source``
    (copies where the file system has none), and ``rendered_from`` names it: ``latest~1`` and
    ``previous`` step over ``source``. Where ``source`` is the newest run, the new one has the same
    parent; where an older one has come back, the newest run is its parent.

    Raises:
        NeuronarioError: 65 or 66, ``source`` is damaged, failed or thinned; 73, 74 or 77 when
            writing fails.
    """
    prepare_store(store)
    staged = StagedRun(store, next_run_id(store, inputs))
    newest = newest_run(store)
    try:
        optional = [path for path in (ORIGIN, SEEN, IMPORT) if path in source.manifest.files()]
        for path in ("weights.npz", "sample.npz", "probe.npz", "sample.txt", *optional):
            with source.open(path):  # verified: damage is not handed on
                staged.link(path, source.folder / path)
        config = inputs_config(source.config, inputs)
        _write_description(staged, config, source.card, source.history)
        staged.files(PAGES, pages)
        staged.files("", extra or {})
        return staged.commit(
            inputs,
            execution,
            parent=source.manifest.parent if source.id == newest else newest,
            rendered_from=source.id,
            results=source.manifest.results,
        )
    finally:
        staged.discard()


def inputs_config(config: Config, inputs: Inputs) -> Config:
    """``config`` with the sections that the report stage read according to ``inputs``."""
    plain = config.model_dump(mode="json", by_alias=True)
    for section in ("report", "publish"):
        plain[section] = inputs.report[section]
    plain["site"] = {**plain["site"], **_object(inputs.report["site"])}
    return Config.model_validate_json(json.dumps(plain))


def intact(run: Run) -> bool:
    """Whether every file of ``run`` is what its manifest says."""
    try:
        run.content()
        for path in run.manifest.files():
            run.read_bytes(path)
    except NeuronarioError:
        return False
    return True


def newest_run(store: Path) -> str | None:
    """The id of the latest successful run, or None in an empty store."""
    try:
        return resolve(store, "latest")
    except NeuronarioError as error:
        if error.code == ExitCode.NO_INPUT:
            return None
        raise


def list_runs(store: Path) -> list[RunRow]:
    """Every run, oldest first; a damaged one is a row that says so and never an exception.

    Only manifests and executions are read; ``jobs.store.check`` reads everything.
    """
    named: dict[str, list[str]] = {}
    for name, run_id in references(store).items():
        named.setdefault(run_id, []).append(name)
    sweeps = protected_keys(store)
    return [
        replace(_row(store, run_id, sweeps), references=tuple(named.get(run_id, ())))
        for run_id in run_ids(store)
    ]


def finished_at(run: Run) -> str:
    """When the run was finished, ISO 8601 in UTC; "" where that is not known."""
    try:
        value = json.loads(run.read_bytes("volatile.json"))["finished"]
    except (NeuronarioError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def _row(store: Path, run_id: str, sweeps: Mapping[str, str]) -> RunRow:
    try:
        run = open_run(store, run_id)
    except NeuronarioError as error:
        why = str(error).removeprefix(f"run {run_id}: ")
        return RunRow(run_id, f"broken: {why}")
    manifest, results = run.manifest, run.manifest.results
    missing = [path for path in manifest.files() if not (run.folder / path).is_file()]
    bits = results.get("held_out_bits")
    characters = results.get("characters")
    seed = manifest.inputs.train.get("seed")
    return RunRow(
        run=run_id,
        status=f"broken: {missing[0]} is missing" if missing else manifest.status,
        parent=manifest.parent,
        rendered_from=manifest.rendered_from,
        corpus=str(results.get("corpus", "")),
        characters=characters if isinstance(characters, int) else 0,
        held_out_bits=bits if isinstance(bits, float) else None,
        finished=finished_at(run),
        bytes=manifest.bytes,
        thinnable_bytes=sum(output.bytes for output in manifest.outputs if output.is_bulk),
        content_id=manifest.content_id,
        swept=run.swept,
        sweep=sweeps.get(manifest.keys.report, ""),
        seed=seed if isinstance(seed, int) else None,
    )


def _write_description(
    staged: StagedRun, config: Config, card: CorpusCard, history: tuple[EpochRecord, ...]
) -> None:
    staged.text("config.yml", run_files.config_text(config))
    staged.text("corpus.json", run_files.card_text(card))
    staged.text("train.jsonl", run_files.history_text(history))


def _object(value: Any) -> dict[str, Any]:
    return dict(value)
