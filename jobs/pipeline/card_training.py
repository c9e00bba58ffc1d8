"""Training on a graphics card: in a process of its own, the only one that sees the card.

What this process computes stays on the processor, with the same bits as everywhere; and whatever a
driver does to that one, from running out of memory to an abort, is here a reason to train without.
"""

import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import GraphicsCard
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.history import EpochRecord
from jobs.model.network import Network
from jobs.pipeline.card_choice import CardUnusableError
from jobs.pipeline.local_processes import end_with_parent
from jobs.printable import printable

if TYPE_CHECKING:
    from jobs.engine.flat_start import Attempt
    from jobs.engine.train import Training
    from jobs.engine.workers import Workers

LONGEST_REASON = 200  # characters of what a library says
ENDED = "ended", "refused", "unusable"
ENDING_SECONDS = 30.0  # that the process has for its own end


@dataclass(frozen=True)
class TrainingTask:
    """What is trained."""

    corpus: Corpus
    config: Config
    start: Network | None  # weights to start from
    checkpoint: Path


@dataclass(frozen=True)
class Listeners:
    """Who is told of a training under way, see :func:`jobs.engine.train.train`."""

    on_epoch: Callable[[EpochRecord, float], None]
    on_steps: Callable[[int, int, int], None]
    on_restart: Callable[["Attempt"], None]


def train_on_card(task: TrainingTask, card: GraphicsCard, listeners: Listeners) -> "Training":
    """Train in another process, on ``card``.

    Raises:
        CardUnusableError: the card, its driver or its libraries failed, or the process was killed.
        NeuronarioError: as :func:`jobs.engine.train.train`.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_train, args=(theirs, task, card), name="graphics card")
    process.start()
    theirs.close()
    try:
        word, *said = _last_word(ours, listeners)
    finally:
        ours.close()
        process.join(ENDING_SECONDS)
        process.kill()  # a driver that hangs; nothing where it has ended
        process.join()
    if word == "refused":
        raise NeuronarioError(*said)
    if word == "unusable":
        raise CardUnusableError(*said)
    if word != "ended":
        code = process.exitcode or 0
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        raise CardUnusableError(f"the process that used it ended with {how}", ExitCode.IO_ERROR)
    start_tensorflow()
    from jobs.engine.train import Training

    return Training(*said)


def _last_word(connection: Connection, listeners: Listeners) -> tuple[Any, ...]:
    """Tell the listeners what the other process says, until it says how it ended; ("",): it ended
    without a word.
    """
    while True:
        try:
            word, *said = connection.recv()
        except (EOFError, OSError):
            return ("",)
        if word in ENDED:
            return (word, *said)
        getattr(listeners, word)(*said)


def train_task(
    task: TrainingTask,
    listeners: Listeners,
    *,
    workers: "Workers | None" = None,
    on_card: bool = False,
) -> "Training":
    """Train in this process, in which TensorFlow has been started; as
    :func:`jobs.engine.train.train`.
    """
    from jobs.engine.train import train

    return train(
        task.corpus,
        task.config,
        start=task.start,
        checkpoint=task.checkpoint,
        on_epoch=listeners.on_epoch,
        on_steps=listeners.on_steps,
        on_restart=listeners.on_restart,
        workers=workers,
        on_card=on_card,
    )


def _train(connection: Connection, task: TrainingTask, card: GraphicsCard) -> None:
    """The other process."""
    end_with_parent()

    def tell(word: str) -> Callable[..., None]:
        return lambda *said: connection.send((word, *said))

    try:
        start_tensorflow(card)
        from jobs.engine.tensors import sees_card

        if not sees_card():
            raise CardUnusableError(
                "TensorFlow cannot use it; its CUDA libraries come with "
                "pip install 'neuronario[gpu]'",
                ExitCode.BAD_CONFIG,
            )
        listeners = Listeners(tell("on_epoch"), tell("on_steps"), tell("on_restart"))
        training = train_task(task, listeners, on_card=True)
        tell("ended")(training.network, training.history, training.evaluation)
    except NeuronarioError as error:
        tell("refused")(str(error), error.code)
    except CardUnusableError as error:
        tell("unusable")(str(error), error.code)
    except Exception as error:
        line = printable(f"{type(error).__name__}: {error}".split("\n", 1)[0])
        tell("unusable")(line[:LONGEST_REASON], ExitCode.IO_ERROR)
