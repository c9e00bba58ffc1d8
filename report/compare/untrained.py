"""What chance explains: two untrained networks of the same shape on the same text.

Any two recurrent networks that read one text resemble each other, because the text is the same:
untrained 2x100 networks match at a mean |r| of about 0.55. A pair of units means something only
above that.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import Cell
from jobs.model.network import Ids, initial_network
from report.compare.assignment import assign
from report.measures.ablation.numpy_reading import hidden_states
from report.measures.correlation import correlations, linear_cka

SEEDS = (1_000_003, 2_000_003)  # far from what a user would take for a run
PERCENTILE = 95
# An untrained unit's forget gate is near 0.73: after 200 characters nothing is left of what was
# before, so parts of the text read side by side give the states of one pass.
PART = 600  # characters of each part


@dataclass(frozen=True)
class Control:
    """One layer of two untrained networks, paired in the same way."""

    mean: float  # mean |r| of the pairs
    bar: float  # 95th percentile of |r|
    cka: float


@dataclass(frozen=True)
class Reading:
    """How a network reads the probe."""

    ids: bytes  # of (T,) int32; bytes so that the control is made once per text
    context: bytes
    used: bytes  # of (T,) bool: characters that count
    window: int  # 0: the state is carried
    starts: bytes  # of (D,) int32: where further documents begin


def reading(
    ids: Ids, context: Ids, used: NDArray[np.bool_], window: int, starts: Ids | None = None
) -> Reading:
    """The arguments of :func:`untrained_control`, as a key of its cache."""
    return Reading(
        np.ascontiguousarray(ids, np.int32).tobytes(),
        np.ascontiguousarray(context, np.int32).tobytes(),
        np.ascontiguousarray(used, bool).tobytes(),
        window,
        b"" if starts is None else np.ascontiguousarray(starts, np.int32).tobytes(),
    )


@lru_cache(maxsize=8)
def untrained_control(
    alphabet_size: int, sizes: tuple[int, ...], read: Reading, cells: tuple[Cell, ...] = ()
) -> tuple[Control, ...]:
    """The control of every layer; the same networks, and so the same figures, every time.

    ``cells`` are those of the layers; () for LSTM layers.
    """
    ids, context = np.frombuffer(read.ids, np.int32), np.frombuffer(read.context, np.int32)
    used, starts = np.frombuffer(read.used, bool), np.frombuffer(read.starts, np.int32)
    streams = 1 if read.window else max(1, len(ids) // PART)
    first, second = (
        hidden_states(
            initial_network(alphabet_size, sizes, seed, cells),
            ids,
            context,
            read.window,
            streams,
            starts,
        )
        for seed in SEEDS
    )
    return tuple(_control(a[used], b[used]) for a, b in zip(first, second, strict=True))


def _control(first: NDArray[np.float32], second: NDArray[np.float32]) -> Control:
    half = len(first) // 2
    alive = np.ones(first.shape[1], bool)
    pairs = assign(np.abs(correlations(first[:half], second[:half])), alive, alive)
    reported = np.abs(correlations(first[half:], second[half:]))
    paired = np.array([reported[i, j] for i, j in pairs.items()])
    return Control(
        mean=float(paired.mean()),
        bar=float(np.percentile(paired, PERCENTILE)),
        cka=linear_cka(first, second),
    )
