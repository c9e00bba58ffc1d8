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
        column = drawn[unit.layer - 1][:, unit.index].tolist()
        yield Page(unit.figure, figure(unit.name, view.sample_text, column).encode("utf-8"))
        if view.config.site.url:
            yield Page(unit.card, card(view.sample_text, column))


def sample_levels(view: RunView) -> list[NDArray[np.int8]]:
    """Per layer (T, H) colour levels over the sample, in the configured alignment."""
    sample = view.sample
    if view.config.report.alignment == "read":
        return [levels(layer.hidden) for layer in sample.layers]
    return [levels(sample.predicting_hidden(number)) for number in range(len(sample.layers))]
