"""What is timed: the same text, sizes, batches and number of steps for every side."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.corpus.load import load_corpus
from jobs.engine.batches import BatchPlan, make_batch_plan

REAL_TEXT = Path("../shared/corpora/xkb_evdev.xml")


@dataclass(frozen=True)
class Work:
    """One training task; ``steps`` optimiser steps are timed at a time."""

    name: str
    units: int  # in each of two layers
    batch: int
    regime: Literal["window", "stream"]
    loss: Literal["last", "every"]
    steps: int

    def config(self) -> Config:
        return Config.model_validate(
            {
                "corpus": {"path": str(REAL_TEXT)} if REAL_TEXT.exists() else {"builtin": "xml"},
                "network": {"layers": (self.units, self.units)},
                "training": {
                    "regime": self.regime,
                    "loss": self.loss,
                    "batch": self.batch,
                    "schedule": "constant",
                    "clip_norm": 0.0,
                    "learning_rate": 0.001,
                },
            }
        )


@dataclass(frozen=True)
class Contender:
    """A side: ``run`` takes the work's steps once; its first call includes any compilation."""

    name: str
    run: Callable[[], None]


WORKS = (
    Work("2x50, batch 30, loss last", 50, 30, "window", "last", 240),
    Work("2x50, batch 30, loss every", 50, 30, "window", "every", 200),
    Work("2x50, 32 streams of 50", 50, 32, "stream", "every", 80),
    Work("2x128, batch 64, loss last", 128, 64, "window", "last", 30),
    Work("2x512, batch 100, loss last", 512, 100, "window", "last", 4),
)


def read_text() -> Corpus:
    """The real text where it is at hand, else the embedded one."""
    return load_corpus(WORKS[0].config().corpus, Path())


def plan_of(work: Work, corpus: Corpus) -> BatchPlan:
    return make_batch_plan(corpus.training_ids, work.config().training, 0)


def multiplications(work: Work, plan: BatchPlan, symbols: int) -> float:
    """Of one step, forwards and backwards; a look-up instead of the one-hot product."""
    recurrent = 3 * work.units * 4 * work.units  # two recurrent kernels, one input kernel
    read, predicted = plan.batch * plan.length, plan.batch * plan.predictions
    return 3.0 * (recurrent * read + work.units * symbols * predicted)


def batches(plan: BatchPlan, steps: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Inputs (B, T) and targets (B, K) of the first steps, int64, batch first."""
    data = plan.batches(1, 0, steps)
    return [
        (np.ascontiguousarray(x.T, np.int64), np.ascontiguousarray(y.T, np.int64))
        for x, y in zip(data.inputs, data.targets, strict=True)
    ]
