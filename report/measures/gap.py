"""What the network's memory is for: its bits per character against a frozen n-gram's.

The gap is n-gram bits minus network bits: positive where remembering more than the n-gram's few
characters pays. By concept, by distance since the opening ``<``, and by unit: the share of the
whole advantage that is lost by mean ablation of the unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.model.network import Array
from jobs.model.trace import Trace
from report.measures.ablation.hold import Ablated
from report.measures.concepts.library import ConceptTable
from report.measures.labels.fit import halves, usable_concepts
from report.measures.ngram import Ngram

DISTANCES = ((0, 2), (3, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, None))
WRONG = 0.5  # a prediction whose probability was below this is an error


@dataclass(frozen=True)
class GapRow:
    """The gap on some of the characters."""

    name: str
    characters: int
    network_bits: float  # mean per character
    ngram_bits: float
    contribution: float  # to the whole probe's gap, bits per probe character


@dataclass(frozen=True)
class Errors:
    """Characters whose probability was below one half, as shares of the probe."""

    characters: int
    network: float
    ngram: float
    both: float
    only_network: float
    only_ngram: float
    by_concept: tuple[tuple[str, int, float, float], ...]  # name, characters, network, n-gram


@dataclass(frozen=True)
class Gap:
    """The comparison on the whole probe."""

    order: int  # of the n-gram
    network_bits: float
    ngram_bits: float
    by_order: tuple[float, ...]  # bits of each order, from 0
    by_concept: tuple[GapRow, ...]
    by_distance: tuple[GapRow, ...]
    errors: Errors


def gap(trace: Trace, ngram: Ngram, table: ConceptTable) -> Gap:
    """Compare ``trace`` with ``ngram`` on the same characters.

    A character is counted where the text *before* it puts it: by the concept that held when it was
    predicted.
    """
    network, other = trace.surprise(), ngram.best_bits
    held = np.concatenate([np.zeros_like(table.values[:1]), table.values[:-1]])
    usable = usable_concepts(table, halves(trace.characters)) & table.binary
    names = [(place, table.concepts[place].name) for place in np.flatnonzero(usable)]
    by_concept = [_row(name, held[:, place] > 0, network, other) for place, name in names]
    by_concept.sort(key=lambda row: (-abs(row.contribution), row.name))
    return Gap(
        order=ngram.best,
        network_bits=float(network.mean()),
        ngram_bits=float(other.mean()),
        by_order=tuple(float(bits) for bits in ngram.bits.mean(1)),
        by_concept=tuple(by_concept),
        by_distance=_by_distance(table, network, other),
        errors=_errors(network, other, [(name, held[:, place] > 0) for place, name in names]),
    )


def _row(name: str, chosen: NDArray[np.bool_], network: Array, other: Array) -> GapRow:
    count = int(chosen.sum())
    return GapRow(
        name=name,
        characters=count,
        network_bits=float(network[chosen].sum()) / max(1, count),
        ngram_bits=float(other[chosen].sum()) / max(1, count),
        contribution=float((other - network)[chosen].sum()) / len(network),
    )


def _by_distance(table: ConceptTable, network: Array, other: Array) -> tuple[GapRow, ...]:
    """Rows by characters since the last ``<``; none where the text has hardly any."""
    names = [concept.name for concept in table.concepts]
    if "since tag" not in names or table.column("since tag").min() > 0:
        return ()
    since = table.column("since tag")
    if (since == 0).sum() < 20:
        return ()
    distance = np.concatenate([since[:1], since[:-1]])
    rows = []
    for low, high in DISTANCES:
        chosen = (distance >= low) & (distance <= (np.inf if high is None else high))
        name = f"{low}-{high}" if high is not None else f"over {low - 1}"
        rows.append(_row(name, chosen, network, other))
    return tuple(row for row in rows if row.characters)


def _errors(
    network: Array, other: Array, concepts: Sequence[tuple[str, NDArray[np.bool_]]]
) -> Errors:
    limit = -np.log2(WRONG)
    wrong, other_wrong = network > limit, other > limit
    rows = [
        (name, int(mask.sum()), float(wrong[mask].mean()), float(other_wrong[mask].mean()))
        for name, mask in concepts
    ]
    return Errors(
        characters=len(network),
        network=float(wrong.mean()),
        ngram=float(other_wrong.mean()),
        both=float((wrong & other_wrong).mean()),
        only_network=float((wrong & ~other_wrong).mean()),
        only_ngram=float((~wrong & other_wrong).mean()),
        by_concept=tuple(sorted(rows, key=lambda row: (-row[2], row[0]))),
    )


def long_range_credit(ablated: Ablated, trace: Trace, ngram: Ngram) -> Array:
    """(N,) share of the network's advantage over the n-gram that is lost without each unit.

    Over the places where the network has an advantage: bits lost by mean ablation of the unit,
    divided by the advantage.
    """
    predicted = ablated.places + 1
    advantage = ngram.best_bits[predicted] - trace.surprise()[predicted]
    chosen = advantage > 0
    total = float(advantage[chosen].sum())
    lost: Array = ablated.bits[chosen].sum(0, dtype=np.float64)
    return lost / total if total > 1e-9 else np.zeros_like(lost)
