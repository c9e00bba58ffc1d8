"""The plan of a job, and the stages that make a run's content after its training: sampling, tracing
the probe.

TensorFlow is imported inside the functions: a job that only renders pages starts without it.
"""

import os
import resource
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus, CorpusCard, corpus_card
from jobs.corpus.seen import Seen
from jobs.errors import NeuronarioError
from jobs.machine.graphics_card import GraphicsCard, fingerprint_of
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.grow import regrown
from jobs.model.network import Network
from jobs.model.trace import Trace
from jobs.pipeline.import_model import ImportedModel
from jobs.pipeline.progress import ProgressDisplay, utc_now
from jobs.store.manifest import Inputs, card_of, stage_keys, trained_on
from jobs.store.store import (
    Execution,
    Run,
    intact,
    open_run,
    run_ids,
    work_folder,
)

PROBE_CONTEXT = 100  # characters read before the probe, so that its states are warmed up


@dataclass(frozen=True)
class WarmStart:
    """Weights to go on from, fitted to tonight's alphabet."""

    network: Network
    gained: tuple[str, ...]  # characters whose weights are drawn
    dropped: tuple[str, ...]  # characters whose weights are left behind
    seen: Seen | None  # what they have read; None: not recorded


@dataclass(frozen=True)
class JobPlan:
    """A job before anything heavy is done: its inputs, and what the store already has of them."""

    config: Config
    corpus: Corpus
    inputs: Inputs
    store: Path
    site: Path
    newest: Run | None
    imported: ImportedModel | None = None  # instead of training
    graphics_card: GraphicsCard | None = None  # to train on; None: the processor

    @cached_property
    def card(self) -> CorpusCard:
        """What is kept of the text."""
        return corpus_card(self.corpus)

    @cached_property
    def warm_start(self) -> WarmStart | None:
        """The newest run's weights for ``training.start: previous``; None where there is no run,
        or its layers are others. Another alphabet is fitted character by character.
        """
        old = self.newest
        if self.config.training.start == "fresh" or old is None:
            return None
        wanted = self.config.network
        if (old.network.sizes, old.network.cells) != (wanted.layers, wanted.cells):
            return None
        known, alphabet = old.card.alphabet, self.corpus.alphabet
        network = old.network
        if known != alphabet:
            network = regrown(network, known, alphabet, self.config.seed)
        return WarmStart(
            network,
            gained=tuple(sorted(set(alphabet) - set(known))),
            dropped=tuple(sorted(set(known) - set(alphabet))),
            seen=old.seen,
        )

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
        older = []
        for run_id in reversed(run_ids(self.store)):
            with suppress(NeuronarioError):
                run = open_run(self.store, run_id)
                if run.manifest.status == "ok" and self.newest and run.id != self.newest.id:
                    older.append(run)
        return older

    def trained_on(self, card: GraphicsCard | None) -> "JobPlan":
        """The same job, trained on ``card``; None: on the processor."""
        inputs = trained_on(self.inputs, fingerprint_of(card))
        return replace(self, graphics_card=card, inputs=inputs)

    def as_newest(self) -> "JobPlan":
        """The same job, where ``training.device`` leaves the choice: that a card came, went or is
        another one since the newest run is no reason to train again.
        """
        if self.newest is None or self.config.training.device != "auto":
            return self
        card = card_of(self.newest.manifest.inputs)
        if card == fingerprint_of(self.graphics_card):  # nothing to look up twice
            return self
        plan = replace(self, inputs=trained_on(self.inputs, card))
        return plan if plan.reusable else self

    @property
    def work(self) -> Path:
        """Where this training keeps its checkpoint."""
        return work_folder(self.store, stage_keys(self.inputs).train)


def sample_stage(plan: JobPlan, network: Network) -> Trace:
    """The network writes its text, from a start taken from the corpus."""
    start_tensorflow()
    from jobs.engine.sample import choose_start, sample

    config = plan.config
    trace = sample(
        network,
        mode=config.training.mode,
        start_ids=choose_start(plan.corpus, config),
        characters=config.sample.characters,
        temperature=config.sample.temperature,
        seed=config.seed,
    )
    if plan.corpus.starts is None:
        return trace
    return replace(trace, starts=np.zeros(0, np.int32))  # what the network writes is one document


def probe_stage(plan: JobPlan, network: Network) -> Trace:
    """The network reads the pinned probe: the first characters of the held-out part."""
    start_tensorflow()
    from jobs.engine.trace_text import trace_text

    start = plan.corpus.held_out_start
    ids = plan.corpus.held_out_ids[: plan.config.probe.characters].astype(np.int32)
    starts = plan.corpus.held_out_starts
    return trace_text(
        network,
        ids,
        mode=plan.config.training.mode,
        context=plan.corpus.context(start, PROBE_CONTEXT).astype(np.int32),
        starts=None if starts is None else starts[starts < ids.size],
    )


def current_execution(progress: ProgressDisplay, *, swept: bool = False) -> Execution:
    """When, where and how long, so far."""
    return Execution(
        started=progress.started,
        finished=utc_now(),
        host=socket.gethostname(),
        process=os.getpid(),
        seconds=dict(progress.seconds),
        peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        log=progress.log_text(),
        sweep=swept,
    )
