"""Time and memory by size: measured rates, and what follows from them for longer texts.

    python -m tests.benchmarks.scale

Two layers of H units, V characters, windows of 20 with stride 20, loss last. An epoch over N
characters (90 % of the text) takes 6 (12 H^2 + H V / 20) N floating-point operations: two for each
weight of the recurrent and the upper input kernel, forwards, and twice that backwards; the product
of the first layer's kernel is a look-up.
"""

import os
import resource

from jobs.machine.program_cache import VARIABLE
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.network import initial_network

os.environ[VARIABLE] = ""
start_tensorflow()

from jobs.config.memory import predicted_memory, size_text  # noqa: E402
from jobs.engine.batches import make_batch_plan  # noqa: E402
from tests.benchmarks import ours  # noqa: E402
from tests.benchmarks.reading import timed  # noqa: E402
from tests.benchmarks.work import Work, read_text  # noqa: E402

SIZES = {50: (30, 240), 128: (64, 40), 256: (100, 16), 512: (100, 6), 1024: (100, 3)}
TEXTS = {"10 k": 1e4, "1 M": 1e6, "100 M": 1e8}
ROUNDS = 3


def main() -> None:
    corpus = read_text()
    symbols = len(corpus.alphabet)
    print(
        "| H | weights | batch | ms per step | GFLOP/s | "
        + " | ".join(f"epoch, {name} characters" for name in TEXTS)
        + " | memory foreseen | process at its largest | trace of 1 M characters |"
    )
    print("|---" * (8 + len(TEXTS)) + "|")
    for units, (batch, steps) in SIZES.items():
        work = Work(f"2x{units}", units, batch, "window", "last", steps)
        config = work.config()
        plan = make_batch_plan(corpus.training_ids, config.training, 0)
        (side,) = ours.contenders(work, plan, symbols)
        side.run()
        seconds = min(timed(side.run) for _ in range(ROUNDS)) / steps
        per_character = 6.0 * (12 * units**2 + units * symbols / 20)
        rate = per_character * batch * 20 / seconds
        epochs = " | ".join(
            duration(0.9 * characters * per_character / rate) for characters in TEXTS.values()
        )
        weights = initial_network(symbols, (units, units), 0).parameters
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        trace = 4 * (10 * units + symbols) * 1_000_000
        print(
            f"| {units} | {weights:,} | {batch} | {1e3 * seconds:.2f} | {rate / 1e9:.0f} "
            f"| {epochs} | {size_text(predicted_memory(config, symbols).total)} "
            f"| {size_text(largest)} | {size_text(trace)} |",
            flush=True,
        )


def duration(seconds: float) -> str:
    """In words: 0.12 s, 19 min, 12 h."""
    if seconds < 100:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6_000 else f"{seconds / 3600:.0f} h"


if __name__ == "__main__":
    main()
