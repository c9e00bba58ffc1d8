"""The held-out text that explanations are fitted on and scored on.

A text changes as it goes on: one file of a source tree, one act of a play. So sentences are not
fitted on the characters before the scored ones alone, but on as many from both sides of them: in
some ``BLOCKS`` blocks, evenly from half A of the probe and from the held-out text after the probe,
where there is any. What is fitted on is half A in this package. Half B lies between the two and is
only scored (tests/benchmarks/README.md has what that changes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.corpus import Corpus
from jobs.model.network import Float, Ids, Network
from jobs.model.reading_mode import ReadingMode
from jobs.model.trace import Trace
from report.measures.ablation.numpy_reading import continued_states, window_states
from report.measures.concepts.library import Concept, ConceptTable, evaluate
from report.measures.labels.fit import halves

LEAD = 300_000  # characters before the probe that the scanners read, at most
STREAM = 500  # characters of one of the parallel streams of a network in NumPy
BLOCKS = 40  # that are fitted on


@dataclass(frozen=True)
class HeldOut:
    """The probe and up to half as many held-out characters after it, T in all."""

    probe: int  # characters of the probe, the first of T
    ids: Ids  # (T,)
    context: Ids  # (S,) read before
    starts: Ids | None  # as of a trace: where a document begins
    mode: ReadingMode
    table: ConceptTable  # (T, C)
    hidden: tuple[Float, ...]  # per layer (T, H)
    expected: NDArray[np.int64]  # (T,) the next character that the network expects

    @property
    def characters(self) -> int:
        """T."""
        return len(self.ids)

    @property
    def half(self) -> int:
        """Characters of half B, and as many are fitted on."""
        return halves(self.probe).size

    @property
    def b(self) -> slice:
        """Half B: what scores are made on."""
        return slice(self.half, 2 * self.half)

    @cached_property
    def fitted(self) -> NDArray[np.int64]:
        """(half,) the characters that are fitted on, none of half B."""
        return fitted(self.half, self.probe, self.characters)

    @property
    def rows(self) -> NDArray[np.int64]:
        """(2 half,) those, then half B."""
        return np.concatenate([self.fitted, np.arange(self.half, 2 * self.half)])

    @property
    def probe_table(self) -> ConceptTable:
        """The concepts on the probe alone."""
        return ConceptTable(self.table.concepts, self.table.values[: self.probe])


def fitted(half: int, probe: int, characters: int) -> NDArray[np.int64]:
    """(half,) places of blocks that stand evenly in [0, half) and [probe, characters) together."""
    pool = np.concatenate([np.arange(half), np.arange(probe, characters)])
    block = max(1, half // BLOCKS)
    if len(pool) < half + block:
        return np.arange(half)
    blocks, needed = len(pool) // block, -(-half // block)
    chosen = np.arange(needed) * (blocks - 1) // max(1, needed - 1)
    found: NDArray[np.int64] = pool[(chosen[:, None] * block + np.arange(block)).ravel()[:half]]
    return found


def held_out(
    network: Network, probe: Trace, corpus: Corpus, concepts: Sequence[Concept]
) -> HeldOut:
    """What is known of the probe and of the text after it, which the network reads here in NumPy.

    Raises:
        ValueError: the probe is not the beginning of the corpus' held-out part.
    """
    start, size = probe_start(corpus, probe), probe.characters
    after = corpus.ids[start + size : start + size + halves(size).size].astype(np.int32)
    hidden = _states_after(network, probe, after, _starts_within(corpus, size + len(after)))
    scores = hidden[-1] @ network.output_kernel + network.output_bias
    ids = np.concatenate([probe.ids, after])
    return HeldOut(
        probe=size,
        ids=ids,
        context=probe.context,
        starts=_starts_within(corpus, len(ids)),
        mode=probe.mode,
        table=evaluate(concepts, corpus.text(ids), corpus.text(corpus.context(start, LEAD))),
        hidden=tuple(
            np.concatenate([layer.hidden, more])
            for layer, more in zip(probe.layers, hidden, strict=True)
        ),
        expected=np.concatenate([probe.probabilities.argmax(1), scores.argmax(1)]),
    )


def probe_start(corpus: Corpus, probe: Trace) -> int:
    """Where the probe begins in the corpus: at the held-out part.

    Raises:
        ValueError: the probe's text does not stand there.
    """
    start = corpus.held_out_start
    if not np.array_equal(corpus.ids[start : start + probe.characters], probe.ids):
        raise ValueError("the probe is not the beginning of the corpus' held-out part")
    return start


def before_sample(corpus: Corpus, sample: Trace) -> str:
    """What stands before ``sample``: its start and, as that is a piece of the text, what stood
    before it there. Else nesting and indentation would contradict each other in the whole sample.
    """
    start = corpus.find(sample.context)
    before = sample.context[:0] if start is None else corpus.context(start, LEAD)
    return corpus.text(before) + corpus.text(sample.context)


def _states_after(
    network: Network, probe: Trace, after: Ids, starts: Ids | None
) -> tuple[Float, ...]:
    """Per layer (E, H) states after the characters that follow the probe."""
    own = None if starts is None else starts - probe.characters  # below 0 in the probe
    if probe.mode.window:
        return window_states(network, after, probe.ids, probe.mode.window, starts=own)
    return continued_states(
        network,
        after,
        [layer.hidden[-1] for layer in probe.layers],
        [layer.cell[-1] for layer in probe.layers],
        max(1, len(after) // STREAM),
        None if own is None else own[own >= 0],
    )


def _starts_within(corpus: Corpus, characters: int) -> Ids | None:
    starts = corpus.held_out_starts
    return None if starts is None else starts[starts < characters].astype(np.int32)
