"""One shard of a large text: read by the network and counted, by whichever process."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from jobs.corpus.shards import Shard
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.memory import return_freed_memory
from jobs.machine.runtime import Runtime, current_runtime
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.reading_mode import ReadingMode
from jobs.pipeline.reports import report_digest, shard_counts

if TYPE_CHECKING:
    from jobs.pipeline.reports import Questions


@dataclass(frozen=True)
class ShardSetup:
    """What all shards share."""

    questions: "Questions"
    mode: ReadingMode
    runtime: Runtime  # of the machine that asks: another would make other bytes
    program: str  # digest of the report's code


@dataclass(frozen=True)
class ShardOutcome:
    """The counts of a shard, or why there are none."""

    code: ExitCode
    message: str
    arrays: Mapping[str, np.ndarray]


def count_shard(setup: ShardSetup, shard: Shard) -> ShardOutcome:
    """Read a shard after its warm-up, and count."""
    try:
        _check_same_machine(setup.runtime, setup.program)
        start_tensorflow()
        return ShardOutcome(ExitCode.OK, "", _counted(setup, shard))
    except NeuronarioError as error:
        return ShardOutcome(error.code, str(error), {})
    finally:
        return_freed_memory()


def _counted(setup: ShardSetup, shard: Shard) -> dict[str, np.ndarray]:
    from jobs.engine.prefetch import prefetched
    from jobs.engine.trace_text import document_blocks, segments_for

    network = setup.questions.network
    counts = shard_counts(setup.questions, shard)
    blocks = document_blocks(
        network,
        shard.ids.astype(np.int32),
        mode=setup.mode,
        context=shard.context.astype(np.int32),
        starts=shard.starts,
    )
    numbers = range(1, len(network.layers) + 1)
    before = next(blocks).before()
    hidden = [before[f"layer{number}.before.hidden"] for number in numbers]
    counts.begin(hidden, before["before.probabilities"])
    with prefetched(blocks, segments_for(network)) as made:
        for block in made:
            arrays = block.arrays()
            states = [arrays[f"layer{number}.hidden"] for number in numbers]
            counts.add(states, arrays["probabilities"])
    return counts.arrays()


@lru_cache(maxsize=4)
def _check_same_machine(runtime: Runtime, program: str) -> None:
    """Refuse to make other bytes than those asked for.

    Raises:
        NeuronarioError: 78, processor, packages or program are others here.
    """
    here = current_runtime()
    differs = [
        f"{name}: {value} there, {getattr(here, name)} here"
        for name, value in vars(runtime).items()
        if value != getattr(here, name)
    ]
    if report_digest() != program:
        differs.append("another version of the program")
    if differs:
        raise NeuronarioError(
            f"a worker would make other bytes than this machine ({differs[0]}); use workers with "
            "the same processor and the same installation",
            ExitCode.BAD_CONFIG,
        )
