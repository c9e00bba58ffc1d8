"""The run: what was asked for, what text it read, how well the network learned it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from jobs.config.schema import Config
from jobs.model.history import EpochRecord, flat_epochs
from jobs.model.network import model_summary
from jobs.store.manifest import leaves
from jobs.store.run_files import PRIVATE_SECTIONS
from report.pages.contents import Contents, section_contents
from report.pages.page import Page, markdown_page
from report.render.charts import line, ticks
from report.render.templates import decimals, page_text
from report.run_view import RunView

# where things are kept is nobody's business but the machine's
PRIVATE_SETTINGS = (*PRIVATE_SECTIONS, "site.directory", "schema")
MODEL_PATHS = ("network.from", "network.alphabet")  # of these the name alone
WIDTH, HEIGHT = 640, 260  # SVG units of the learning curve
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 36


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    place: float  # SVG units
    text: str


@dataclass(frozen=True)
class Level:
    """A horizontal line to hold the curve against."""

    name: str
    kind: str  # CSS class
    place: float
    text_place: float  # above the line, but below it for the lowest
    text: str


@dataclass(frozen=True)
class LearningCurve:
    """Bits per character over the epochs."""

    epochs: int
    training: str  # path
    held_out: str  # path
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    levels: tuple[Level, ...]
    best_x: float  # the epoch whose weights are kept
    best_y: float
    flat: int  # epochs from the first on that are no better than character frequencies
    flat_width: float  # of the ground behind them; SVG units, 0 where none is flat


@dataclass(frozen=True)
class Setting:
    """One key of the effective configuration."""

    key: str
    value: str


@dataclass(frozen=True)
class CharacterCount:
    """One character of the alphabet."""

    character: str
    count: int
    share: float


def pages(view: RunView, contents: Contents) -> Iterator[Page]:
    """``run.md``."""
    card = view.card
    order = sorted(range(len(card.alphabet)), key=lambda index: -card.counts[index])
    text = page_text(
        "run.md.j2",
        {"title": "Run", "hide": ["navigation", "toc"], "search": {"boost": 3.0}},
        view=view,
        sections=section_contents(view, "run"),
        curve=learning_curve(view),
        settings=settings(view.config, imported=view.imported is not None),
        alphabet=[
            CharacterCount(card.alphabet[index], card.counts[index], card.counts[index] / total)
            for total in [max(1, sum(card.counts))]
            for index in order
        ],
        summary=model_summary(view.network),
    )
    yield markdown_page("run.md", text)


def settings(config: Config, *, imported: bool = False) -> list[Setting]:
    """The effective configuration, one line a key, without what is private to the machine.

    Of an imported network only the regime stands under training: nothing was trained.
    """
    lines = []
    for key, value in leaves(config.model_dump(by_alias=True)):
        if any(key == name or key.startswith(f"{name}.") for name in PRIVATE_SETTINGS):
            continue
        if value in (None, "", ()) or (imported and _of_training_alone(key)):
            continue
        names = [PurePath(path).name for path in config.corpus.paths]
        shown = names if key == "corpus.path" else value
        lines.append(Setting(key, PurePath(value).name if key in MODEL_PATHS else _text(shown)))
    return lines


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return "; ".join(f"{key} {_text(item)}" for key, item in value.items())
    return str(value)


def _of_training_alone(key: str) -> bool:
    return key.startswith("training.") and key not in ("training.regime", "training.window")


def learning_curve(view: RunView) -> LearningCurve | None:
    """Training and held-out bits per character, the unigram baseline and the known entropy.

    None for an imported network, of whose training nothing is known.
    """
    history, evaluation = view.history, view.evaluation
    if not history:
        return None
    bits = [record.training_bits for record in history] + [
        record.held_out_bits for record in history
    ]
    marks = {"unigram": evaluation.unigram_bits}
    if view.card.entropy is not None:
        marks["entropy"] = view.card.entropy
    low, high = min([*bits, *marks.values()]), max([*bits, *marks.values()])
    room = 0.08 * max(high - low, 0.1)  # for the names of the lines
    low, high = low - room, high + room
    last = max(record.epoch for record in history)

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(last - 1, 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    flat = flat_epochs(history, evaluation.unigram_bits)
    names = {"unigram": "unigram frequencies", "entropy": "entropy of the source"}
    return LearningCurve(
        epochs=last,
        training=_path(history, "training_bits", x, y),
        held_out=_path(history, "held_out_bits", x, y),
        x_ticks=tuple(
            Tick(x(epoch), f"{epoch:.0f}")
            for epoch in dict.fromkeys([1, *ticks(1, last, 8)])
            if float(epoch).is_integer()
        ),
        y_ticks=tuple(Tick(y(value), decimals(value, 1)) for value in ticks(low, high, 6)),
        levels=tuple(
            Level(
                name=names[kind],
                kind=kind,
                place=y(value),
                text_place=y(value) + (13 if kind == "entropy" else -5),
                text=f"{names[kind]}: {value:.3f}",
            )
            for kind, value in marks.items()
        ),
        best_x=x(evaluation.best_epoch),
        best_y=y(evaluation.held_out_bits),
        flat=flat,
        flat_width=min(x(flat + 0.5), WIDTH - RIGHT) - LEFT if flat else 0.0,
    )


def _path(history: tuple[EpochRecord, ...], field: str, x: Any, y: Any) -> str:
    points = [(x(record.epoch), y(getattr(record, field))) for record in history]
    if len(points) == 1:  # one epoch: a dash wide enough to be seen
        points.append((points[0][0] + 8, points[0][1]))
    return line(*map(list, zip(*points, strict=True)))
