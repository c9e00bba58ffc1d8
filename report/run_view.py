"""What the report is made from: one finished run, in memory and immutable.

``report/make_report.py`` fills it; no panel, page or measure opens a run itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jobs.config.schema import Config
from jobs.corpus.corpus import CorpusCard
from jobs.corpus.seen import Seen
from jobs.model.alphabet import decode
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.imported import ImportRecord
from jobs.model.network import Network
from jobs.model.origin import Origin
from jobs.model.trace import Trace

T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Unit:
    """The name of one neuron, and its addresses.

    Arrays and functions count layers from 0. Names, addresses and records count them from 1, and
    this class is where one becomes the other: :meth:`of` and :func:`unit_at`.
    """

    layer: int  # from 1
    index: int  # from 0, within the layer

    def of(self, layers: Sequence[T]) -> T:
        """What ``layers``, one entry per layer, holds for this unit's."""
        return layers[self.layer - 1]

    @property
    def name(self) -> str:
        """``L2N17``: how the unit is called everywhere."""
        return f"L{self.layer}N{self.index}"

    @property
    def page(self) -> str:
        """Path of its Markdown page inside the docs folder."""
        return f"neurons/l{self.layer}/n{self.index}.md"

    @property
    def figure(self) -> str:
        """Path of its picture for papers."""
        return f"neurons/l{self.layer}/n{self.index}.svg"

    @property
    def card(self) -> str:
        """Path of the picture that a link to its page shows."""
        return f"neurons/l{self.layer}/n{self.index}.png"

    @property
    def address(self) -> str:
        """Path of its HTML page, from the root of the site."""
        return f"neurons/l{self.layer}/n{self.index}.html"


def unit_at(layer: int, index: int) -> Unit:
    """The unit ``index`` of ``layer``, which counts from 0 here."""
    return Unit(layer + 1, index)


@dataclass(frozen=True)
class RunView:
    """One run as the report sees it."""

    config: Config
    card: CorpusCard
    network: Network
    history: tuple[EpochRecord, ...]
    evaluation: Evaluation
    sample: Trace  # the text that the network wrote
    probe: Trace  # the pinned part of the held-out text: statistics are made on it
    run_id: str  # never printed on a page: equal runs give equal pages
    tool_version: str
    origin: Origin = field(default_factory=Origin)  # where the weights come from
    seen: Seen | None = None  # what the weights have ever read; None: not recorded
    # measure name -> its record, made by report/measures/*; a panel asks with .get()
    measures: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    imported: ImportRecord | None = None  # the model file of an imported network

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Every neuron of every layer, in order."""
        return tuple(
            unit_at(layer, index)
            for layer, size in enumerate(self.network.sizes)
            for index in range(size)
        )

    @cached_property
    def sample_text(self) -> str:
        """The sampled characters."""
        return self.text(self.sample.ids)

    @cached_property
    def probe_text(self) -> str:
        """The probe's characters."""
        return self.text(self.probe.ids)

    @property
    def shows_corpus(self) -> bool:
        """Whether pieces of the corpus may stand on a page (``publish.corpus_text``)."""
        return self.config.publish.corpus_text == "all"

    @property
    def shows_sample(self) -> bool:
        """Whether the text that the network wrote may stand on a page: it can repeat the corpus."""
        return self.config.publish.corpus_text != "none"

    @property
    def shows_weights(self) -> bool:
        """Whether the weights may be published: they can tell pieces of the text."""
        return self.config.publish.weights and self.shows_sample

    def text(self, ids: NDArray[np.int32]) -> str:
        """The characters of ``ids``, as of ``sample.ids`` or ``sample.context``."""
        return decode(ids, self.card.alphabet)
