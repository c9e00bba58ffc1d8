"""Traces: every state, gate and probability of a network while it reads a text.

Alignment, once and for all: row ``t`` of every array is the network *after reading* ``ids[t]``;
``probabilities[t]`` therefore speak of the character that follows it. The row before the first
character is kept apart, in ``before``: the state that predicted ``ids[0]``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from jobs.model.reading_mode import Alignment, ReadingMode

GATES = ("input_gate", "forget_gate", "output_gate")
STATES = ("hidden", "cell", *GATES)


@dataclass(frozen=True)
class LayerTrace:
    """One layer over T characters; gates are after their sigmoid, in (0, 1)."""

    hidden: Float  # (T, H), in (-1, 1)
    cell: Float  # (T, H)
    input_gate: Float  # (T, H)
    forget_gate: Float  # (T, H)
    output_gate: Float  # (T, H)

    @property
    def units(self) -> int:
        """H, the number of units."""
        return int(self.hidden.shape[1])


@dataclass(frozen=True)
class Before:
    """The network just before the first traced character (after the start context)."""

    hidden: tuple[Float, ...]  # per layer (H,)
    cell: tuple[Float, ...]  # per layer (H,)
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
        return np.concatenate([self.before.hidden[layer][None], after[:-1]])

    def predicting_probabilities(self) -> Float:
        """(T, V) probabilities with which each ``ids[t]`` was predicted."""
        return np.concatenate([self.before.probabilities[None], self.probabilities[:-1]])

    def surprise(self) -> NDArray[np.float64]:
        """(T,) bits: -log2 of the probability that each character was given."""
        predicted = self.predicting_probabilities()
        chosen = predicted[np.arange(self.characters), self.ids].astype(np.float64)
        return -np.log2(np.maximum(chosen, 1e-30))

    def arrays(self) -> dict[str, np.ndarray]:
        """Named arrays, as stored in an .npz of the run folder."""
        named: dict[str, np.ndarray] = {
            "ids": self.ids,
            "context": self.context,
            "probabilities": self.probabilities,
            "before.probabilities": self.before.probabilities,
        }
        for number, layer in enumerate(self.layers, start=1):
            for name in STATES:
                named[f"layer{number}.{name}"] = getattr(layer, name)
            named[f"layer{number}.before.hidden"] = self.before.hidden[number - 1]
            named[f"layer{number}.before.cell"] = self.before.cell[number - 1]
        return named


def trace_from_arrays(arrays: Mapping[str, np.ndarray], mode: ReadingMode) -> Trace:
    """Inverse of :meth:`Trace.arrays`; a missing array raises KeyError."""
    numbers = range(1, 1 + sum(name.endswith(".before.cell") for name in arrays))
    return Trace(
        ids=arrays["ids"],
        context=arrays["context"],
        layers=tuple(
            LayerTrace(*(arrays[f"layer{number}.{name}"] for name in STATES)) for number in numbers
        ),
        probabilities=arrays["probabilities"],
        before=Before(
            hidden=tuple(arrays[f"layer{number}.before.hidden"] for number in numbers),
            cell=tuple(arrays[f"layer{number}.before.cell"] for number in numbers),
            probabilities=arrays["before.probabilities"],
        ),
        mode=mode,
    )
