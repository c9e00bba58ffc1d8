"""Which characters go into which training step: a pure function of text, settings and epoch.

``window``: windows of ``window`` characters, one every ``stride`` characters, each read from a
zero state; shuffled anew every epoch. ``stream``: the text is cut into parallel streams, each read
from its start to its end in chunks, the state carried from chunk to chunk.

A text of several documents: windows lie within one, and every document begins a chunk, at which
the state begins anew; the last chunk of a document is padded. No step predicts a document's first
character.

NumPy alone; the arrays of a few consecutive steps are made at a time, so that memory stays bounded
for a long text.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jobs.config.schema import TrainingConfig
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.network import Ids, TextIds

FEW_STEPS = 100  # of the whole training; Adam moves a weight by at most the rate in each


@dataclass(frozen=True)
class Batches:
    """The batches of S consecutive steps: B texts of T characters, K of them with a prediction."""

    inputs: Ids  # (S, T, B)
    targets: Ids  # (S, K, B), the characters after the last K inputs
    mask: NDArray[np.float32]  # (S, T, B), 1 where a character stands, 0 where it is padding
    # (S, B), 1 where the state is carried on, 0 where a document begins; None: no documents
    carried: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Chunks:
    """A text's chunks in order: what the streams are cut from where it has documents."""

    starts: NDArray[np.int64]  # (C,) position of the first input
    lengths: NDArray[np.int64]  # (C,) inputs, each with a target
    carried: NDArray[np.float32]  # (C,) 0 for the first of a document


@dataclass(frozen=True)
class BatchPlan:
    """The steps of every epoch."""

    ids: TextIds  # the training part of the text
    training: TrainingConfig
    seed: int
    batch: int  # B, windows per step or parallel streams
    length: int  # T, characters per window or chunk
    predictions: int  # K, the last K of the T characters have a target
    steps: int  # per epoch
    span: int  # stream regime: predictions per stream; window regime: number of windows
    window_starts: NDArray[np.int64] | None = None  # (span,); None: one every ``stride``
    chunks: Chunks | None = None  # stream regime with documents

    def batches(self, epoch: int, first: int, count: int) -> Batches:
        """Steps ``first`` to ``first + count`` (or the end) of ``epoch`` (from 1)."""
        count = min(count, self.steps - first)
        if self.training.regime == "window":
            return self._windows(epoch, first, count)
        return self._chunks(first, count)

    def _windows(self, epoch: int, first: int, count: int) -> Batches:
        order = shuffled(self.span, self.seed, epoch)
        chosen = order[first * self.batch : (first + count) * self.batch]
        filled = np.zeros(count * self.batch, np.float32)
        filled[: chosen.size] = 1.0
        padded = np.zeros(count * self.batch, np.int64)  # the last step is filled with window 0
        padded[: chosen.size] = chosen
        chosen_starts = (
            padded * self.training.stride
            if self.window_starts is None
            else self.window_starts[padded]
        )
        starts = chosen_starts.reshape(count, 1, self.batch)
        positions = starts + np.arange(self.length)[:, None]
        mask = filled.reshape(count, 1, self.batch)
        return self._at(positions, np.broadcast_to(mask, positions.shape))

    def _chunks(self, first: int, count: int) -> Batches:
        if self.chunks is not None:
            return self._document_chunks(self.chunks, first, count)
        starts = (np.arange(self.batch) * self.span)[None, None]
        steps = (first + np.arange(count))[:, None, None] * self.length
        offsets = steps + np.arange(self.length)[None, :, None]
        mask = (offsets < self.span).astype(np.float32)
        positions = starts + np.minimum(offsets, self.span - 1)
        return self._at(positions, np.broadcast_to(mask, positions.shape))

    def _document_chunks(self, chunks: Chunks, first: int, count: int) -> Batches:
        """Stream b reads the chunks from ``b * steps`` on, one a step."""
        numbers = (first + np.arange(count))[:, None] + self.steps * np.arange(self.batch)
        there = numbers < chunks.starts.size  # the last stream may end early
        numbers = np.minimum(numbers, chunks.starts.size - 1)
        lengths = (chunks.lengths[numbers] * there)[:, None]
        offsets = np.arange(self.length)[:, None]
        mask = (offsets < lengths).astype(np.float32)
        positions = chunks.starts[numbers][:, None] + np.minimum(
            offsets, np.maximum(lengths, 1) - 1
        )
        return self._at(positions, mask, chunks.carried[numbers])

    def _at(
        self,
        positions: NDArray[np.int64],
        mask: NDArray[np.float32],
        carried: NDArray[np.float32] | None = None,
    ) -> Batches:
        targets = positions[:, self.length - self.predictions :] + 1
        return Batches(
            self.ids[positions].astype(np.int32),
            self.ids[targets].astype(np.int32),
            np.ascontiguousarray(mask),
            carried,
        )


def make_batch_plan(
    ids: TextIds,
    training: TrainingConfig,
    seed: int,
    starts: NDArray[np.int64] | None = None,
) -> BatchPlan:
    """The plan for a training part; ``starts`` is where its documents begin, None if it is one.

    Raises:
        NeuronarioError: 65 where the text is too short for a single step; 78 where the batch does
            not divide among the workers.
    """
    plan = _plan(ids, training, seed, starts)
    if plan.batch % training.workers:
        raise NeuronarioError(
            f"a batch of {plan.batch} does not divide into {training.workers} equal parts "
            "(training.workers); set training.batch to a multiple of it",
            ExitCode.BAD_CONFIG,
        )
    return plan


def _plan(
    ids: TextIds, training: TrainingConfig, seed: int, starts: NDArray[np.int64] | None
) -> BatchPlan:
    if starts is not None:
        return _plan_of_documents(ids, training, seed, starts)
    if training.regime == "window":
        windows = len(range(0, ids.size - training.window, training.stride))
        _check_length(ids.size, training.window + 1, "one window and the character after it")
        batch = min(training.batch, windows)
        predictions = 1 if training.loss == "last" else training.window
        return BatchPlan(
            ids, training, seed, batch, training.window, predictions, -(-windows // batch), windows
        )
    _check_length(ids.size, 2, "one character and its successor")
    chunk = min(training.chunk, ids.size - 1)
    streams = min(training.batch, (ids.size - 1) // chunk)  # a stream holds at least one chunk
    span = (ids.size - 1) // streams
    return BatchPlan(ids, training, seed, streams, chunk, chunk, -(-span // chunk), span)


def _plan_of_documents(
    ids: TextIds, training: TrainingConfig, seed: int, starts: NDArray[np.int64]
) -> BatchPlan:
    ends = np.append(starts[1:], ids.size)
    longest = int((ends - starts).max(initial=0))
    if training.regime == "window":
        what = "one window and the character after it, within one document,"
        _check_length(longest, training.window + 1, what, "the longest document")
        each = [
            np.arange(start, end - training.window, training.stride)
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
        places = np.concatenate(each).astype(np.int64)
        batch = min(training.batch, places.size)
        predictions = 1 if training.loss == "last" else training.window
        steps = -(-places.size // batch)
        return BatchPlan(
            ids, training, seed, batch, training.window, predictions, steps, places.size, places
        )
    what = "one character and its successor, within one document,"
    _check_length(longest, 2, what, "the longest document")
    length = min(training.chunk, longest - 1)
    chunks = _cut(starts, ends, length)
    streams = min(training.batch, chunks.starts.size)
    steps = -(-chunks.starts.size // streams)
    streams = -(-chunks.starts.size // steps)  # none without a chunk
    return BatchPlan(
        ids, training, seed, streams, length, length, steps, steps * length, chunks=chunks
    )


def _cut(starts: NDArray[np.int64], ends: NDArray[np.int64], length: int) -> Chunks:
    """Each document's inputs, all but its last character, in chunks of at most ``length``."""
    inputs = ends - starts - 1
    counts = -(-inputs // length)  # 0 for a document of one character
    document = np.repeat(np.arange(starts.size), counts)
    place = np.arange(document.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return Chunks(
        starts[document] + place * length,
        np.minimum(inputs[document] - place * length, length),
        (place > 0).astype(np.float32),
    )


def few_steps(plan: BatchPlan) -> str | None:
    """A warning where the batch leaves hardly any steps, in one line."""
    epochs = plan.training.epochs
    if plan.steps * epochs >= FEW_STEPS:
        return None
    steps = "one step" if plan.steps == 1 else f"{plan.steps:,} steps"
    return (
        f"training.batch {plan.batch:,} leaves {steps} an epoch, {plan.steps * epochs:,} in all, "
        "which is little to learn from: lower training.batch, or raise training.epochs"
    )


@lru_cache(maxsize=1)  # every execution of an epoch asks for the same order
def shuffled(windows: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """(windows,) the order of the windows in ``epoch``."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch])))
    order = generator.permutation(windows).astype(np.int64)
    order.flags.writeable = False
    return order


def _check_length(
    characters: int, needed: int, what: str, where: str = "the training part"
) -> None:
    if characters < needed:
        raise NeuronarioError(
            f"{where} has {characters} characters, but {what} need at least {needed}; "
            "use a longer text or lower training.window",
            ExitCode.BAD_DATA,
        )
