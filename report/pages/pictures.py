"""Pictures of each neuron's coloured text: for papers (SVG), and for links to its page (PNG)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from report.pages.contents import Contents
from report.pages.page import Page
from report.render.card import card
from report.render.figure import figure
from report.render.palette import levels
from report.run_view import RunView


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """One figure per unit with a page, and a card where the site has a public address."""
    if not view.shows_sample:
        return
    drawn = sample_levels(view)
    for unit in contents.units:
        column = unit.of(drawn)[:, unit.index].tolist()
        yield Page(unit.figure, figure(unit.name, view.sample_text, column).encode("utf-8"))
        if view.config.site.url:
            yield Page(unit.card, card(view.sample_text, column))


def sample_levels(view: RunView) -> list[NDArray[np.int8]]:
    """Per layer (T, H) colour levels over the sample, in the configured alignment."""
    alignment, layers = view.config.report.alignment, range(len(view.network.sizes))
    return [levels(view.sample.states(layer, alignment)) for layer in layers]
