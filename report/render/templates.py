"""Renders pages: Jinja2 in its sandbox, undefined names refused, everything printed escaped."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

import jinja2
import yaml
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from report.render import characters, palette
from report.render.spans import LEVEL_SLOT, Cell, escape
from report.resources import resources

MISSING = object()
# Written in C where PyYAML brings it: ten times as fast, the same text.
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class RememberingSandbox(SandboxedEnvironment):
    """Asks once for each type and name: what the sandbox allows depends on nothing else, and pages
    ask a quarter of a million times.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._allowed: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read ``attr`` of ``obj``."""
        if isinstance(obj, type):  # of a class it is asked which one
            return super().is_safe_attribute(obj, attr, value)
        key = type(obj), attr
        allowed = self._allowed.get(key)
        if allowed is None:
            allowed = self._allowed[key] = super().is_safe_attribute(obj, attr, value)
        return allowed

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What ``obj.attribute`` gives in a template: at once where it has been allowed before, but
        for texts, whose ``format`` the sandbox replaces.
        """
        if not isinstance(obj, str) and self._allowed.get((type(obj), attribute)):
            value = getattr(obj, attribute, MISSING)
            if value is not MISSING:
                return value
        return super().getattr(obj, attribute)


class EscapedOnce(CodeGenerator):
    """Compiles templates whose every expression goes through ``finalize``, which escapes it, and
    not through Jinja's own escape behind it once more.
    """

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if finalize.src is None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(finalize.src)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if finalize.src is None:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(")")


@cache
def environment() -> SandboxedEnvironment:
    """The one environment of every template.

    ``finalize`` sends whatever an expression gives through :func:`report.render.spans.escape`,
    unless that function has made it; autoescape stays on behind it.
    """
    made = RememberingSandbox(
        loader=jinja2.FileSystemLoader(resources().templates),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.code_generator_class = EscapedOnce
    made.globals["STATE_LEVELS"] = palette.LEVELS
    made.filters.update(
        glyph=characters.glyph,
        character_name=characters.character_name,
        signed=signed,
        decimals=decimals,
        percent=percent,
        thousands=thousands,
    )
    return made


def _printed(value: Any) -> Markup:
    """What stands on the page; a name that is not defined is an error."""
    return value if type(value) is Markup else _escaped(str(value))


@lru_cache(1 << 14)
def _escaped(text: str) -> Markup:
    """Places, sizes and figures come again and again."""
    return escape(text)


def render(template: str, **values: Any) -> str:
    """The text of ``templates/<template>``."""
    return environment().get_template(template).render(values)


def strip(cells: Iterable[Cell]) -> list[Markup]:
    """The spans of a text, cut where the class of each character's level goes (``spans.paint``)."""
    macros: Any = environment().get_template("parts/strip.md.j2").module
    spans: Markup = macros.strip(cells)
    return spans.split(LEVEL_SLOT)


def page_text(template: str, front_matter: Mapping[str, Any], **values: Any) -> str:
    """A whole Markdown page: YAML front matter (ASCII, in the given order), then the template."""
    head = yaml.dump(
        dict(front_matter), Dumper=DUMPER, sort_keys=False, allow_unicode=False, width=1_000
    )
    return f"---\n{head}---\n\n{render(template, **values)}"


def signed(value: float, places: int = 2) -> str:
    """``+0.43``, ``−0.43``; zero has no sign, so that ``-0.00`` never shows."""
    rounded = round(value, places)
    if rounded == 0:
        return f"{0:.{places}f}"
    return ("+" if rounded > 0 else "−") + f"{abs(rounded):.{places}f}"


def decimals(value: float, places: int = 2) -> str:
    """``0.43``, with a real minus sign and without ``-0.00``."""
    return signed(value, places).removeprefix("+")


def percent(share: float, places: int = 0) -> str:
    """``43 %`` of a share in [0, 1]."""
    return f"{decimals(100 * share, places)} %"


def thousands(count: int) -> str:
    """``247,103``."""
    return f"{count:,}"
