"""PyTorch: nn.LSTM with one and two threads, and torch.compile where it works."""

import importlib.util
import shutil

from jobs.engine.batches import BatchPlan
from tests.benchmarks.work import Contender, Work, batches

AVAILABLE = importlib.util.find_spec("torch") is not None


def contenders(work: Work, plan: BatchPlan, symbols: int) -> list[Contender]:
    if not AVAILABLE:
        return []
    found = [
        Contender(f"PyTorch nn.LSTM, {threads} thread(s)", trainer(work, plan, symbols, threads))
        for threads in (1, 2)
    ]
    if shutil.which("g++") and work.units == 50 and work.loss == "last":
        run = trainer(work, plan, symbols, 2, compiled=True)
        found.append(Contender("PyTorch torch.compile, 2 threads", run))
    return found


def trainer(work: Work, plan: BatchPlan, symbols: int, threads: int, compiled: bool = False):
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(symbols, work.units, 2, batch_first=True)
            self.dense = torch.nn.Linear(work.units, symbols)

        def forward(self, x, state):
            hidden, state = self.lstm(x, state)
            return self.dense(hidden[:, -plan.predictions :]), state

    network = Network()
    call = torch.compile(network) if compiled else network
    optimiser = torch.optim.Adam(network.parameters(), eps=1e-7, fused=True)
    pairs = [(torch.tensor(x), torch.tensor(y)) for x, y in batches(plan, work.steps)]

    def run() -> None:
        torch.set_num_threads(threads)
        state = tuple(torch.zeros(2, plan.batch, work.units) for _ in range(2))
        for x, y in pairs:
            scores, ends = call(torch.nn.functional.one_hot(x, symbols).float(), state)
            loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            if work.regime == "stream":
                state = tuple(end.detach() for end in ends)

    return run
