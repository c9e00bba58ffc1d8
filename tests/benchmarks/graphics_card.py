"""From which size a graphics card pays: ``python -m tests.benchmarks.graphics_card``.

The same training steps by the processor and by the card, each in a process of its own as in a job,
the best of the rounds; "start" is what the process takes before its first step: TensorFlow, the
card, compilation. ``--only processor`` where there is no card.
"""

import argparse
import json
import subprocess
import sys
from math import nan
from time import perf_counter

from jobs.machine.graphics_card import GraphicsCard, fingerprint_of, graphics_cards
from jobs.machine.runtime import available_threads, cpu_model
from jobs.machine.tensorflow_start import start_tensorflow

SIZES = ((50, 32), (128, 32), (256, 32), (256, 128), (512, 32), (512, 100), (1024, 64))
CHARACTERS = 50  # of a stream at a step
STEPS = {"processor": 4, "card": 40}
ROUNDS = 5
SIDES = ("processor", "card")


def main() -> None:
    """The table; or, asked by it, the figures of one side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=SIDES)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measured(options.side)))
        return
    cards = graphics_cards()
    wanted = [side for side in SIDES if options.only in (None, side)]
    if "card" in wanted and not cards:
        raise SystemExit("no graphics card can be seen")
    card = fingerprint_of(cards[0]) if cards else "no card"
    print(f"{cpu_model()}, {available_threads()} processors; {card}\n")
    found = {side: asked(side) for side in wanted}
    print("| layers | streams | multiplications of a step | processor, ms | card, ms | times |")
    print("|---|---|---|---|---|---|")
    for number, (units, batch) in enumerate(SIZES):
        rows = [found[side]["rows"][number] if side in found else (nan, nan) for side in SIDES]
        (count, slow), (other, fast) = rows
        print(
            f"| 2x{units} | {batch} of {CHARACTERS} | {max(count, other):.1e} | {slow:.1f} "
            f"| {fast:.1f} | {slow / fast:.1f} |"
        )
    starts = ", ".join(f"{side} {found[side]['start']:.1f} s" for side in wanted)
    print(f"\nbefore the first step: {starts}")


def asked(side: str) -> dict:
    """The figures of another process."""
    command = [sys.executable, "-m", "tests.benchmarks.graphics_card", "--side", side]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measured(side: str) -> dict:
    """The start in seconds; of each size the multiplications and the milliseconds of a step."""
    begun = perf_counter()
    card: GraphicsCard | None = graphics_cards()[0] if side == "card" else None
    start_tensorflow(card)
    from jobs.engine.execution import multiplications
    from jobs.engine.tensors import sees_card
    from jobs.model.network import initial_network
    from tests.benchmarks.ours import contender
    from tests.benchmarks.reading import timed
    from tests.benchmarks.work import Work, plan_of, read_text

    assert sees_card() == (side == "card")
    corpus, start, rows = read_text(), nan, []
    for units, batch in SIZES:
        work = Work(f"2x{units}", units, batch, "stream", "every", STEPS[side])
        plan = plan_of(work, corpus)
        network = initial_network(len(corpus.alphabet), (units, units), 0)
        one = contender(side, work, plan, network, shards=1 if card else None)
        one.run()
        start = start if start == start else perf_counter() - begun
        best = min(timed(one.run) for _ in range(ROUNDS))
        rows.append((multiplications(plan, network), 1e3 * best / work.steps))
    return {"start": start, "rows": rows}


if __name__ == "__main__":
    main()
