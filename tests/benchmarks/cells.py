"""A training step of each cell at as many parameters: ``python -m tests.benchmarks.cells``.

Two equal layers of the LSTM's width, of the GRU's and of the plain RNN's that come nearest in
parameters; the same batches, all three in turn, the best of the rounds.
"""

import sys
from time import perf_counter

from jobs.machine.tensorflow_start import start_tensorflow

start_tensorflow()

from jobs.config.memory import parameter_count  # noqa: E402
from jobs.engine.batches import BatchPlan  # noqa: E402
from jobs.model.cell import CELLS, LSTM, Cell  # noqa: E402
from jobs.model.network import initial_network  # noqa: E402
from tests.benchmarks.ours import contender  # noqa: E402
from tests.benchmarks.work import WORKS, Contender, Work, plan_of, read_text  # noqa: E402

ROUNDS = 15


def width_of(cell: Cell, lstm_units: int, symbols: int) -> int:
    """The width of two layers that have about the parameters of the LSTM's."""
    wanted = parameter_count((lstm_units, lstm_units), symbols, LSTM)
    widths = range(lstm_units // 2, 3 * lstm_units)
    return min(widths, key=lambda n: abs(parameter_count((n, n), symbols, cell) - wanted))


def side_of(cell: Cell, work: Work, plan: BatchPlan, symbols: int) -> tuple[Contender, int]:
    """The work's steps by a network of ``cell``, and its parameters."""
    units = width_of(cell, work.units, symbols)
    network = initial_network(symbols, (units, units), 0, (cell, cell))
    return contender(f"{cell.name} 2x{units}", work, plan, network), network.parameters


def main() -> None:
    """One row for each work whose name contains an argument; all without one."""
    corpus = read_text()
    symbols = len(corpus.alphabet)
    for work in WORKS:
        if len(sys.argv) > 1 and not any(word in work.name for word in sys.argv[1:]):
            continue
        plan = plan_of(work, corpus)
        sides = [side_of(cell, work, plan, symbols) for cell in CELLS.values()]
        best = [float("inf")] * len(sides)
        for number in range(ROUNDS + 1):
            for place, (side, _) in enumerate(sides):
                begun = perf_counter()
                side.run()
                if number:  # the first compiles
                    best[place] = min(best[place], (perf_counter() - begun) / work.steps)
        row = "; ".join(
            f"{side.name} ({parameters:,}) {1e3 * seconds:.2f} ms"
            for (side, parameters), seconds in zip(sides, best, strict=True)
        )
        print(f"{work.name}: {row}", flush=True)


if __name__ == "__main__":
    main()
