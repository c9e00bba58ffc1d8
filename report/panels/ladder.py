"""What decides the unit: how much of it larger and larger tables explain, how far back it lies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from report.measured import measured
from report.measures.explanations.explanation import Explanation, Ladder, Memory
from report.panels.panel import Content, Panel, UnitContent
from report.render.templates import percent
from report.run_view import RunView, Unit

TABLES = (1, 2, 3, 6)  # characters of the ladder's tables


@dataclass(frozen=True)
class Step:
    """One piece of a bar: from where the one before ends, to its own share."""

    name: str
    start: float  # share, in [0, 1]
    width: float
    text: str  # its own share in words


@dataclass(frozen=True)
class Mark:
    """A line across a bar, for what is no step of it."""

    name: str
    place: float  # share, in [0, 1]
    text: str


@dataclass(frozen=True)
class LadderBox:
    """The box of one unit."""

    explained: tuple[Step, ...]
    marks: tuple[Mark, ...]
    decided: tuple[Step, ...]
    longest: int
    half: int
    characters: int
    network: str  # what the network's own expectation explains
    last_layer: bool  # there that is partly circular


def prepare(view: RunView) -> UnitContent | None:
    """Ladder and memory curve of every unit that has an explanation."""
    measures = measured(view)
    if measures is None:
        return None
    last = view.units[-1].layer

    def content(unit: Unit) -> Content | None:
        own = measures.unit(unit).explanation
        if own is None or own.kind == "constant":
            return None
        return Content(
            LadderBox(
                explained=ladder_steps(own.ladder),
                marks=marks(own),
                decided=memory_steps(own.memory),
                longest=own.memory.longest,
                half=measures.all.characters // 2,
                characters=measures.all.characters,
                network=percent(own.ladder.network_expected),
                last_layer=unit.layer == last,
            )
        )

    return content


def ladder_steps(ladder: Ladder) -> tuple[Step, ...]:
    """The tables of the last 1, 2, 3, 6 characters, and all together."""
    names = (*(_characters(count) for count in TABLES), "all together")
    return _steps(names, (*ladder.last, ladder.together))


def memory_steps(memory: Memory) -> tuple[Step, ...]:
    """Which share the last 1, 2, 3, ... characters decide."""
    return _steps(map(str, memory.lengths), memory.shares)


def marks(own: Explanation) -> tuple[Mark, ...]:
    """The sentence, the library's concepts and what is expected next, on the same scale."""
    named = (
        ("the sentence", own.score.r2),
        ("concepts of the library", own.ladder.concepts),
        ("the next character expected", own.ladder.expected),
    )
    return tuple(Mark(name, _cut(share), percent(share)) for name, share in named)


def _steps(names: Iterable[str], shares: Sequence[float]) -> tuple[Step, ...]:
    """Pieces of one bar; a share below an earlier one has no width of its own."""
    steps, reached = [], 0.0
    for name, share in zip(names, shares, strict=True):
        end = max(reached, _cut(share))
        steps.append(Step(name, reached, end - reached, percent(share)))
        reached = end
    return tuple(steps)


def _cut(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _characters(count: int) -> str:
    return "last character" if count == 1 else f"last {count} characters"


PANEL = Panel("ladder", place="side", order=3, prepare=prepare)
