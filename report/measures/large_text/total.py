"""All shards of a large text as one: parts are added in the order of the text, so that sums
have the same bits however many workers made the parts.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jobs.corpus.documents import Starts
from jobs.corpus.shards import SHARD, shard_count
from jobs.model.network import Array, Float
from report.measures.large_text.counts import PIECE, Arrays
from report.measures.large_text.extremes import merged
from report.measures.large_text.questions import Questions

BLOCKS = 500  # at most, from which intervals are drawn
SEAM = 0.01  # a state at a seam that differs by more is told
ADDED = ("histogram", "by character", "characters", "absolute", "saturated")


@dataclass
class Seams:
    """How far the states that begin a shard, after the warm-up, are from those that end the one
    before it.
    """

    count: int = 0
    wide: int = 0  # seams where some state differs by more than ``SEAM``
    largest: float = 0.0


@dataclass
class Total:
    """The sums of all parts so far."""

    questions: Questions
    characters: int  # of the text
    starts: Starts | None
    sums: Arrays = field(default_factory=dict)
    blocks: dict[str, Array] = field(default_factory=dict)
    places: dict[str, tuple[NDArray[np.int64], Float]] = field(default_factory=dict)
    seams: Seams = field(default_factory=Seams)
    shards: int = 0
    pieces: int = 0

    @property
    def together(self) -> int:
        """Pieces that make a block."""
        pieces = shard_count(self.characters) * (SHARD // PIECE)
        return -(-pieces // BLOCKS)

    def add(self, part: Arrays) -> None:
        """Add the counts of the next shard."""
        self._seam(part)
        for name, values in part.items():
            if name in ADDED or name.endswith(".products"):
                self.sums[name] = self.sums[name] + values if name in self.sums else values
            elif name in ("minimum", "maximum"):
                better = np.minimum if name == "minimum" else np.maximum
                self.sums[name] = better(self.sums.get(name, values), values)
            elif name.startswith("piece."):
                self._pieces(name.removeprefix("piece."), values)
        for name, sign in (("high", 1.0), ("low", -1.0)):
            new = part[f"{name}.places"], part[f"{name}.states"]
            old = self.places.get(name, (new[0][:, :0], new[1][:, :0]))
            self.places[name] = merged(*old, new, sign)
        self.sums["last"] = part["last"]
        self.pieces += len(part["piece.rows"])
        self.shards += 1

    def _pieces(self, name: str, values: np.ndarray) -> None:
        """Pieces into blocks, one after the other."""
        if name not in self.blocks:
            count = -(-self.characters // (PIECE * self.together))
            self.blocks[name] = np.zeros((count, *values.shape[1:]))
        for offset, piece in enumerate(values):
            self.blocks[name][(self.pieces + offset) // self.together] += piece

    def _seam(self, part: Arrays) -> None:
        begins = self.starts is not None and self.shards * SHARD in self.starts
        if self.shards == 0 or begins:
            return
        difference = float(np.abs(part["first"] - self.sums["last"]).max())
        self.seams.count += 1
        self.seams.wide += difference > SEAM
        self.seams.largest = max(self.seams.largest, difference)
