"""What a page is made of, and how to add to it.

A **panel** is one box on every neuron page. Adding one takes three files and no other change:

1. ``report/panels/NAME.py`` with a module constant ``PANEL = Panel(...)``;
2. ``templates/panels/NAME.md.j2``, plain HTML (no Markdown, no ``<section>``, no inline style),
   which gets ``panel`` (the values below) and ``unit``;
3. ``tests/report/panels/test_NAME.py``.

Most readers need little: a box that few need gets ``fold="Its heading"`` and unfolds by that.

A **section** is one box on the overview, the sample or the run page, made once a run:
``SECTION = Section(...)`` in ``report/panels/NAME.py`` and ``templates/sections/NAME.md.j2``,
which gets ``section`` (the values) and ``view``. One module may have both.

Example::

    @dataclass(frozen=True)
    class Timescale:
        characters: float

    def prepare(view: RunView) -> UnitContent | None:
        record = view.measures.get("timescale")     # made once, for all units together
        if record is None:
            return None                             # no such measure: no panel on any page

        def content(unit: Unit) -> Content | None:
            value = float(unit.of(record.characters)[unit.index])
            return Content(
                values=Timescale(value),
                sentence=f"It remembers for about {value:.0f} characters.",
                columns=(Column("Timescale", value, f"{value:.1f}", "characters, probe"),),
                front_matter={"timescale": round(value, 2)},
            )

        return content

    PANEL = Panel("timescale", place="side", order=60, prepare=prepare)

Two rules of the theme: a link inside an ``<svg>`` is ``xlink:href`` (its instant navigation fails
on ``href`` there), and an icon or picture of the page comes from ``assets/``, never from elsewhere.

Everything a template prints is escaped (``report/render/templates.py``); a value that is a
character of the text is printed through the filters ``glyph`` (how it looks) and
``character_name`` (words).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeVar

import report.panels
from report.run_view import RunView, Unit


@dataclass(frozen=True)
class Column:
    """One cell of the sortable list of units on the overview."""

    title: str  # equal titles of different units form one column
    value: float | str  # sorted by this
    text: str  # shown
    meaning: str = ""  # unit and data, shown with the title: "share of characters, probe"


@dataclass(frozen=True)
class Content:
    """What a panel says about one unit."""

    values: Any  # a frozen dataclass; ``panel`` in the template
    sentence: str = ""  # plain words for the head of the page, found by the search
    label: str = ""  # a word or two beside the title: L2N17 · quote
    columns: tuple[Column, ...] = ()  # for the list of units
    front_matter: Mapping[str, str | int | float] = field(default_factory=dict)  # rounded
    unfolded: bool = False  # a box with a ``fold`` that this reader must not miss


T = TypeVar("T")

UnitContent = Callable[[Unit], Content | None]


@dataclass(frozen=True)
class Panel:
    """One box on each neuron page; lower ``order`` comes first."""

    name: str  # of the template and of the HTML id: panel-NAME
    place: Literal["head", "main", "side"]  # first lines (found by the search), text, column beside
    order: int
    prepare: Callable[[RunView], UnitContent | None]  # called once a report
    fold: str = ""  # heading of a box that is folded away; its template has none of its own


@dataclass(frozen=True)
class Section:
    """One box on the overview, sample or run page; ``prepare`` gives its values, None hides it."""

    name: str
    page: Literal["overview", "sample", "run"]
    order: int
    prepare: Callable[[RunView], Any | None]


@cache
def panels() -> tuple[Panel, ...]:
    """Every panel of this package, in page order."""
    return tuple(sorted(_constants("PANEL", Panel), key=lambda panel: (panel.order, panel.name)))


@cache
def sections() -> tuple[Section, ...]:
    """Every section of this package, in page order."""
    unordered = _constants("SECTION", Section)
    return tuple(sorted(unordered, key=lambda section: (section.order, section.name)))


def _constants(name: str, kind: type[T]) -> list[T]:
    """The constants called ``name`` in this room's modules."""
    constants = []
    for module_info in pkgutil.iter_modules(report.panels.__path__):
        module = importlib.import_module(f"{report.panels.__name__}.{module_info.name}")
        value = getattr(module, name, None)
        if value is not None:
            if not isinstance(value, kind):
                raise TypeError(f"{module.__name__}.{name} is not a {kind.__name__}")
            constants.append(value)
    return constants
