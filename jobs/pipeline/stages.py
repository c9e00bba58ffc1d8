"""The stages that make a run's content: training, sampling, tracing the probe.

TensorFlow is imported inside the functions: a job that only renders pages starts without it.
"""

import os
import resource
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus, CorpusCard, corpus_card
from jobs.disk.files import remove_folder
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.history import EpochRecord
from jobs.model.network import Network, initial_network, model_summary
from jobs.model.trace import Trace
from jobs.pipeline.progress import ProgressDisplay, utc_now
from jobs.store.manifest import Inputs, stage_keys
from jobs.store.store import (
    Execution,
    Run,
    commit_failure,
    intact,
    open_run,
    run_ids,
    work_folder,
)

if TYPE_CHECKING:
    from jobs.engine.train import Training

CHECKPOINT = "checkpoint.npz"
PROBE_CONTEXT = 100  # characters read before the probe, so that its states are warmed up


@dataclass(frozen=True)
class JobPlan:
    """A job before anything heavy is done: its inputs, and what the store already has of them."""

    config: Config
    corpus: Corpus
    inputs: Inputs
    store: Path
    site: Path
    newest: Run | None

    @cached_property
    def card(self) -> CorpusCard:
        """What is kept of the text."""
        return corpus_card(self.corpus)

    @property
    def reusable(self) -> str:
        """The last stage whose result the store already has: report, trace, train or ""."""
        return self._reused[0]

    @property
    def source(self) -> Run | None:
        """The run that has it: the newest one, or where a configuration came back, an older one."""
        return self._reused[1]

    @cached_property
    def _reused(self) -> tuple[str, Run | None]:
        if self.newest is None:
            return "", None
        runs, keys = [self.newest], stage_keys(self.inputs)
        if self.newest.manifest.keys.report != keys.report and not self._warm:
            runs += self._older()
        for stage in ("report", "trace", "train"):
            for run in runs:
                same = getattr(run.manifest.keys, stage) == getattr(keys, stage)
                if same and (run is self.newest or intact(run)):
                    return stage, run
        return "", None

    @property
    def _warm(self) -> bool:
        """Whether training goes on from the newest run: then no older one is what it would give."""
        return self.config.training.start == "previous"

    def _older(self) -> list[Run]:
        """Every successful run before the newest that can be opened, newest first."""
        found = []
        for run_id in reversed(run_ids(self.store)):
            with suppress(NeuronarioError):
                run = open_run(self.store, run_id)
                if run.manifest.status == "ok" and self.newest and run.id != self.newest.id:
                    found.append(run)
        return found

    @property
    def work(self) -> Path:
        """Where this training keeps its checkpoint."""
        return work_folder(self.store, stage_keys(self.inputs).train)


def train_stage(plan: JobPlan, progress: ProgressDisplay, *, resume: bool) -> "Training":
    """Train, or go on from the checkpoint of an interrupted training.

    Raises:
        NeuronarioError: 4, the training was unsound; a failed run records it.
    """
    if not resume:
        remove_folder(plan.work)
    with progress.stage("train"):
        start_tensorflow()
        from jobs.engine.checkpoint import read_checkpoint, training_key
        from jobs.engine.train import train

        start = warm_start(plan)
        checkpoint = plan.work / CHECKPOINT
        saved = read_checkpoint(checkpoint, training_key(plan.corpus, plan.config, start))
        history = list(saved.history) if saved else []
        for line in summary_lines(plan):
            progress.note(line)
        progress.epochs(plan.config.training.epochs, len(history))

        def on_epoch(record: EpochRecord, _seconds: float) -> None:
            history.append(record)
            progress.epoch(record)

        try:
            return train(
                plan.corpus, plan.config, start=start, checkpoint=checkpoint, on_epoch=on_epoch
            )
        except NeuronarioError as error:
            if error.code == ExitCode.UNSOUND:
                _keep_failure(plan, tuple(history), str(error), progress)
            raise


def warm_start(plan: JobPlan) -> Network | None:
    """The previous run's weights for ``training.start: previous``, where they fit."""
    if plan.config.training.start == "fresh" or plan.newest is None:
        return None
    network, old = plan.newest.network, plan.newest.card.alphabet
    fits = network.sizes == plan.config.network.layers and old == plan.corpus.alphabet
    return network if fits else None


def summary_lines(plan: JobPlan) -> list[str]:
    """The layers of the network that is to be trained, with their parameter counts."""
    config = plan.config
    network = initial_network(len(plan.corpus.alphabet), config.network.layers, config.seed)
    return model_summary(network).splitlines()


def sample_stage(plan: JobPlan, network: Network) -> Trace:
    """The network writes its text, from a start taken from the corpus."""
    start_tensorflow()
    from jobs.engine.sample import choose_start, sample

    config = plan.config
    return sample(
        network,
        mode=config.training.mode,
        start_ids=choose_start(plan.corpus, config),
        characters=config.sample.characters,
        temperature=config.sample.temperature,
        seed=config.seed,
    )


def probe_stage(plan: JobPlan, network: Network) -> Trace:
    """The network reads the pinned probe: the first characters of the held-out part."""
    start_tensorflow()
    from jobs.engine.trace_text import trace_text

    start = plan.corpus.held_out_start
    return trace_text(
        network,
        plan.corpus.held_out_ids[: plan.config.probe.characters].astype(np.int32),
        mode=plan.config.training.mode,
        context=plan.corpus.context(start, PROBE_CONTEXT).astype(np.int32),
    )


def current_execution(progress: ProgressDisplay) -> Execution:
    """When, where and how long, so far."""
    return Execution(
        started=progress.started,
        finished=utc_now(),
        host=socket.gethostname(),
        process=os.getpid(),
        seconds=dict(progress.seconds),
        peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        log=progress.log_text(),
    )


def _keep_failure(
    plan: JobPlan, history: tuple[EpochRecord, ...], reason: str, progress: ProgressDisplay
) -> None:
    commit_failure(
        plan.store,
        plan.config,
        plan.card,
        history,
        plan.inputs,
        reason,
        execution=current_execution(progress),
    )
    remove_folder(plan.work)
