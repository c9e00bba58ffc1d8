"""YAML without its traps: plain data only, each key once, every value with its line.

Scalars follow YAML 1.2's core schema, so that ``1e-3`` is a number, ``no`` is a word and
``2026-11-24`` is no date. Refused: tags (they build objects), anchors and aliases (they can
multiply without bound), duplicate keys, keys that are no words, several documents, tabs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from jobs.printable import shown

MAX_BYTES = 100_000
MAX_DEPTH = 12
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where something stands; ``line`` counts from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a configuration; ``str`` gives its line."""

    place: Place
    key: str  # dotted; "" for the file as a whole
    message: str

    def __str__(self) -> str:
        key = f"{shown(self.key)}: " if self.key else ""
        return f"{shown(self.place.file)}:{self.place.line}: {key}{self.message}"


@dataclass(frozen=True)
class Document:
    """A mapping and where each of its keys and items stands; () is the document itself."""

    values: dict[str, Any]
    places: Mapping[Path, Place]


class _CoreLoader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2 instead of 1.1."""


_CoreLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?[0-9]+[eE][-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
):
    _CoreLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})\\Z"), list(_first)
    )
# An empty scalar has no first character; PyYAML files it under "".
_CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"\Z"), [""])


def dotted(path: Path) -> str:
    """``("network", "layers", 1)`` as ``network.layers[1]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_yaml(text: str, file: str, least: str = "corpus") -> tuple[Document, list[Problem]]:
    """Parse ``text``; with problems, the document holds what could be understood.

    ``least`` names the key that an empty file is told to have.
    """
    empty = Document({}, {(): Place(file, 1)})
    try:
        problems = _tab_problems(text, file) or _event_problems(text, file)
        node = None if problems else yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        return empty, [Problem(Place(file, line), "", f"not YAML: {shown(error.problem)}")]
    except yaml.YAMLError as error:  # a character that YAML forbids
        return empty, [Problem(Place(file, 1), "", f"not YAML: {str(error).splitlines()[0]}")]
    if not isinstance(node, yaml.MappingNode):
        fault = "empty" if node is None else "not a list of keys"
        needed = Problem(Place(file, 1), "", f"{fault}; needs at least the key `{least}:`")
        return empty, problems or [needed]
    reader = _Reader(file)
    values = reader.value(node, ())
    return Document(values, reader.places), reader.problems


class _Reader:
    """Turns YAML nodes into plain values and keeps their lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self._scalars = _CoreLoader("")

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.places.setdefault(path, self._place(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            return self._scalars.construct_object(node)
        except ValueError:  # more digits than Python converts
            return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, path, "a key must be a word")
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in values:
                first = self.places[here].line
                self._problem(key_node, here, f"given twice, first in line {first}; remove one")
                continue
            self.places[here] = self._place(key_node)
            values[key] = self.value(value_node, here)
        return values

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1)

    def _problem(self, node: yaml.Node, path: Path, message: str) -> None:
        self.problems.append(Problem(self._place(node), dotted(path), message))


def _tab_problems(text: str, file: str) -> list[Problem]:
    return [
        Problem(Place(file, number), "", "indented with a tab; YAML indents with blanks only")
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(r" *\t", line) and line.strip()
    ]


def _event_problems(text: str, file: str) -> list[Problem]:
    """What may not stand in a configuration, found before any value is built."""
    problems: list[Problem] = []
    depth = documents = 0
    for event in yaml.parse(text, Loader=_CoreLoader):
        mark = event.start_mark
        place = Place(file, 1 if mark is None else mark.line + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                problems.append(Problem(place, "", "a second document; only one is allowed"))
        elif isinstance(event, yaml.AliasEvent):
            problems.append(
                Problem(place, "", f"alias *{shown(event.anchor)} is not allowed; repeat it")
            )
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            problems.append(
                Problem(place, "", f"anchor &{shown(event.anchor)} is not allowed; drop it")
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            problems.append(
                Problem(place, "", f"tag {shown(tag)} is not allowed; plain values only")
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return [*problems, Problem(place, "", f"nested deeper than {MAX_DEPTH} levels")]
    return problems
