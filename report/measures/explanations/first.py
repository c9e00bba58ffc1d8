"""Which units a reader should see first: those that remember long, can be explained, and matter."""

import math
from collections.abc import Sequence

import numpy as np

from report.measures.ablation.effects import Effect
from report.measures.explanations.explanation import Explanation, Memory


def points(units: Sequence[tuple[Explanation, Effect]]) -> tuple[float, ...]:
    """Points of each unit, from 0 to 1.

    The product of three shares: how far back it reaches (log of the characters that decide 90 %,
    over log of the longest length tried), how much of its course its sentence explains (lower end
    of the interval), and of the units whose effect is smaller. A unit that is constant, that no
    sentence explains, or without which nothing is lost, has none.
    """
    memory = [_reach(one.memory) for one, _ in units]
    explained = [one.score.interval[0] for one, _ in units]
    effect = _shares([abs(effect.bits) for _, effect in units])
    return tuple(
        a * b * c if one.explained and one.kind != "constant" and own.used else 0.0
        for a, b, c, (one, own) in zip(memory, explained, effect, units, strict=True)
    )


def _reach(memory: Memory) -> float:
    """1 where the longest length decides 90 %, or does not yet."""
    longest = memory.lengths[-1]
    return math.log(memory.k90 or longest) / math.log(longest)


def _shares(values: Sequence[float]) -> list[float]:
    """For each value the share of the values that are smaller, itself counted half."""
    array = np.asarray(values, np.float64)
    below = (array[:, None] > array[None, :]).mean(1)
    equal = (array[:, None] == array[None, :]).mean(1)
    shares: list[float] = (below + equal / 2).tolist()
    return shares
