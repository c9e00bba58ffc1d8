"""One shard of a large text, counted: sums, histograms and a few places, never the states.

Rows come in order and are added in pieces of ``PIECE`` characters, each sum in double precision on
one core: the same rows give the same bits in whichever process.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.shards import Shard
from jobs.disk.npz import Expected
from jobs.model.alphabet import decode
from jobs.model.network import Array, Float
from report.measures.activation import SATURATED
from report.measures.contexts import BINS, histograms
from report.measures.explanations.expected import Text as Reading
from report.measures.explanations.features import Text
from report.measures.group_sums import indicator
from report.measures.large_text.extremes import KEPT, Extremes, surroundings
from report.measures.large_text.questions import Questions
from report.measures.parallel import one_core_each

PIECE = 1 << 13  # characters whose sums are kept apart, for intervals
HUNDRED = 100.0
Arrays = dict[str, np.ndarray]


class ShardCounts:
    """Counts the rows of one shard."""

    def __init__(self, questions: Questions, shard: Shard) -> None:
        self.asked, self.shard = questions, shard
        lead, self.text, tail = (
            decode(one, questions.alphabet) for one in (shard.lead, shard.ids, shard.tail)
        )
        self.around = surroundings(lead + self.text + tail, shard.start - len(shard.lead))
        self.table = questions.table(self.text, lead, tail)
        self.said = self._said()
        sizes, units = questions.network.sizes, questions.units
        self.bounds = np.cumsum([0, *sizes]).tolist()
        self.sums: Arrays = {
            "histogram": np.zeros((units, BINS), np.int64),
            "by character": np.zeros((len(questions.alphabet), units)),
            "characters": np.bincount(shard.ids, minlength=len(questions.alphabet)),
            "absolute": np.zeros(units),
            "saturated": np.zeros(units, np.int64),
            "minimum": np.full(units, np.inf, np.float32),
            "maximum": np.full(units, -np.inf, np.float32),
        }
        self.products = [np.zeros((size, size)) for size in sizes]
        self.pieces: dict[str, list[np.ndarray]] = {}
        self.extremes = {
            name: Extremes(shard.start, lowest=name == "low") for name in ("high", "low")
        }
        self.predicts = np.ones(len(shard.ids), bool)
        self.predicts[shard.starts] = False
        self.waiting: list[tuple[Float, Float]] = []  # states of all layers, probabilities
        self.rows = 0  # that wait
        self.done = 0
        self.before: Float | None = None  # probabilities of the row before the next one

    def begin(self, layers: Sequence[Float], probabilities: Float) -> None:
        """Take the row before the shard: per layer (H,), and (V,), which predicts its first
        character.
        """
        self.sums["first"] = np.concatenate(layers)
        if self.shard.warm_up:
            self.before = probabilities
        else:
            self.predicts[:1] = False

    def add(self, layers: Sequence[Float], probabilities: Float) -> None:
        """Take further rows: per layer (N, H), and (N, V)."""
        states = np.concatenate(layers, 1)
        self.sums["last"] = states[-1]
        self.waiting.append((states, probabilities))
        self.rows += len(states)
        while self.rows >= PIECE:
            self._piece(PIECE)

    def arrays(self) -> Arrays:
        """The whole count, as :func:`part_of` describes it."""
        if self.rows:
            self._piece(self.rows)
        found = {**self.sums}
        found |= {f"layer{n}.products": one for n, one in enumerate(self.products, start=1)}
        found |= {f"piece.{name}": np.array(rows) for name, rows in self.pieces.items()}
        for name, extremes in self.extremes.items():
            found[f"{name}.places"], found[f"{name}.states"] = extremes.chosen(self.around)
        return found

    def _said(self) -> NDArray[np.int8] | None:
        """(U, T) hundredths: what the sentences say, which has two decimals; 0 without one."""
        said = self.asked.sentences
        if said is None:
            return None
        read = Reading(self.shard.ids, self.shard.lead)
        text = Text(read.ids, read.context, said.expectation.after(read), self.table)
        facts = said.vocabulary.facts(text)
        found = np.zeros((self.asked.units, len(read.ids)), np.int8)
        for unit, printed in enumerate(said.printed):
            if printed is not None:
                values = printed.simulate(facts, said.vocabulary)[0]
                found[unit] = np.rint(values * HUNDRED)
        return found

    @one_core_each()
    def _piece(self, size: int) -> None:
        states, probabilities = (np.concatenate(one) for one in zip(*self.waiting, strict=True))
        hidden, following = states[:size], probabilities[:size]
        self.waiting = [(states[size:], probabilities[size:])]
        self.rows -= size
        rows = slice(self.done, self.done + size)
        self._bits(rows, following)
        exact = hidden.astype(np.float64)
        sums = self.sums
        sums["histogram"] += histograms(hidden)
        ids = self.shard.ids[rows].astype(np.int64)
        sums["by character"] += indicator(ids, len(self.asked.alphabet), np.float64) @ exact
        absolute = np.abs(exact)
        sums["absolute"] += absolute.sum(0)
        sums["saturated"] += (absolute > SATURATED).sum(0)
        sums["minimum"] = np.minimum(sums["minimum"], hidden.min(0))
        sums["maximum"] = np.maximum(sums["maximum"], hidden.max(0))
        for number, products in enumerate(self.products):
            own = exact[:, self.bounds[number] : self.bounds[number + 1]]
            products[:] += own.T @ own
        for extremes in self.extremes.values():
            extremes.add(hidden)
        self._keep("rows", np.int64(len(hidden)))
        self._keep("sums", np.stack([exact.sum(0), (exact**2).sum(0)], 1))
        self._keep("labels", self._labels(rows, exact))
        if self.said is not None:
            self._keep("sentences", _sums_of(self.said[:, rows] / HUNDRED, exact.T))
        self.done = rows.stop

    def _keep(self, name: str, value: np.generic | np.ndarray) -> None:
        self.pieces.setdefault(name, []).append(np.asarray(value))

    def _bits(self, rows: slice, following: Float) -> None:
        """Of the piece's characters, each predicted by the row before it."""
        first = following[:0] if self.before is None else self.before[None]
        predicting = np.concatenate([first, following[:-1]])
        ids = self.shard.ids[rows][len(following) - len(predicting) :]
        chosen = predicting[np.arange(len(ids)), ids].astype(np.float64)
        bits = -np.log2(np.maximum(chosen, 1e-30))
        counted = self.predicts[rows][len(following) - len(predicting) :]
        self._keep("bits", np.float64(bits[counted].sum()))
        self._keep("predicted", np.int64(counted.sum()))
        self.before = following[-1]

    def _labels(self, rows: slice, exact: Array) -> Array:
        """(U, 5) sums of concept, its square, concept times state; yes/no: answers, right ones."""
        found = np.zeros((exact.shape[1], 5))
        for unit, asked in enumerate(self.asked.labels):
            if asked is None:
                continue
            truth = self.table.values[rows, asked.column].astype(np.float64)
            state = exact[:, unit]
            found[unit, :3] = truth.sum(), truth @ truth, truth @ state
            if asked.threshold is not None:
                above = state > asked.threshold
                answer = above if asked.sign > 0 else ~above
                found[unit, 3:] = answer.sum(), (answer & (truth > 0)).sum()
        return found


def _sums_of(said: Array, states: Array) -> Array:
    """(U, 3) sums of what the sentences say, its square, its product with the states (U, T)."""
    return np.stack([said.sum(1), (said**2).sum(1), (said * states).sum(1)], 1)


def part_of(questions: Questions, shard: Shard) -> dict[str, Expected]:
    """Every array of a counted shard: U units, V characters, P pieces, H units of a layer."""
    units, kinds = questions.units, len(questions.alphabet)
    pieces = -(-len(shard.ids) // PIECE)
    found = {
        "histogram": Expected("<i8", (units, BINS)),
        "by character": Expected("<f8", (kinds, units)),
        "characters": Expected("<i8", (kinds,)),
        "absolute": Expected("<f8", (units,)),
        "saturated": Expected("<i8", (units,)),
        **{name: Expected("<f4", (units,)) for name in ("minimum", "maximum", "first", "last")},
        "piece.rows": Expected("<i8", (pieces,)),
        "piece.sums": Expected("<f8", (pieces, units, 2)),
        "piece.bits": Expected("<f8", (pieces,)),
        "piece.predicted": Expected("<i8", (pieces,)),
        "piece.labels": Expected("<f8", (pieces, units, 5)),
    }
    for name in ("high", "low"):
        found[f"{name}.places"] = Expected("<i8", (units, KEPT))
        found[f"{name}.states"] = Expected("<f4", (units, KEPT))
    for number, size in enumerate(questions.network.sizes, start=1):
        found[f"layer{number}.products"] = Expected("<f8", (size, size))
    if questions.sentences is not None:
        found["piece.sentences"] = Expected("<f8", (pieces, units, 3))
    return found
