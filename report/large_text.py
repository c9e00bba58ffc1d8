"""A run on a large text: what is asked of each shard, and the files that all of them give."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.corpus.corpus import Corpus
from jobs.corpus.known_text import KnownText
from jobs.corpus.shards import Shard
from jobs.disk.npz import Expected
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.alphabet import decode
from jobs.store.run import Run
from report.make_report import stored_view
from report.measures.contexts import AROUND
from report.measures.large_text.counts import part_of
from report.measures.large_text.questions import Questions, questions
from report.measures.large_text.records import result_files, unit_records
from report.measures.large_text.total import Total
from report.measures.unit import UnitMeasures


@dataclass(frozen=True)
class LargeText:
    """A run, and what is asked of a text about it."""

    run: Run
    units: tuple[UnitMeasures, ...]  # as the run was published
    questions: Questions

    @property
    def sentences(self) -> int:
        """How many units have a sentence that can be held against a text."""
        said = self.questions.sentences
        return 0 if said is None else sum(one is not None for one in said.printed)

    def part(self, shard: Shard) -> dict[str, Expected]:
        """The arrays of a counted shard."""
        return part_of(self.questions, shard)

    def part_bytes(self, shard: Shard) -> int:
        """What they take on the disk, about."""
        arrays = self.part(shard).values()
        return sum(math.prod(map(int, one.shape)) * np.dtype(one.dtype).itemsize for one in arrays)

    def files(
        self, text: KnownText, parts: Iterator[dict[str, np.ndarray]], about: Mapping[str, Any]
    ) -> dict[str, bytes]:
        """File name to content.

        Args:
            text: that was read.
            parts: the counts of its shards, in order.
            about: what was read and how, for the summary.
        """
        total = Total(self.questions, text.ids.size, text.starts)
        for part in parts:
            total.add(part)

        def around(place: int) -> str:
            ids = text.ids[max(0, place - AROUND) : place + AROUND + 1]
            return decode(ids, self.questions.alphabet)

        seed = self.run.config.seed
        records = unit_records(total, self.units, self.run.probe, around, seed)
        return result_files(total, records, about, seed)


def large_text_of(run: Run, corpus: Corpus | None) -> LargeText:
    """What is asked of a text about ``run``; without its own text, its sentences are left out.

    Raises:
        NeuronarioError: 65, 66 the run is damaged or has no measures.
    """
    units = stored_view(run).measures.get("units")
    if units is None:
        raise NeuronarioError(
            f"run {run.id} has no measures, so there is nothing to hold against a text; "
            "`neuronario run` makes a run with measures",
            ExitCode.BAD_DATA,
        )
    return LargeText(run, units, questions(run, units, corpus))
