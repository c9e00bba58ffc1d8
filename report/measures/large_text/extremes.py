"""Where each unit is highest and lowest: a few places of a shard, the same few of all shards.

Places are ``APART`` characters or more apart, and no surroundings are shown twice. The first place
wins among equal states.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float
from report.measures.contexts import APART, AROUND

CELL = 128  # characters of which the most extreme one is a candidate
KEPT = 5  # places that are shown
SPARE = 50  # candidates that are kept of all shards before this one
NOWHERE = -1

Places = NDArray[np.int64]
Surroundings = Callable[[int], str]  # of a place in the text


class Extremes:
    """Collects the candidates of one shard."""

    def __init__(self, start: int, *, lowest: bool) -> None:
        self.start, self.sign = start, -1.0 if lowest else 1.0
        self.values: list[Float] = []
        self.places: list[Places] = []

    def add(self, hidden: Float) -> None:
        """Take further rows (N, U); N is a multiple of ``CELL`` for all but the last."""
        whole = len(hidden) // CELL * CELL
        for rows in (hidden[:whole].reshape(-1, CELL, hidden.shape[1]), hidden[None, whole:]):
            if rows.size:
                self._cells(rows)

    def _cells(self, rows: Float) -> None:
        """(cells, characters of a cell, U)."""
        signed = rows * np.float32(self.sign)
        best = signed.argmax(1)  # (cells, U), the first of equal ones
        self.values.append(np.take_along_axis(signed, best[:, None], 1)[:, 0])
        begins = self.start + rows.shape[1] * np.arange(len(rows))
        self.places.append(begins[:, None] + best)
        self.start += rows.shape[0] * rows.shape[1]

    def chosen(self, around: Surroundings) -> tuple[Places, Float]:
        """(U, KEPT) places, ``NOWHERE`` where there are fewer, and the states there."""
        places, values = np.concatenate(self.places), np.concatenate(self.values)
        return choose(places.T, values.T * np.float32(self.sign), around, self.sign)


def choose(
    places: Places, values: Float, around: Surroundings, sign: float
) -> tuple[Places, Float]:
    """(U, KEPT) of the candidates (U, N), the highest times ``sign`` first."""
    found = np.full((len(places), KEPT), NOWHERE, np.int64)
    states = np.zeros((len(places), KEPT), np.float32)
    for unit, (own, state) in enumerate(zip(places, values, strict=True)):
        order = np.lexsort((own, -sign * state))
        taken: list[int] = []
        seen: set[str] = set()
        for one in order[own[order] != NOWHERE].tolist():
            place = int(own[one])
            if len(taken) == KEPT:
                break
            text = around(place)
            if text in seen or any(abs(place - other) < APART for other in taken):
                continue
            seen.add(text)
            found[unit, len(taken)], states[unit, len(taken)] = place, state[one]
            taken.append(place)
    return found, states


def merged(
    places: Places, values: Float, more: tuple[Places, Float], sign: float
) -> tuple[Places, Float]:
    """Candidates (U, N) of all shards before, and those of the next one: at most ``SPARE``."""
    places = np.concatenate([places, more[0]], 1)
    values = np.concatenate([values, more[1]], 1)
    missing = places == NOWHERE
    order = np.lexsort((places, np.where(missing, np.inf, -sign * values)), axis=1)[:, :SPARE]
    return np.take_along_axis(places, order, 1), np.take_along_axis(values, order, 1)


def surroundings(text: str, start: int) -> Surroundings:
    """Of places in a text of which ``text`` begins at ``start``."""

    def around(place: int) -> str:
        here = place - start
        return text[max(0, here - AROUND) : here + AROUND + 1]

    return around
