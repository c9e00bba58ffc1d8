"""The page on which readers try their own text, and what it reads: the network and its units.

The network is one script file that this page alone loads: float16 weights (2 bytes a parameter;
states within 0.004 of the run's own, measured in tests/system/browser/test_try_it.py) and a piece
of a trace, against which the page checks itself when it is opened.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.model.cell import cells_record
from jobs.model.network import Float
from jobs.model.trace import Trace
from report.measured import measured
from report.pages.contents import Contents
from report.pages.page import Page, markdown_page
from report.render.templates import page_text
from report.run_view import RunView, Unit

PATH = "try.md"
ADDRESS = "try.html"
NETWORK = "assets/generated/try-network.js"
UNITS = "assets/generated/try-units.js"
CHECKED_VALUES = 20_000  # states that the page compares with its own
FREQUENT = 4  # characters that "what made it so" puts in place of others
LARGEST_HALF = 65_504.0  # of float16


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``try.md``; with its network and its units where the weights may be published."""
    reason = why_not(view)
    network = b"" if reason else network_script(view)
    text = page_text(
        "try.md.j2",
        {"title": "Try it", "hide": ["navigation", "toc"]},
        reason=reason,
        network=NETWORK,
        units=UNITS,
        bytes=len(network),
        units_named=view.units,
    )
    yield markdown_page(PATH, text)
    if not reason:
        yield Page(NETWORK, network)
        yield Page(UNITS, units_script(view, contents))


def why_not(view: RunView) -> str:
    """Why the page cannot be offered for this run; "" if it can."""
    if not view.shows_weights:
        return "The weights of this network are not published (publish.weights)."
    if any(cell.activation != "tanh" for cell in view.network.cells):
        return "The states of this network have no bound; the page shows states from −1 to +1."
    if np.abs(_weights(view)).max() > LARGEST_HALF:
        return "A weight of this network is too large for the numbers that the page reads."
    return ""


def network_script(view: RunView) -> bytes:
    """``self.neuronarioNetwork = {...}``: alphabet, sizes, regime, weights, and the check."""
    trace = view.probe if view.shows_corpus else view.sample
    return _script(
        "neuronarioNetwork",
        {
            "alphabet": list(view.card.alphabet),
            "sizes": list(view.network.sizes),
            "cells": cells_record(view.network.cells),
            "regime": trace.mode.regime,
            "window": trace.mode.window,
            "weights": _base64(_weights(view).astype("<f2")),
            "check": check_data(trace, view.network.sizes),
        },
    )


def check_data(trace: Trace, sizes: tuple[int, ...]) -> dict[str, Any]:
    """The start of a trace: ids, states in 1/32767, probability of each following character."""
    characters = min(trace.characters, max(2, CHECKED_VALUES // sum(sizes)))
    hidden = np.concatenate([layer.hidden[:characters] for layer in trace.layers], axis=1)
    following = trace.probabilities[np.arange(characters - 1), trace.ids[1:characters]]
    return {
        "context": trace.context.tolist(),
        "ids": trace.ids[:characters].tolist(),
        "hidden": _base64(np.rint(hidden * 32767).astype("<i2")),
        "chances": [round(float(chance), 5) for chance in following],
    }


def units_script(view: RunView, contents: Contents) -> bytes:
    """``self.neuronarioUnits = {...}``: what the page says of each unit."""
    known = measured(view)
    linked = set(contents.units)
    means = np.concatenate([layer.hidden.mean(0) for layer in view.probe.layers])
    counts = np.bincount(view.probe.ids, minlength=len(view.card.alphabet))
    sentences, kinds = [], []
    for unit in view.units:
        explanation = known.unit(unit).explanation if known else None
        sentences.append(explanation.sentence.text if explanation else "")
        kinds.append(explanation.kind if explanation else "")
    return _script(
        "neuronarioUnits",
        {
            "alphabet": list(view.card.alphabet),
            "sizes": list(view.network.sizes),
            "names": [unit.name for unit in view.units],
            "addresses": [unit.address if unit in linked else "" for unit in view.units],
            "kinds": kinds,
            "sentences": sentences,
            "means": [round(float(mean), 3) for mean in means],
            "frequent": np.argsort(-counts, kind="stable")[:FREQUENT].tolist(),
            "bits": round(view.evaluation.held_out_bits, 3),
            "example": view.sample_text if view.shows_sample else "",
        },
    )


def try_address(unit: Unit) -> str:
    """The page with ``unit`` chosen, from the root of the site."""
    return f"{ADDRESS}#{unit.name}"


def _weights(view: RunView) -> Float:
    """Every weight, in the order in which the page reads them."""
    return np.concatenate([array.ravel() for array in view.network.arrays().values()])


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _script(name: str, value: dict[str, Any]) -> bytes:
    """A script that holds data; ASCII, so that no encoding can spoil it."""
    return f"self.{name} = {json.dumps(value, separators=(',', ':'))};\n".encode("ascii")
