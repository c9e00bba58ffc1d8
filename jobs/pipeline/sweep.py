"""A sweep from its file to a complete store: which cells are there, which are to be made, by whom.

The store is the memory: a cell that it has is skipped, a cell that was begun goes on. Finished
cells are taken into the store in the order of the file, so that runs have the same numbers however
many workers made them; only a cell that is made again later gets a later number.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.config.memory import check_memory
from jobs.config.sweep_file import Sweep, Variant, load_sweep
from jobs.corpus.corpus import Corpus, corpus_card
from jobs.corpus.load import load_corpus
from jobs.disk.files import remove_folder
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import fingerprint_of
from jobs.machine.packages import TRAINING, check_packages
from jobs.machine.runtime import current_runtime
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.reports import concept_count, measure_across_seeds, report_digest
from jobs.pipeline.session import JobOptions, running_job
from jobs.pipeline.sweep_cell import CellOutcome, CellTask, CellWork, made_run, swept_card
from jobs.pipeline.sweep_workers import DoneCells, by_cluster, by_processes, one_by_one
from jobs.store.adopt import adopt_run
from jobs.store.layout import Layout, prepare_store
from jobs.store.lock import locked
from jobs.store.manifest import StageKeys, stage_keys
from jobs.store.store import Run, intact, stage_inputs
from jobs.store.sweeps import (
    SweepCell,
    SweepRecord,
    configuration_key,
    forget_sweep,
    read_sweep,
    runs_by_key,
    sweep_key,
    sweep_names,
    write_sweep,
)

CELLS = "cells"  # folder of the cells' own stores, below STORE/work


@dataclass(frozen=True)
class SweepOptions:
    """What the command line says about a sweep."""

    path: Path
    store: Path | None = None  # None: as the configuration says
    part: tuple[int, int] = (1, 1)  # i of n: every n-th cell, from the i-th on
    workers: int = 1
    scheduler: str = ""  # address of a Dask scheduler; "": this machine
    quiet: bool = False
    wait_seconds: int = 0

    def store_folder(self, sweep: Sweep) -> Path:
        """Where the runs are."""
        return self.store or Path(sweep.base.config.store.directory)


@dataclass(frozen=True)
class PlannedCell:
    """A cell, and what the store has of it."""

    cell: Variant
    task: CellTask
    keys: StageKeys
    run: Run | None  # its run, whole
    source: Run | None  # else one with the same training

    @property
    def state(self) -> str:
        """``there: run 000003-1a2b3c4d``, in words for a list."""
        if self.run is not None:
            return f"there: run {self.run.id}"
        if self.source is None:
            return "to be trained"
        return f"trained in run {self.source.id}, to be measured"


@dataclass(frozen=True)
class SweepPlan:
    """All cells of a sweep, whichever part of them is to be made."""

    record: SweepRecord
    cells: tuple[PlannedCell, ...]


@dataclass(frozen=True)
class SweepResult:
    """What a sweep leaves."""

    made: int  # cells that were made now
    there: int  # cells of the part that were there before
    failed: tuple[str, ...]  # cells whose training was unsound, one line each
    lines: tuple[str, ...]  # what each setting gave, one line each; () of a part


def plan_sweep(sweep: Sweep, store: Path) -> SweepPlan:
    """Read the texts, and look up what the store has of every cell; nothing is written.

    Raises:
        NeuronarioError: 65, 66, 74, 77 a text; 78 concepts of one name, or too little memory.
    """
    concept_count(sweep.base.config.report)
    templates = report_digest()
    found = {stage: runs_by_key(store, stage) for stage in ("report", "trace", "train")}
    corpora: dict[object, Corpus] = {}
    planned = []
    for cell in sweep.cells:
        corpus = _corpus(cell, corpora)
        check_memory(cell.config, len(corpus.alphabet), corpus.characters)
        card = corpus_card(corpus)
        runtime = current_runtime(fingerprint_of(swept_card(cell.config, card)))
        inputs = stage_inputs(cell.config, card, runtime, templates)
        keys = stage_keys(inputs)
        run = _first_whole(found["report"].get(keys.report, ()))
        candidates = (
            *found["trace"].get(keys.trace, ()),
            *found["train"].get(keys.train, ()),
        )
        source = None if run else _first_whole(candidates)
        task = CellTask(str(cell), cell.config, corpus, inputs)
        planned.append(PlannedCell(cell, task, keys, run, source))
    record = SweepRecord(
        schema=1,
        key=sweep_key(cell.config for cell in sweep.cells),
        cells=tuple(
            SweepCell(
                seed=one.cell.seed,
                settings=dict(one.cell.settings),
                configuration=configuration_key(one.cell.config),
                keys=one.keys,
            )
            for one in planned
        ),
    )
    return SweepPlan(record, tuple(planned))


def describe_sweep(options: SweepOptions) -> Iterator[str]:
    """Each cell of the part with what is there of it, one line each; nothing is made."""
    sweep = load_sweep(options.path)
    cells = plan_sweep(sweep, options.store_folder(sweep)).cells
    for one in _dealt(cells, options.part):
        yield f"cell {one.cell.number + 1} of {len(cells)}: {one.cell}: {one.state}"


def run_sweep(options: SweepOptions) -> SweepResult:
    """Make every cell of the part that the store does not have.

    Raises:
        NeuronarioError: as a job; what is finished is kept, and the next call goes on from there.
    """
    sweep = load_sweep(options.path)
    store = options.store_folder(sweep)
    job = JobOptions(
        options.path, store, quiet=options.quiet, wait_seconds=options.wait_seconds, publish=False
    )
    with running_job(job, sweep.base) as progress:
        with progress.stage("texts"):
            plan = plan_sweep(sweep, store)
        prepare_store(store)
        write_sweep(store, plan.record)  # from now on its runs are kept
        dealt = _dealt(plan.cells, options.part)
        works = [_work(one, store) for one in dealt if one.run is None]
        there = len(dealt) - len(works)
        progress.note(f"{len(dealt)} cells, {there} of them are there")
        failed = tuple(_make_cells(store, works, options, progress))
        whole = options.part == (1, 1)  # what is common to all cells needs all of them
        lines = measure_across_seeds(store, plan.record, progress) if whole else []
    return SweepResult(len(works) - len(failed), there, failed, tuple(lines))


def forget(options: SweepOptions) -> bool:
    """Take the record of a sweep away, and what it had begun; False where there is none."""
    sweep = load_sweep(options.path)
    store = options.store_folder(sweep)
    key = sweep_key(cell.config for cell in sweep.cells)
    with locked(store, "sweep --forget"):
        if key not in sweep_names(store):
            return False
        with suppress(NeuronarioError):  # a damaged record does not say what was begun
            for one in read_sweep(store, key).cells:
                remove_folder(_place(store, one.keys))
        forget_sweep(store, key)
        return True


def _make_cells(
    store: Path, works: Sequence[CellWork], options: SweepOptions, progress: ProgressDisplay
) -> Iterator[str]:
    """Make them, and take them into the store in their order; yields a line for each failure."""
    if any(work.source is None for work in works):
        check_packages(TRAINING)
    total, ended = len(works), 0
    outcomes: dict[int, CellOutcome] = {}
    waiting = deque(works)

    def say(doing: str) -> None:
        progress.doing(f"{ended} of {total} cells done, {doing}")

    with progress.stage("sweep"):
        for work, outcome in _engine(works, options, progress, say):
            if outcome.code not in (ExitCode.OK, ExitCode.UNSOUND):
                raise NeuronarioError(f"{work.task.name}: {outcome.message}", outcome.code)
            outcomes[work.number] = outcome
            ended += 1
            progress.note(f"{ended} of {total} done: {work.task.name}{_result(work, outcome)}")
            say("going on")
            while waiting and waiting[0].number in outcomes:
                first = waiting.popleft()
                _take(store, first)
                if outcomes[first.number].code == ExitCode.UNSOUND:
                    yield f"{first.task.name}: {outcomes[first.number].message}"


def _engine(
    works: Sequence[CellWork],
    options: SweepOptions,
    progress: ProgressDisplay,
    say: Callable[[str], None],
) -> DoneCells:
    if not works:
        return iter(())
    if options.scheduler:
        return by_cluster(works, options.scheduler, progress)
    if options.workers > 1:
        return by_processes(works, options.workers, progress)
    return one_by_one(works, progress, say)


def _work(one: PlannedCell, store: Path) -> CellWork:
    place = _place(store, one.keys)
    if one.source is not None:
        with locked(place, "preparing"):
            adopt_run(place, one.source)
    return CellWork(one.cell.number, one.task, place, one.source)


def _place(store: Path, keys: StageKeys) -> Path:
    """A cell's own store; its name outlives a new version of the report, and so its checkpoint."""
    return Layout(store).work / CELLS / keys.trace[:16]


def _take(store: Path, work: CellWork) -> None:
    """Take the run of a cell into the store, and its own store away."""
    run = made_run(work.place, work.task.inputs)
    if run is None:
        raise NeuronarioError(
            f"{work.task.name}: its run is gone from {work.place}; start the sweep again",
            ExitCode.IO_ERROR,
        )
    adopt_run(store, run)
    remove_folder(work.place)


def _result(work: CellWork, outcome: CellOutcome) -> str:
    run = made_run(work.place, work.task.inputs)
    if outcome.code == ExitCode.UNSOUND or run is None:
        return f": {outcome.message}"
    return f": {run.evaluation.held_out_bits:.3f} bits per character"


def _dealt(cells: Sequence[PlannedCell], part: tuple[int, int]) -> Sequence[PlannedCell]:
    """Every n-th cell from the i-th on: each cell is in one part."""
    number, parts = part
    return cells[number - 1 :: parts]


def _corpus(cell: Variant, corpora: dict[object, Corpus]) -> Corpus:
    """The text of a cell, read once for all cells that share it."""
    training = cell.config.training
    key = (cell.config.corpus, cell.folder, training.regime, training.window)
    if key not in corpora:
        corpora[key] = load_corpus(cell.config.corpus, cell.folder, training)
    return corpora[key]


def _first_whole(runs: Sequence[Run]) -> Run | None:
    return next((run for run in runs if intact(run)), None)
