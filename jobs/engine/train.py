"""Training: epochs of compiled steps, scored on the held-out text after each, resumable."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log
from pathlib import Path

import numpy as np
import tensorflow as tf

from jobs.config.schema import Config, TrainingConfig
from jobs.corpus.corpus import Corpus
from jobs.engine.adam import Moments, zero_moments
from jobs.engine.batches import BatchPlan, make_batch_plan
from jobs.engine.checkpoint import Checkpoint, read_checkpoint, training_key, write_checkpoint
from jobs.engine.evaluate import held_out_bits
from jobs.engine.execution import multiplications, padded, steps_per_execution
from jobs.engine.flat_start import Attempt, attempt_after, first_network, unigram_bits
from jobs.engine.layers import Weights, to_device, to_network, zero_states
from jobs.engine.train_step import (
    EpochMetrics,
    StepSettings,
    TrainState,
    compiled_steps,
    shards_of_batch,
    zero_metrics,
)
from jobs.engine.whole_vectors import from_trainer, to_trainer
from jobs.engine.workers import Workers, agreed_start, chiefs_checkpoint, worker_steps
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.history import LEARNED, EpochRecord, Evaluation
from jobs.model.network import Network


@dataclass(frozen=True)
class Training:
    """What training leaves behind."""

    network: Network  # weights of the epoch with the fewest held-out bits per character
    history: tuple[EpochRecord, ...]
    evaluation: Evaluation


def train(
    corpus: Corpus,
    config: Config,
    *,
    start: Network | None = None,
    checkpoint: Path | None = None,
    on_epoch: Callable[[EpochRecord, float], None] | None = None,
    on_steps: Callable[[int, int, int], None] | None = None,
    on_restart: Callable[[Attempt], None] | None = None,
    workers: Workers | None = None,
    on_card: bool = False,
) -> Training:
    """Train a network on the training part of ``corpus``.

    The same corpus, configuration and start give the same bits, also when a killed training goes on
    from its checkpoint.

    Args:
        corpus: the text.
        config: ``seed``, ``network`` and ``training`` are read.
        start: weights to start from instead of drawn ones.
        checkpoint: a file to go on from, where it belongs to this very training, and to replace
            after every epoch. It is left behind at the end.
        on_epoch: called after every epoch with its record and its wall time in seconds, held-out
            scoring included; not called again for epochs that a checkpoint already holds.
        on_steps: called within an epoch, about once a second, with the epoch, its steps taken so
            far and the steps that it has.
        on_restart: called where a flat start is given up, with the attempt that begins.
        workers: the machines that share the batches; every one of them calls this function, and
            ``start``, ``checkpoint`` and scores are the chief's.
        on_card: TensorFlow sees a graphics card, and so trains there: a batch is one piece, since
            its parts would wait for each other. Equal cards give equal bits, other cards others.

    Raises:
        NeuronarioError: 65, the text is too short, or ``start`` does not fit the alphabet; 4, the
            loss became infinite or NaN, or the network ends no better than unigram frequencies;
            75, a worker was lost; 78, the batch does not divide among the workers.
    """
    plan = make_batch_plan(
        corpus.training_ids, config.training, config.seed, corpus.training_starts
    )
    key = training_key(corpus, config, start)
    saved = read_checkpoint(checkpoint, key, config.network.cells) if checkpoint else None
    first = start or first_network(corpus, config)
    if workers is not None:
        first = agreed_start(workers, first, training_key(corpus, config, None))
    _check_fit(first, corpus, config)
    run = _Run(corpus, config, plan, first, saved or _untrained(first), workers, on_card=on_card)
    while not run.finished():
        begin = time.perf_counter()
        if run.gives_up():
            run.restart()
            if on_restart:
                on_restart(run.attempt)
        record = run.epoch(on_steps)
        if record is None:
            continue
        if checkpoint:
            write_checkpoint(checkpoint, run.checkpoint(), key)
        if on_epoch:
            on_epoch(record, time.perf_counter() - begin)
    return Training(run.best, run.history, _evaluation(run))


def best_epoch(history: tuple[EpochRecord, ...]) -> int:
    """The epoch with the fewest held-out bits per character, the first of equals."""
    return min(history, key=lambda record: (record.held_out_bits, record.epoch)).epoch


class _Run:
    """A training under way; the only object here that changes."""

    def __init__(
        self,
        corpus: Corpus,
        config: Config,
        plan: BatchPlan,
        first: Network,
        saved: Checkpoint,
        workers: Workers | None,
        *,
        on_card: bool,
    ) -> None:
        self.corpus, self.config, self.plan, self.first = corpus, config, plan, first
        self.workers, self.on_card = workers, on_card
        self.history, self.best = saved.history, saved.best
        self.unigram_bits = unigram_bits(corpus)
        self.states = zero_states(to_trainer(saved.network), plan.batch)
        self.train_state = self._train_state(saved)
        self.steps_per_execution = steps_per_execution(plan, saved.network, on_card=on_card)

    @property
    def attempt(self) -> Attempt:
        """What the next epoch belongs to."""
        return attempt_after(self.history, self.unigram_bits, self.config.training, self.plan.steps)

    def finished(self) -> bool:
        """Whether no epoch is left. Several workers first take over where the chief stands."""
        if self.workers is not None:
            told = chiefs_checkpoint(self.workers, self.checkpoint())
            self.history, self.best = told.history, told.best
            self.train_state = self._train_state(told)
        return _finished(self.history, self.config.training, self.attempt.after)

    def gives_up(self) -> bool:
        """Whether the epochs so far are a flat start, just now seen to be one."""
        return 0 < self.attempt.after == len(self.history)

    def restart(self) -> None:
        """Begin anew from the first weights; the flat epochs stay in the history."""
        self.train_state = self._train_state(_untrained(self.first))

    def epoch(self, on_steps: Callable[[int, int, int], None] | None = None) -> EpochRecord | None:
        """Train one epoch and score it; None where the chief scores it."""
        number = len(self.history) + 1
        attempt = self.attempt
        settings = self._settings(attempt)
        execute = worker_steps(settings, self.workers) if self.workers else compiled_steps(settings)
        self.train_state = self.train_state._replace(metrics=zero_metrics(), states=self.states)
        for taken in range(0, self.plan.steps, self.steps_per_execution):
            if on_steps and taken:
                on_steps(number, taken, self.plan.steps)
            self._execute(execute, attempt, number, taken)
        if self.workers is not None and not self.workers.is_chief:
            return None
        record = self._record(number, attempt)
        self.history = (*self.history, record)
        if best_epoch(self.history) == number:
            self.best = self._network(self.train_state.weights)
        return record

    def _train_state(self, saved: Checkpoint) -> TrainState:
        return TrainState(
            to_trainer(saved.network),
            Moments(to_trainer(saved.first_moment), to_trainer(saved.second_moment)),
            self.states,
            tf.constant(saved.steps),
            zero_metrics(),
        )

    def _network(self, weights: Weights) -> Network:
        return from_trainer(weights, self.first.sizes)

    def _settings(self, attempt: Attempt) -> StepSettings:
        training = self.config.training
        return StepSettings(
            carry_state=training.regime == "stream",
            l1=training.l1,
            clip_norm=training.clip_norm,
            learning_rate=attempt.learning_rate,
            schedule=training.schedule,
            shards=training.workers if training.workers > 1 else self._shards(),
            dropout=training.dropout,
            seed=self.config.seed if training.dropout else 0,
            documents=self.plan.chunks is not None,
        )

    def _shards(self) -> int:
        if self.on_card:
            return 1
        return shards_of_batch(multiplications(self.plan, self.first), self.plan.batch)

    def checkpoint(self) -> Checkpoint:
        """The state between two epochs."""
        return Checkpoint(
            network=self._network(self.train_state.weights),
            best=self.best,
            first_moment=self._network(self.train_state.moments.first),
            second_moment=self._network(self.train_state.moments.second),
            steps=int(self.train_state.step),
            history=self.history,
        )

    def _execute(
        self, execute: Callable[..., TrainState], attempt: Attempt, epoch: int, taken: int
    ) -> None:
        batches = self.plan.batches(epoch, taken, self.steps_per_execution)
        steps = batches.inputs.shape[0]
        inputs, targets, mask, *carried = (
            padded(array, self.steps_per_execution)
            for array in (batches.inputs, batches.targets, batches.mask, batches.carried)
            if array is not None
        )
        steps_and_total = tf.constant(steps), tf.constant(float(self.plan.steps * attempt.epochs))
        self.train_state = execute(
            self.train_state, inputs, targets, mask, *steps_and_total, *carried
        )

    def _record(self, number: int, attempt: Attempt) -> EpochRecord:
        metrics = EpochMetrics(*(float(value) for value in self.train_state.metrics))
        weights, stride = self.train_state.weights, self.config.training.stride
        bits = _score(self.corpus, self.config, weights, stride)
        loss = metrics.penalised / metrics.predictions
        if not (isfinite(loss) and isfinite(bits) and isfinite(metrics.norm)):
            raise NeuronarioError(
                f"training failed in epoch {number}: the loss is {loss:g} nats and the held-out "
                f"score {bits:g} bits per character; lower training.learning_rate or set "
                "training.clip_norm (1 is a usual value)",
                ExitCode.UNSOUND,
            )
        return EpochRecord(
            epoch=number,
            loss=loss,
            training_bits=metrics.nats / metrics.predictions / log(2.0),
            held_out_bits=bits,
            gradient_norm=metrics.norm / metrics.steps,
            learning_rate=rate_after(
                attempt, self.config.training.schedule, number, self.plan.steps
            ),
        )


def rate_after(attempt: Attempt, schedule: str, epoch: int, steps: int) -> float:
    """The learning rate of the last step of ``epoch``."""
    if schedule == "constant":
        return attempt.learning_rate
    done = ((epoch - attempt.after) * steps - 1) / (attempt.epochs * steps)
    return float(attempt.learning_rate * 0.5 * (1.0 + np.cos(np.pi * done)))


def _score(corpus: Corpus, config: Config, weights: Weights, stride: int) -> float:
    training = config.training
    bits, _ = held_out_bits(
        weights,
        corpus.held_out_ids,
        mode=training.mode,
        context=corpus.context(corpus.held_out_start, corpus.held_out_start),
        stride=stride,
        starts=corpus.held_out_starts,
    )
    return bits


def _evaluation(run: _Run) -> Evaluation:
    corpus, training, history = run.corpus, run.config.training, run.history
    bits, unigram = _score(corpus, run.config, to_trainer(run.best), 1), run.unigram_bits
    if len(corpus.alphabet) > 1 and not bits < LEARNED * unigram:
        raise NeuronarioError(
            f"after {len(history)} epochs the network needs {bits:.4g} bits per held-out "
            f"character, plain character frequencies {unigram:.4g}: it learned nothing; lower "
            f"training.learning_rate ({run.attempt.learning_rate:g}) first, then training.batch "
            f"({run.plan.batch:,}, which leaves {run.plan.steps:,} steps an epoch); then train "
            "longer (training.epochs) or on more text",
            ExitCode.UNSOUND,
        )
    return Evaluation(
        held_out_bits=bits,
        held_out_characters=int(corpus.predicted_ids.size),
        unigram_bits=unigram,
        best_epoch=best_epoch(history),
        stopped_early=len(history) < training.epochs,
        restarted_after=run.attempt.after,
    )


def _finished(history: tuple[EpochRecord, ...], training: TrainingConfig, after: int) -> bool:
    if len(history) >= training.epochs:
        return True
    waited = len(history) - max(best_epoch(history), after) if history else 0
    return 0 < training.patience <= waited


def _untrained(network: Network) -> Checkpoint:
    zeros = zero_moments(to_device(network))
    return Checkpoint(network, network, to_network(zeros.first), to_network(zeros.second), 0, ())


def _check_fit(network: Network, corpus: Corpus, config: Config) -> None:
    alphabet, sizes = len(corpus.alphabet), config.network.layers
    if network.cells != config.network.cells:
        was, now = (
            " and ".join(cell.title for cell in cells)
            for cells in (network.cells, config.network.cells)
        )
        raise NeuronarioError(
            f"the weights to start from are those of layers {was}, this run has {now}; "
            "use training.start: fresh",
            ExitCode.BAD_DATA,
        )
    if network.alphabet_size != alphabet or network.sizes != sizes:
        raise NeuronarioError(
            f"the weights to start from have layers {list(network.sizes)} and "
            f"{network.alphabet_size} characters, this run has {list(sizes)} and {alphabet}; "
            "use training.start: fresh",
            ExitCode.BAD_DATA,
        )
