"""Traces: every state, gate and probability of a network while it reads a text.

Alignment, once and for all: row ``t`` of every array is the network *after reading* ``ids[t]``;
``probabilities[t]`` therefore speak of the character that follows it. The row before the first
character is kept apart, in ``before``: the state that predicted ``ids[0]``. Where a further
document begins, at ``starts``, the network has begun anew: ``before``, then the zero state,
predicted that character too, and the probabilities of the row before it speak of nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import GATES
from jobs.model.network import Float
from jobs.model.reading_mode import Alignment, ReadingMode


@dataclass(frozen=True)
class LayerTrace:
    """One layer over T characters: what its cell has (``jobs/model/cell.py``)."""

    hidden: Float  # (T, H), in (-1, 1)
    cell: Float  # (T, H) the cell state; (T, 0) where the cell has none
    gates: Mapping[str, Float]  # by name, in the cell's order: (T, H), after their sigmoid

    @property
    def units(self) -> int:
        """H, the number of units."""
        return int(self.hidden.shape[1])


@dataclass(frozen=True)
class Before:
    """The network just before the first traced character (after the start context)."""

    hidden: tuple[Float, ...]  # per layer (H,)
    cell: tuple[Float, ...]  # per layer (H,); (0,) where the cell has no cell state
    probabilities: Float  # (V,), of ids[0]


@dataclass(frozen=True)
class Trace:
    """What the network did on one text."""

    ids: NDArray[np.int32]  # (T,)
    context: NDArray[np.int32]  # (S,), read before ids[0]; its states are not kept
    layers: tuple[LayerTrace, ...]
    probabilities: Float  # (T, V); row t predicts ids[t + 1]
    before: Before
    mode: ReadingMode
    starts: NDArray[np.int32] | None = None  # rows of further documents; None: the text has none

    @property
    def continues(self) -> NDArray[np.bool_]:
        """(T,) whether the next character is there and of the same document: predicted by row t."""
        same = np.ones(self.characters, bool)
        same[-1:] = False
        if self.starts is not None:
            same[self.starts - 1] = False
        return same

    def begins(self, places: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether the state begins anew before each of ``places``: a further document's first."""
        if self.starts is None:
            return np.zeros(np.shape(places), bool)
        return np.isin(places, self.starts)

    @property
    def characters(self) -> int:
        """T, the number of traced characters."""
        return int(self.ids.shape[0])

    def states(self, layer: int, alignment: Alignment = "read") -> Float:
        """(T, H) hidden states of ``layer`` (from 0) that belong to each character: the state after
        reading it (``read``), or that which predicted it (``predict``).
        """
        after = self.layers[layer].hidden
        if alignment == "read":
            return after
        return self._one_later(self.before.hidden[layer], after)

    def predicting_probabilities(self) -> Float:
        """(T, V) probabilities with which each ``ids[t]`` was predicted."""
        return self._one_later(self.before.probabilities, self.probabilities)

    def surprise(self) -> NDArray[np.float64]:
        """(T,) bits: -log2 of the probability that each character was given."""
        predicted = self.predicting_probabilities()
        chosen = predicted[np.arange(self.characters), self.ids].astype(np.float64)
        return -np.log2(np.maximum(chosen, 1e-30))

    def _one_later(self, before: Float, rows: Float) -> Float:
        """(T, ...) for each character the row before it, ``before`` where there is none."""
        later: Float = np.concatenate([before[None], rows[:-1]])
        if self.starts is not None:
            later[self.starts] = before
        return later

    def arrays(self) -> dict[str, np.ndarray]:
        """Named arrays, as stored in an .npz of the run folder."""
        named: dict[str, np.ndarray] = {
            "ids": self.ids,
            "context": self.context,
            "probabilities": self.probabilities,
            "before.probabilities": self.before.probabilities,
        }
        for number, layer in enumerate(self.layers, start=1):
            before = self.before.cell[number - 1]
            named[f"layer{number}.hidden"] = layer.hidden
            if before.size:
                named[f"layer{number}.cell"] = layer.cell
            for name, gate in layer.gates.items():
                named[f"layer{number}.{name}"] = gate
            named[f"layer{number}.before.hidden"] = self.before.hidden[number - 1]
            if before.size:
                named[f"layer{number}.before.cell"] = before
        if self.starts is not None:
            named["starts"] = self.starts
        return named


def trace_from_arrays(arrays: Mapping[str, np.ndarray], mode: ReadingMode) -> Trace:
    """Inverse of :meth:`Trace.arrays`; a missing array raises KeyError."""
    numbers = range(1, 1 + sum(name.endswith(".before.hidden") for name in arrays))
    return Trace(
        ids=arrays["ids"],
        context=arrays["context"],
        layers=tuple(_layer(arrays, f"layer{number}.") for number in numbers),
        probabilities=arrays["probabilities"],
        before=Before(
            hidden=tuple(arrays[f"layer{number}.before.hidden"] for number in numbers),
            cell=tuple(
                arrays.get(f"layer{number}.before.cell", np.zeros(0, np.float32))
                for number in numbers
            ),
            probabilities=arrays["before.probabilities"],
        ),
        mode=mode,
        starts=arrays.get("starts"),
    )


def _layer(arrays: Mapping[str, np.ndarray], prefix: str) -> LayerTrace:
    hidden = arrays[f"{prefix}hidden"]
    gates = {gate: arrays[prefix + gate] for gate in GATES if prefix + gate in arrays}
    if f"{prefix}before.cell" not in arrays:
        return LayerTrace(hidden, np.zeros((len(hidden), 0), np.float32), gates)
    return LayerTrace(hidden, arrays[f"{prefix}cell"], gates)
