"""A run in Python or a notebook: ``open_run("runs").neuron("L2N17")`` shows what its page shows.

NumPy alone: no TensorFlow is imported and nothing is written. What is shown brings its own colours
and background, so that it is right in light and dark notebooks alike::

    from report.notebook import open_run

    run = open_run("runs")                    # or open_run("runs", "baseline")
    run.neuron("L2N17")                       # the sampled text, coloured
    run.read("<name>Ada</name>").neuron("L2N17").states
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from jobs.errors import ExitCode, NeuronarioError
from jobs.model.network import Float
from jobs.store.run_names import read_run
from report.make_report import comparable_view
from report.measured import measured
from report.measures.ablation.numpy_reading import hidden_states
from report.measures.unit import UnitMeasures
from report.render.palette import LIGHT, hexadecimal, levels
from report.render.spans import cells, paint
from report.render.templates import render, strip
from report.run_view import RunView, Unit

SHOWN = 1_000  # characters of a text that a notebook shows


@dataclass(frozen=True)
class Neuron:
    """One unit on one text."""

    name: str  # L2N17
    text: str  # T characters
    states: Float  # (T,) hidden state after reading each character, in (-1, 1)
    measures: UnitMeasures | None  # on the probe; None for a run that was not measured

    @property
    def sentence(self) -> str:
        """What explains the unit, as on its page; "" where nothing was measured."""
        known = self.measures and self.measures.explanation
        return known.sentence.text if known else ""

    def _repr_html_(self) -> str:
        """The start of the text, coloured as on the site."""
        text = self.text[:SHOWN]
        colours = [None if one is None else hexadecimal(one) for one in LIGHT.state_colours()]
        return render(
            "notebook.html.j2",
            name=self.name,
            sentence=self.sentence,
            spans=paint(strip(cells(text)), levels(self.states[: len(text)]).tolist(), "p"),
            colours=[(level, colour) for level, colour in enumerate(colours) if colour],
            background=LIGHT.background,
            foreground=LIGHT.foreground,
            characters=len(self.text),
            shown=len(text),
        )


@dataclass(frozen=True)
class Reading:
    """All units on one text."""

    text: str
    layers: tuple[Float, ...]  # per layer (T, H): hidden states after reading each character
    view: RunView

    def neuron(self, name: str) -> Neuron:
        """The unit called ``name``, as ``L2N17``.

        Raises:
            NeuronarioError: 66, there is no such unit.
        """
        unit = _unit(self.view, name)
        known = measured(self.view)
        return Neuron(
            unit.name,
            self.text,
            unit.of(self.layers)[:, unit.index],
            known.unit(unit) if known else None,
        )


@dataclass(frozen=True)
class OpenRun:
    """A run of a store."""

    view: RunView

    @cached_property
    def sample(self) -> Reading:
        """The text that the network wrote, with the stored states."""
        view = self.view
        return Reading(view.sample_text, tuple(one.hidden for one in view.sample.layers), view)

    @cached_property
    def probe(self) -> Reading:
        """The pinned held-out text that statistics are made on, with the stored states."""
        view = self.view
        return Reading(view.probe_text, tuple(one.hidden for one in view.probe.layers), view)

    @property
    def names(self) -> tuple[str, ...]:
        """Every unit's name."""
        return tuple(unit.name for unit in self.view.units)

    def neuron(self, name: str) -> Neuron:
        """The unit called ``name`` on the sampled text; 66 where there is none."""
        return self.sample.neuron(name)

    def read(self, text: str) -> Reading:
        """All units on ``text``, from a state of zeros, in the regime of the run.

        Raises:
            NeuronarioError: 65, the text is empty or has a character that the network does not
                know: nothing is replaced silently.
        """
        known = {character: index for index, character in enumerate(self.view.card.alphabet)}
        strange = sorted(set(text) - set(known))
        if strange or not text:
            raise NeuronarioError(
                f"the network does not know {', '.join(map(ascii, strange[:10]))}; take these out, "
                "or replace them by characters that it knows"
                if strange
                else "an empty text; give at least one character",
                ExitCode.BAD_DATA,
            )
        ids = np.array([known[character] for character in text], np.int32)
        before = np.zeros(0, np.int32)
        window = self.view.probe.mode.window
        return Reading(text, hidden_states(self.view.network, ids, before, window), self.view)


def open_run(store: str | Path, name: str = "latest") -> OpenRun:
    """The run that ``name`` means in a store: an id, ``latest``, ``baseline``, a tag.

    Raises:
        NeuronarioError: 66 for an unknown name, 65 for a damaged run.
    """
    return OpenRun(comparable_view(read_run(Path(store), name)))


def _unit(view: RunView, name: str) -> Unit:
    for unit in view.units:
        if unit.name == name:
            return unit
    sizes = ", ".join(
        f"L{layer}N0 to L{layer}N{size - 1}" for layer, size in enumerate(view.network.sizes, 1)
    )
    raise NeuronarioError(f"no unit {name!a:.40}; this network has {sizes}", ExitCode.NO_INPUT)
