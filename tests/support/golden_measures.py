"""The hand-built networks measured, once for all tests."""

from functools import cache

import numpy as np

from jobs.config.schema import Config, CorpusConfig
from jobs.corpus.corpus import Corpus
from report.measures.measure import Measures, measure
from tests.support.golden_networks import (
    ALPHABET,
    Golden,
    golden,
    golden_text,
    text_ids,
    trace_text,
)

CONFIG = Config(corpus=CorpusConfig(builtin="xml"))


@cache
def golden_run(layers: int = 1) -> Golden:
    return golden(layers, characters=4_000)


def corpus_of(run: Golden) -> Corpus:
    """A corpus whose held-out part is the golden text."""
    training = np.concatenate([text_ids(golden_text(8_000, 5)), run.trace.context])
    return Corpus(
        name="golden",
        ids=np.concatenate([training, run.trace.ids]),
        alphabet=ALPHABET,
        held_out_start=len(training),
        sha256="0" * 64,
        encoding="utf-8",
        bytes=0,
        notes=(),
        entropy=None,
    )


@cache
def golden_measures(layers: int = 1) -> Measures:
    run = golden_run(layers)
    return measure(run.network, run.trace, sample_of(run), corpus_of(run), CONFIG)


def sample_of(run: Golden):
    ids = text_ids(golden_text(160, 9))
    return trace_text(run.network, ids[40:], ids[:40])
