"""Words for what pydantic finds wrong: the key, the value, what is allowed, what was meant."""

import difflib
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jobs.config.memory import ASSUMED_ALPHABET, size_text, weight_bytes
from jobs.config.schema import Config
from jobs.config.strict_yaml import Document, Path, Place, Problem, dotted
from jobs.printable import shown

Schema = dict[str, Any]
SCHEMA: Schema = Config.model_json_schema(by_alias=True)


def validation_problems(
    error: ValidationError, document: Document, with_missing: bool = True
) -> list[Problem]:
    """One problem per error of ``error``, in the order of the lines."""
    details = error.errors(include_url=False)
    # A list counts as too short when its items are wrong: the items are what matters.
    parents = {detail["loc"][:-1] for detail in details}
    problems = [
        _problem(detail, document)
        for detail in details
        if (with_missing or detail["type"] != "missing")
        and (detail["type"] != "too_short" or detail["loc"] not in parents)
    ]
    return sorted(problems, key=lambda problem: (problem.place.file, problem.place.line))


def place_of(path: Path, document: Document) -> Place:
    """The line of ``path``, or of the nearest key above it that stands in the file."""
    while path and path not in document.places:
        path = path[:-1]
    return document.places[path]


def unknown_key_message(path: Path) -> str:
    """What to say of a key that does not exist."""
    key = str(path[-1])
    siblings = sorted(_resolved(_schema_at(path[:-1])).get("properties", {}))
    siblings += ["extends"] if len(path) == 1 else []
    elsewhere = [full for full in _all_keys() if full.rsplit(".", 1)[-1] == key]
    close = difflib.get_close_matches(key, siblings, n=1)
    if not close and elsewhere:
        return f"unknown key; did you mean {elsewhere[0]}?"
    if close:
        return f"unknown key; did you mean {dotted((*path[:-1], close[0]))}?"
    return f"unknown key; known here: {', '.join(siblings)}"


def _problem(detail: ErrorDetails, document: Document) -> Problem:
    path: Path = tuple(detail["loc"])
    place = place_of(path, document)
    if detail["type"] == "extra_forbidden":
        return Problem(place, dotted(path), unknown_key_message(path))
    if detail["type"] == "missing":
        return Problem(place, dotted(path), f"missing; needs {allowed(path)}")
    if detail["type"] == "value_error":
        reason = str(detail["ctx"]["error"])
        value = "" if isinstance(detail["input"], dict) else f"{value_text(detail['input'])}: "
        return Problem(place, dotted(path), value + shown(reason))
    message = f"{value_text(detail['input'])} is not allowed; {allowed(path)}"
    if path[:2] == ("network", "layers") and detail["type"] == "less_than_equal":
        needed = size_text(weight_bytes((detail["input"],), ASSUMED_ALPHABET))
        message += f" (that layer's weights and optimiser alone would take about {needed})"
    return Problem(place, dotted(path), message + _meant(detail["input"], path))


def value_text(value: Any) -> str:
    """A value as it would stand in YAML, short; texts in quotes, since `"20"` is no number."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = shown(value)
        return f'text "{text[:60]}{"..." * (len(text) > 60)}"'
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, (list, tuple)):
        return "an empty list" if not value else "a list"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:20]}... ({len(text)} digits)"


def _meant(value: Any, path: Path) -> str:
    options = [option for option in _resolved(_schema_at(path)).get("enum", []) if option]
    close = difflib.get_close_matches(value, options, n=1) if isinstance(value, str) else []
    return f"; did you mean {close[0]}?" if close else ""


def allowed(path: Path) -> str:
    """What may stand at ``path``, in words, taken from the schema."""
    return _words(_resolved(_schema_at(path)))


def _words(schema: Schema) -> str:
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return _number_words("a whole number" if kind == "integer" else "a number", schema)
    if kind == "array":
        items = _words(_resolved(schema["items"]))
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        size = "" if most is None else f"of {least} to {most} items"
        return " ".join(filter(None, ("a list", size + ("," * bool(size)), "each item", items)))
    if kind == "string":
        return _text_words(schema)
    if kind == "object":
        return f"a section with the keys {', '.join(schema['properties'])}"
    raise AssertionError(f"no words for {schema}")


def _number_words(noun: str, schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f"{noun} from {least:,} to {most:,}" if least < most else f"only {least:,}"
    limits = [
        f"{word} {limit:,g}"
        for word, limit in (("above", above), ("from", least), ("below", below), ("up to", most))
        if limit is not None
    ]
    return " ".join([noun, " and ".join(limits)])


def _text_words(schema: Schema) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    size = f" of {least} to {most} characters" if most else ""
    pattern = f" that matches {schema['pattern']}" if "pattern" in schema else ""
    return f"a text{size}{pattern}"


def _resolved(schema: Schema) -> Schema:
    """The schema itself: references followed, "or nothing" taken off."""
    if "$ref" in schema:
        return _resolved(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]])
    if "anyOf" in schema:
        return _resolved(next(part for part in schema["anyOf"] if part.get("type") != "null"))
    return schema


def _schema_at(path: Path) -> Schema:
    """The schema of ``path``; {} where there is none."""
    schema = SCHEMA
    for step in path:
        schema = _resolved(schema)
        schema = (
            schema.get("items", {})
            if isinstance(step, int)
            else schema.get("properties", {}).get(step, {})
        )
    return schema


def _all_keys() -> list[str]:
    """Every dotted key of two levels."""
    keys = []
    for section, schema in SCHEMA["properties"].items():
        keys += [f"{section}.{key}" for key in _resolved(schema).get("properties", {})]
    return [*SCHEMA["properties"], *keys]
