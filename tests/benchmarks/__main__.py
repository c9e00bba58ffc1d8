"""Times the engine against the notebook's steps, Keras, PyTorch and a NumPy LSTM.

    python -m tests.benchmarks [--rounds 5] [--only TEXT] [--json FILE] [--markdown FILE]

One process; in every round all sides take the same steps in turn, so that a busy moment of the
machine hits all of them. Shown are medians over the rounds; first calls (compilation) apart.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path
from statistics import median

import numpy as np

from jobs.machine.program_cache import VARIABLE
from jobs.machine.tensorflow_start import start_tensorflow

os.environ[VARIABLE] = ""  # first calls compile, as on a new machine
BEGIN = time.perf_counter()
start_tensorflow()
IMPORT_SECONDS = time.perf_counter() - BEGIN

from tests.benchmarks import keras_fit, ours, plain_numpy, pytorch, reading  # noqa: E402
from tests.benchmarks.work import (  # noqa: E402
    WORKS,
    Work,
    multiplications,
    plan_of,
    read_text,
)

# Idle threads of one library's pool (OpenBLAS, OpenMP) spin for a while and would take a core from
# the next side.
PAUSE = 0.5  # seconds


def main() -> None:
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(
        description="Times the engine against other ways to do its work."
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"))
    parser.add_argument("--markdown", type=Path, default=Path("benchmarks.md"))
    options = parser.parse_args()
    corpus = read_text()
    symbols = len(corpus.alphabet)
    results: dict[str, object] = {
        "machine": machine(),
        "text": f"{corpus.name}, {corpus.characters:,} characters, {symbols} distinct",
        "training": {},
        "reading": {},
    }
    for work in WORKS:
        if options.only in work.name:
            results["training"][work.name] = train_all(work, corpus, options.rounds)  # type: ignore[index]
            print(table_of(work.name, results["training"][work.name]), flush=True)  # type: ignore[index]
    for name, measure in (("sampling", reading.sampling), ("tracing", reading.tracing)):
        if options.only in name:
            results["reading"][name] = measure(symbols)  # type: ignore[index]
            print(reading_table(name, results["reading"][name]), flush=True)  # type: ignore[index]
    options.json.write_text(json.dumps(results, indent=1) + "\n")
    options.markdown.write_text(report(results))


def train_all(work: Work, corpus, rounds: int) -> dict:
    """Milliseconds per step of every side, and what one core's matrix product reaches meanwhile."""
    plan = plan_of(work, corpus)
    sides = [
        contender
        for module in (ours, pytorch, keras_fit, plain_numpy)
        for contender in module.contenders(work, plan, len(corpus.alphabet))
    ]
    first, times, peaks, failed = {}, {}, [], {}
    for side in list(sides):
        try:
            first[side.name] = reading.timed(side.run)
            times[side.name] = []
        except Exception as error:  # torch.compile may fail in many ways
            failed[side.name] = f"{type(error).__name__}: {str(error).splitlines()[0][:80]}"
            sides.remove(side)
    for _ in range(rounds):
        peaks.append(sgemm_peak())
        for side in sides:
            time.sleep(PAUSE)
            side.run()  # its own caches and threads are warm, as in the middle of an epoch
            times[side.name].append(1e3 * reading.timed(side.run) / work.steps)
    flops = 2.0 * multiplications(work, plan, len(corpus.alphabet))
    own = median(times["Neuronario"])
    return {
        "steps_per_epoch": plan.steps,
        "sgemm_peak_gflops": median(peaks),
        "neuronario_gflops": flops / own / 1e6,
        "failed": failed,
        "sides": {
            name: {
                "milliseconds_per_step": median(values),
                "lowest": min(values),
                "highest": max(values),
                "first_call_seconds": first[name],
                "ratio": median(values) / own,
            }
            for name, values in times.items()
        },
    }


def sgemm_peak() -> float:
    """GFLOP/s of the machine's own matrix product, all cores, float32."""
    left = np.ones((1_536, 1_536), np.float32)
    seconds = min(reading.timed(lambda: left @ left) for _ in range(3))
    return 2.0 * left.shape[0] ** 3 / seconds / 1e9


def machine() -> dict[str, str]:
    import tensorflow as tf

    versions = {"tensorflow": tf.__version__, "numpy": np.__version__}
    if pytorch.AVAILABLE:
        import torch

        versions["torch"] = torch.__version__
    else:
        versions["torch"] = "absent, skipped (pip install '.[bench]')"
    return {
        "python": platform.python_version(),
        "tensorflow_import_seconds": f"{IMPORT_SECONDS:.2f}",
        **versions,
    }


def table_of(name: str, result: dict) -> str:
    """One task as Markdown."""
    peak, own = result["sgemm_peak_gflops"], result["neuronario_gflops"]
    lines = [
        f"### {name}",
        "",
        "| side | ms per step (lowest to highest) | s per epoch | first call, s | slower by |",
        "|---|---|---|---|---|",
    ]
    for side, row in result["sides"].items():
        step = row["milliseconds_per_step"]
        lines.append(
            f"| {side} | {step:.2f} ({row['lowest']:.2f} to {row['highest']:.2f}) "
            f"| {step * result['steps_per_epoch'] / 1e3:.2f} "
            f"| {row['first_call_seconds']:.1f} | {row['ratio']:.2f} |"
        )
    lines += [f"| {side} | failed: {why} | | | |" for side, why in result["failed"].items()]
    share = f"{own:.0f} GFLOP/s of the {peak:.0f} that a large matrix product reaches"
    return "\n".join([*lines, "", f"Neuronario reaches {share} ({own / peak:.0%}).", ""])


def reading_table(name: str, seconds: dict[str, float]) -> str:
    what = {
        "sampling": f"{reading.SAMPLED} characters, all states, 2x50, window of {reading.WINDOW}",
        "tracing": f"{reading.TRACED:,} characters with all states and gates, 2x50, stream",
    }[name]
    rows = [f"| {side} | {value:.3f} |" for side, value in seconds.items()]
    return "\n".join([f"### {name}: {what}", "", "| side | s |", "|---|---|", *rows, ""])


def report(results: dict) -> str:
    """All tables as Markdown."""
    facts = ", ".join(f"{key} {value}" for key, value in results["machine"].items())
    parts = [f"Text: {results['text']}. {facts}. Medians.", ""]
    parts += [table_of(name, result) for name, result in results["training"].items()]
    parts += [reading_table(name, seconds) for name, seconds in results["reading"].items()]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
