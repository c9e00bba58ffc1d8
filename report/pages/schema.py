"""What every published field means: the dataclasses of the measures, read with their comments.

The words stand in the source, beside each field, and nowhere else: so they cannot disagree.
"""

import dataclasses
import inspect
import re
import typing
from typing import Any

from report.measures.unit import UnitMeasures

FIELD = re.compile(r"^    (?P<name>\w+): (?P<type>.+?)(?: = .+?)?(?:  # (?P<words>.+))?$")
STORED = re.compile(r'^Annotated\[(?P<type>.+), Field\(alias="(?P<name>\w+)"\)\]$')
COMMENT = re.compile(r"^ {8,}# (?P<words>.+)$")


def schema(files: dict[str, str], units: list[str]) -> dict[str, Any]:
    """``{"files": ..., "units": ..., "neurons.jsonl": {class: {field: {type, meaning}}}}``."""
    return {
        "files": files,
        "units": units,
        "neurons.jsonl": {
            "line": UnitMeasures.__name__,
            "types": {one.__name__: _described(one) for one in reachable(UnitMeasures)},
        },
    }


def reachable(record: type) -> list[type]:
    """The dataclass and all that its fields hold, each once, in order of appearance."""
    types: list[type] = []
    waiting: list[Any] = [record]
    while waiting:
        one = waiting.pop(0)
        if dataclasses.is_dataclass(one) and isinstance(one, type):
            if one not in types:
                types.append(one)
                waiting += typing.get_type_hints(one).values()
        else:
            waiting += typing.get_args(one)
    return types


def _described(record: type) -> dict[str, Any]:
    fields = {}
    for name, kind, words in field_words(record):
        fields[name] = {"type": kind, "meaning": words}
    return {"meaning": " ".join((record.__doc__ or "").split()), "fields": fields}


def field_words(record: type) -> list[tuple[str, str, str]]:
    """(stored name, type, words) of every field, as the source says them."""
    fields: list[tuple[str, str, str]] = []
    for one in reversed(record.__mro__):  # an inherited field stands in the class that has it
        if "__dataclass_fields__" in vars(one):
            fields += _own_field_words(one)
    return fields


def _own_field_words(record: type) -> list[tuple[str, str, str]]:
    names = {field.name for field in dataclasses.fields(record)}
    fields: list[tuple[str, str, str]] = []
    for line in inspect.getsource(record).splitlines():
        match = FIELD.match(line)
        if match and match["name"] in names:
            stored = STORED.match(match["type"])  # some fields are stored under another name
            name, kind = (stored or match)["name"], (stored or match)["type"]
            fields.append((name, kind, match["words"] or ""))
        elif match is None and fields and (more := COMMENT.match(line)):
            name, kind, words = fields[-1]
            fields[-1] = (name, kind, f"{words} {more['words']}".strip())
    return fields
