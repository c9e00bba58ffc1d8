"""One cell of a sweep: an ordinary run, made in a store of its own, by whichever process.

The store of a cell lies below the work folder of the sweep's store, or in a worker's temporary
folder. So cells that are trained at the same time share neither a lock nor a checkpoint, and a
finished run waits there, whole, until it is taken into the sweep's store.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus, CorpusCard, corpus_card
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import GraphicsCard, fingerprint_of
from jobs.machine.packages import TRAINING, check_packages
from jobs.machine.runtime import current_runtime
from jobs.pipeline.card_choice import chosen_card
from jobs.pipeline.pipeline import make_run
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.reports import report_digest
from jobs.pipeline.stages import JobPlan
from jobs.store.lock import locked
from jobs.store.manifest import Inputs, explain_difference, stage_keys
from jobs.store.store import (
    Run,
    intact,
    newest_run,
    open_run,
    run_ids,
    stage_inputs,
)

WAIT_SECONDS = 60.0  # for the worker of a sweep that was killed to see that it is alone


@dataclass(frozen=True)
class CellTask:
    """All that a worker needs, wherever it is."""

    name: str  # for messages: "seed 1, network.layers [50, 50]"
    config: Config
    corpus: Corpus
    inputs: Inputs


@dataclass(frozen=True)
class CellWork:
    """A cell that is to be made."""

    number: int  # of the cell, from 0
    task: CellTask
    place: Path  # its own store
    source: Run | None  # a run that has a part of it already


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended; its run is in its store."""

    code: ExitCode  # OK, UNSOUND, or why the whole sweep ends
    message: str = ""


def run_cell(
    task: CellTask,
    place: Path,
    *,
    quiet: bool = True,
    on_change: Callable[[str], None] = lambda doing: None,
) -> CellOutcome:
    """Make the run of a cell in the store ``place``, or find it there.

    What is there already is used: a finished run, a run with the same training, a checkpoint.
    """
    try:
        card = _card_of_same_machine(task)
        with locked(place, "starting", wait_seconds=WAIT_SECONDS) as lock:

            def tell(doing: str) -> None:
                lock.describe(doing)
                on_change(doing)

            with ProgressDisplay(quiet=quiet, on_change=tell) as progress:
                _make(task, place, progress, card)
    except NeuronarioError as error:
        return CellOutcome(error.code, str(error))
    return CellOutcome(ExitCode.OK)


def swept_card(config: Config, card: CorpusCard) -> GraphicsCard | None:
    """The card that a cell is trained on, which it must ask for; None: the processor."""
    return chosen_card(config, len(card.alphabet), card.characters, swept=True)


def made_run(place: Path, inputs: Inputs) -> Run | None:
    """The newest run in ``place`` made from ``inputs``, failed or not; None where there is none."""
    wanted = stage_keys(inputs).report
    for run_id in reversed(run_ids(place)):
        run = open_run(place, run_id)
        if run.manifest.keys.report == wanted:
            return run
    return None


def _make(
    task: CellTask, place: Path, progress: ProgressDisplay, card: GraphicsCard | None
) -> None:
    name = newest_run(place)
    plan = JobPlan(
        config=task.config,
        corpus=task.corpus,
        inputs=task.inputs,
        store=place,
        site=place,  # nothing is published
        newest=None if name is None else open_run(place, name),
        graphics_card=card,
    )
    done = plan.reusable if plan.source is not None and intact(plan.source) else ""
    if done == "report":
        return
    if done != "trace":
        check_packages(TRAINING)
    make_run(plan, progress, done, resume=True, swept=True)


def _card_of_same_machine(task: CellTask) -> GraphicsCard | None:
    """The card that the cell is trained on, where this machine makes the bytes that are asked for.

    Raises:
        NeuronarioError: 78, processor, packages or program are others here.
    """
    card = corpus_card(task.corpus)
    used = swept_card(task.config, card)
    runtime = current_runtime(fingerprint_of(used))
    here = stage_inputs(task.config, card, runtime, report_digest())
    if stage_keys(here) != stage_keys(task.inputs):
        differs = explain_difference(task.inputs, here)[0]
        raise NeuronarioError(
            f"a worker would make other bytes than this machine ({differs}); use workers with the "
            "same processor and the same installation, or sweep in parts there (--part, collect)",
            ExitCode.BAD_CONFIG,
        )
    return used
