"""Mean state of a unit at each character, and how much of the unit the character alone explains."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from report.measured import measured
from report.measures.activation import CharacterMeans, character_means
from report.panels.panel import Column, Content, Panel, UnitContent
from report.render.characters import character_name
from report.render.templates import percent, signed
from report.run_view import RunView, Unit

SHOWN = 4  # frequent characters at either end that stand in the open; the rest unfolds
LEAST_COUNT = 10  # occurrences that make a character frequent


class CharacterMean(NamedTuple):
    """One row of the table."""

    character: str
    occurrences: int
    mean: float
    beyond_chance: bool


@dataclass(frozen=True)
class Characters:
    """The table of one unit, highest mean first."""

    characters: int
    alignment: str
    highest: tuple[CharacterMean, ...]
    rest: tuple[CharacterMean, ...]
    lowest: tuple[CharacterMean, ...]
    explained: float
    explained_by_chance: float | None  # None: the probe is too short for shifts


def prepare(view: RunView) -> UnitContent:
    """Means of every layer on the probe."""
    measures = measured(view)
    alignment = view.config.report.alignment
    layers = [
        character_means(view.probe.ids, view.probe.states(layer, alignment))
        for layer in range(len(view.network.sizes))
    ]

    def content(unit: Unit) -> Content:
        means, index = unit.of(layers), unit.index
        rows = _rows(means, index, view.card.alphabet)
        frequent = [row for row in rows if row.occurrences >= LEAST_COUNT]
        ends = min(SHOWN, len(frequent) // 2)
        highest, lowest = frequent[:ends], frequent[len(frequent) - ends :]
        explained = float(means.explained[index])
        chance = float(means.explained_by_chance[index])
        data = f"{means.characters:,} probe characters"
        return Content(
            values=Characters(
                characters=means.characters,
                alignment=alignment,
                highest=tuple(highest),
                rest=tuple(row for row in rows if row not in highest and row not in lowest),
                lowest=tuple(lowest),
                explained=explained,
                explained_by_chance=chance if chance < 1 else None,
            ),
            sentence=""
            if measures and measures.unit(unit).explanation
            else sentence(rows, alignment),
            columns=(
                Column(
                    "By character",
                    explained,
                    percent(explained),
                    f"share of the variance between characters, {data}",
                ),
            ),
            front_matter={"explained_by_character": round(explained, 2)},
        )

    return content


def _rows(means: CharacterMeans, unit: int, alphabet: tuple[str, ...]) -> tuple[CharacterMean, ...]:
    order = np.argsort(-means.means[:, unit], kind="stable")
    return tuple(
        CharacterMean(
            character=alphabet[means.ids[place]],
            occurrences=int(means.counts[place]),
            mean=float(means.means[place, unit]),
            beyond_chance=bool(means.beyond_chance[place, unit]),
        )
        for place in order
    )


def sentence(rows: tuple[CharacterMean, ...], alignment: str) -> str:
    """The unit in words: after which characters it is highest and lowest."""
    named = [row for row in rows if row.beyond_chance and row.occurrences >= LEAST_COUNT]
    when = "after" if alignment == "read" else "just before"
    if not named:
        return f"No single character moves its mean state {when} it beyond chance."
    high, low = named[0], named[-1]
    parts = [f"highest {when} {character_name(high.character)} ({signed(high.mean)})"]
    if low is not high:
        parts.append(f"lowest {when} {character_name(low.character)} ({signed(low.mean)})")
    return f"On the probe its mean state is {' and '.join(parts)}."


PANEL = Panel("characters", place="side", order=30, prepare=prepare, fold="Mean state by character")
