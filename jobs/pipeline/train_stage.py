"""The stage that trains: on a graphics card where it pays, on the processor, or with others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.disk.files import remove_folder
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import GraphicsCard
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.history import EpochRecord
from jobs.model.network import initial_network, model_summary
from jobs.pipeline.card_choice import CardUnusableError, check_free
from jobs.pipeline.card_training import Listeners, TrainingTask, train_on_card, train_task
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.stages import JobPlan, current_execution
from jobs.pipeline.workers import meet_others
from jobs.store.store import commit_failure

if TYPE_CHECKING:
    from jobs.engine.flat_start import Attempt
    from jobs.engine.train import Training

CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True)
class Trained:
    """A plan whose training is done, on what its inputs name."""

    plan: JobPlan
    training: "Training"


def train_stage(plan: JobPlan, progress: ProgressDisplay, *, resume: bool) -> Trained:
    """Train, or go on from the checkpoint of an interrupted training.

    Raises:
        NeuronarioError: 4, the training was unsound; a failed run records it. 74, 75, 78, the card
            that ``training.device: gpu`` asks for cannot be used; 75, another worker did not come
            or is lost.
    """
    with progress.stage("train"):
        if plan.graphics_card is not None:
            try:
                return Trained(plan, _on_card(plan, plan.graphics_card, progress, resume=resume))
            except CardUnusableError as error:
                plan = _without_card(plan, plan.graphics_card, error, progress)
        return Trained(plan, _on_processor(plan, progress, resume=resume))


def _on_card(
    plan: JobPlan, card: GraphicsCard, progress: ProgressDisplay, *, resume: bool
) -> "Training":
    check_free(card, plan.config, len(plan.corpus.alphabet))
    progress.note(f"on {card.name}")
    told = _begun(plan, progress, resume=resume)
    with told.keeping_failure():
        return train_on_card(_task(plan), card, told.begin())


def _without_card(
    plan: JobPlan, card: GraphicsCard, error: CardUnusableError, progress: ProgressDisplay
) -> JobPlan:
    """The same job on the processor, where the configuration leaves the choice.

    Raises:
        NeuronarioError: ``training.device: gpu``.
    """
    if plan.config.training.device == "gpu":
        raise NeuronarioError(
            f"{card.name} cannot be trained on: {error}; training.device: auto takes the processor "
            "then",
            error.code,
        ) from None
    progress.warn(f"{card.name} cannot be trained on: {error}; the processor trains instead")
    remove_folder(plan.work)
    return plan.trained_on(None)


def _on_processor(plan: JobPlan, progress: ProgressDisplay, *, resume: bool) -> "Training":
    start_tensorflow()
    from jobs.engine.workers import Workers

    told = _begun(plan, progress, resume=resume)
    cluster = meet_others(plan.config, progress)
    with told.keeping_failure():
        workers = None if cluster is None else Workers(cluster)
        return train_task(_task(plan), told.begin(), workers=workers)


def _task(plan: JobPlan) -> TrainingTask:
    warm = plan.warm_start
    start = None if warm is None else warm.network
    return TrainingTask(plan.corpus, plan.config, start, plan.work / CHECKPOINT)


@dataclass
class _Told:
    """What a reader has been told of this training."""

    plan: JobPlan
    progress: ProgressDisplay
    history: list[EpochRecord] = field(default_factory=list)

    def begin(self) -> Listeners:
        """Show the epochs, whose time begins now; who tells the reader of them."""
        self.progress.epochs(self.plan.config.training.epochs, len(self.history))
        return Listeners(self._on_epoch, self.progress.steps, self._on_restart)

    @contextmanager
    def keeping_failure(self) -> Iterator[None]:
        """Leave a failed run where a training was unsound."""
        try:
            yield
        except NeuronarioError as error:
            if error.code == ExitCode.UNSOUND:
                self._keep(error)
            raise

    def _keep(self, error: NeuronarioError) -> None:
        commit_failure(
            self.plan.store,
            self.plan.config,
            self.plan.card,
            tuple(self.history),
            self.plan.inputs,
            str(error),
            execution=current_execution(self.progress),
        )
        remove_folder(self.plan.work)

    def _on_epoch(self, record: EpochRecord, _seconds: float) -> None:
        self.history.append(record)
        self.progress.epoch(record)

    def _on_restart(self, attempt: "Attempt") -> None:
        self.progress.warn(
            f"the first {attempt.after} epochs are no better than character frequencies; "
            f"begun anew with a learning rate of {attempt.learning_rate:g} for the "
            f"{attempt.epochs} epochs that are left (training.flat_epochs)"
        )


def _begun(plan: JobPlan, progress: ProgressDisplay, *, resume: bool) -> _Told:
    """Say what is trained, and find from which epoch on."""
    from jobs.engine.batches import few_steps, make_batch_plan
    from jobs.engine.checkpoint import read_checkpoint, training_key

    if not resume:
        remove_folder(plan.work)
    task, training, corpus = _task(plan), plan.config.training, plan.corpus
    key = training_key(corpus, plan.config, task.start)
    saved = read_checkpoint(task.checkpoint, key, plan.config.network.cells)
    for line in summary_lines(plan):
        progress.note(line)
    batches = make_batch_plan(
        corpus.training_ids, training, plan.config.seed, corpus.training_starts
    )
    warning = few_steps(batches)
    if warning:
        progress.warn(warning)
    return _Told(plan, progress, list(saved.history) if saved else [])


def summary_lines(plan: JobPlan) -> list[str]:
    """The layers of the network that is to be trained, with their parameter counts."""
    config = plan.config
    network = initial_network(
        len(plan.corpus.alphabet), config.network.layers, config.seed, config.network.cells
    )
    return model_summary(network).splitlines()
