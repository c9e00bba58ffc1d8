"""Where in the probe a unit is high, low, in between: examples that do not hide anything.

Only the highest places would mislead; so the lowest, five bands of equal frequency and places at
random stand beside them. Examples never overlap (80 characters apart or more) and no text is shown
twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Float

AROUND = 40  # characters shown before and after
APART = 80  # least distance of two examples
BANDS = 5
BINS = 40  # of the histogram, over [-1, 1]

Kind = Literal["top", "bottom", "band", "random"]
COUNTS: dict[Kind, int] = {"top": 5, "bottom": 5, "band": 2, "random": 3}


@dataclass(frozen=True)
class Context:
    """One example: ``text[start:stop]`` of the probe, the unit's value being that at ``place``."""

    kind: Kind
    band: int  # 1 (lowest fifth) to 5, 0 for other kinds
    place: int  # position in the probe
    start: int
    stop: int
    line: int  # of the corpus, from 1
    value: float  # h after reading the character at ``place``


def contexts(
    hidden: Float, text: str, first_line: int, warm_up: int, seed: int
) -> tuple[tuple[Context, ...], ...]:
    """Examples of every unit of ``hidden`` (T, U).

    Args:
        hidden: states on the probe.
        text: the probe's T characters.
        first_line: number of the line on which the probe begins.
        warm_up: characters at the beginning that are never shown: the network had read too little.
        seed: of the random choices.
    """
    lines = _line_numbers(text, first_line)
    generator = np.random.Generator(np.random.PCG64(seed))
    noise = generator.random((4, len(text)))
    return tuple(
        _unit_contexts(hidden[:, unit], text, lines, warm_up, np.roll(noise, 997 * unit, axis=1))
        for unit in range(hidden.shape[1])
    )


def _line_numbers(text: str, first_line: int) -> Sequence[int]:
    ends = np.array([character == "\n" for character in text], np.int64)
    numbers: list[int] = (first_line + np.cumsum(ends) - ends).tolist()
    return numbers


def _unit_contexts(
    values: Float,
    text: str,
    lines: Sequence[int],
    warm_up: int,
    noise: NDArray[np.float64],
) -> tuple[Context, ...]:
    free = np.ones(len(text), bool)
    free[:warm_up] = False
    seen: set[str] = set()
    examples: list[Context] = []

    def take(
        kind: Kind, band: int, score: NDArray[np.floating], allowed: NDArray[np.bool_]
    ) -> None:
        wanted = COUNTS[kind]
        open_places = free & allowed
        while wanted and open_places.any():
            place = int(np.argmax(np.where(open_places, score, -np.inf)))
            start, stop = max(0, place - AROUND), min(len(text), place + AROUND + 1)
            open_places[place] = False
            if text[start:stop] in seen:
                continue
            seen.add(text[start:stop])
            near = slice(max(0, place - APART + 1), place + APART)
            open_places[near] = free[near] = False
            wanted -= 1
            examples.append(
                Context(kind, band, place, start, stop, lines[place], float(values[place]))
            )

    everywhere = np.ones(len(text), bool)
    take("top", 0, values, everywhere)
    take("bottom", 0, -values, everywhere)
    edges = np.quantile(values, np.arange(1, BANDS) / BANDS)
    bands = np.searchsorted(edges, values, side="right")
    for band in range(BANDS):
        take("band", band + 1, noise[0], bands == band)
    take("random", 0, noise[1], everywhere)
    return tuple(examples)


def histograms(hidden: Float) -> NDArray[np.int64]:
    """(U, BINS) counts of each unit of ``hidden`` (T, U) in equal bins over [-1, 1]."""
    bins = np.clip(((hidden + 1.0) * (BINS / 2)).astype(np.int64), 0, BINS - 1)
    units = hidden.shape[1]
    flat = (bins + BINS * np.arange(units)).ravel()
    counts: NDArray[np.int64] = np.bincount(flat, minlength=units * BINS).reshape(units, BINS)
    return counts
