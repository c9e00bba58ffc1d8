"""The differences whose outputs are kept in gold/.

``make gold`` renews the golden files; look at ``git diff tests/report/compare/gold``
before you commit them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from jobs.config.schema import TrainingConfig
from jobs.model.network import Network
from report.compare import output
from report.compare.difference import Difference, compare
from tests.support.compare_labels import labelled
from tests.support.compare_runs import flipped, network, permuted, text_of, view
from tests.support.places import ROOT

GOLD = ROOT / "tests" / "report" / "compare" / "gold"
ALPHABET = 18  # of text_of
WRITERS = {"txt": output.text, "json": output.json_text, "md": output.markdown}


@cache
def moved() -> Difference:
    """Two units changed places, one its sign, one was lost; labels went with them."""
    base = network(0, ALPHABET)
    changed = permuted(base, 1, np.array([0, 1, 4, 3, 2, 5]))
    changed = _another_unit(flipped(changed, 0, 5), 0, 7)
    old = labelled(
        view(base),
        {"L1N5": ("quote", 0.8), "L2N2": ("digit", 0.7), "L2N0": ("comment", 0.6)},
        {"quote": 0.8, "tag name": 0.4},
    )
    new = labelled(
        view(changed, run_id="000002-0badcafe", sample="<aba>"),
        {"L1N5": ("quote", 0.81), "L2N4": ("digit", 0.71), "L2N0": ("newline", 0.55)},
        {"quote": 0.81, "tag name": 0.4},
    )
    return compare(old, new)


@cache
def another_text() -> Difference:
    """Another seed and text, with characters that could steer a terminal, a log or a page."""
    strange = text_of(2_304, 8).replace("d", "\u202e").replace("9", "\x1b")
    new = view(
        seed=1,
        run_id="000002-0badcafe",
        text=strange,
        sample="<b>\u202e\x1b[31m\n::error::[x](y)\\|`",
        training=TrainingConfig(epochs=40),
    )
    return compare(view(), replace(new, tool_version="0.2.0"))


@cache
def another_shape() -> Difference:
    """The second layer has another size: its units are not comparable."""
    return compare(view(), view(network(0, ALPHABET, (8, 5)), run_id="000002-0badcafe"))


CASES: dict[str, Callable[[], Difference]] = {
    "moved": moved,
    "another_text": another_text,
    "another_shape": another_shape,
}


def golden_files() -> list[str]:
    """Names of all golden files."""
    return [f"{name}.{suffix}" for name in CASES for suffix in WRITERS]


def content(file: str) -> str:
    """What the golden file called ``file`` should hold."""
    name, suffix = file.split(".")
    return WRITERS[suffix](CASES[name]())


def _another_unit(net: Network, layer: int, unit: int) -> Network:
    """``net`` with one unit drawn anew."""
    fresh = network(99, net.alphabet_size, net.sizes).layers[layer]
    old = net.layers[layer]
    columns = unit + old.units * np.arange(4)
    kernel, recurrent = old.kernel.copy(), old.recurrent_kernel.copy()
    kernel[:, columns] = fresh.kernel[:, columns]
    recurrent[:, columns] = fresh.recurrent_kernel[:, columns]
    layers = list(net.layers)
    layers[layer] = replace(old, kernel=kernel, recurrent_kernel=recurrent)
    return replace(net, layers=tuple(layers))


if __name__ == "__main__":
    for file in golden_files():
        (GOLD / file).write_text(content(file), encoding="utf-8")
