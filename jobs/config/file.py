"""Reading a configuration file: YAML in, a checked :class:`Config` or a list of problems out.

A file may say ``extends: notebook`` (a preset) or ``extends: other.yml`` and then states only
what differs; the effective configuration is always complete.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from jobs.config.memory import ASSUMED_ALPHABET, memory_refusal, predicted_memory
from jobs.config.presets import preset_names, preset_path
from jobs.config.problems import place_of, validation_problems, value_text
from jobs.config.schema import Config
from jobs.config.strict_yaml import MAX_BYTES, Document, Place, Problem, dotted, read_yaml
from jobs.disk.regular_file import read_regular_file
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

MAX_EXTENDS = 5


@dataclass(frozen=True)
class ConfigFile:
    """A checked configuration and where its relative corpus path starts."""

    config: Config
    folder: Path  # of the file that states corpus.path
    model_folder: Path = Path()  # of the file that states network.from
    alphabet_folder: Path = Path()  # of the file that states network.alphabet


def load_config(path: Path) -> ConfigFile:
    """Read and check ``path``.

    Raises:
        NeuronarioError: 66 no such file; 77 not readable; 78 with every problem, one a line.
    """
    loaded, problems = _read(path)
    if loaded is None:
        raise NeuronarioError("\n".join(map(str, problems)), ExitCode.BAD_CONFIG)
    return loaded


def config_problems(path: Path) -> list[Problem]:
    """Everything that is wrong with ``path``; a missing or unreadable file raises (66, 77)."""
    return _read(path)[1]


def effective_yaml(config: Config) -> str:
    """The whole configuration as YAML: sorted, ASCII, stable; :func:`load_config` reads it back."""
    return yaml.dump(
        config.model_dump(mode="json", by_alias=True),
        Dumper=_QuotingDumper,
        sort_keys=True,
        allow_unicode=False,
        default_flow_style=False,
        width=100,
    )


class _QuotingDumper(yaml.SafeDumper):
    """Quotes every text that a reader of YAML 1.1 or of YAML 1.2 would take for a number."""


_QuotingDumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+.]*[0-9][-+.eE0-9]*\Z"), list("-+.0123456789")
)


def _read(path: Path) -> tuple[ConfigFile | None, list[Problem]]:
    return checked(*_read_extended(path, 0))


def read_base(name: Any, path: Path, place: Place, key: str) -> tuple[Document, list[Problem]]:
    """The document that the file ``path`` names as its base: a preset, or a configuration."""
    empty = Document({}, {(): place})
    base_path, refusal = _base_path(name, path, 1)
    if base_path is None:
        return empty, [Problem(place, key, refusal)]
    try:
        return _read_extended(base_path, 1)
    except NeuronarioError as error:
        return empty, [Problem(place, key, str(error))]


def checked(
    document: Document, problems: Sequence[Problem] = ()
) -> tuple[ConfigFile | None, list[Problem]]:
    """The configuration in ``document``, or all that is wrong with it, ``problems`` included."""
    problems = [*problems, *_schema_problems(document, partial=bool(problems))]
    if problems:
        return None, problems
    config = Config.model_validate(_frozen(document.values))
    refusal = memory_refusal(config, ASSUMED_ALPHABET)
    if refusal is not None:
        key = predicted_memory(config, ASSUMED_ALPHABET).largest_key
        return None, [Problem(place_of(key, document), dotted(key), f"{refusal}; lower it")]
    folders = (
        Path(place_of(key, document).file).parent
        for key in (("corpus", "path"), ("network", "from"), ("network", "alphabet"))
    )
    return ConfigFile(config, *folders), []


def _schema_problems(document: Document, partial: bool) -> list[Problem]:
    """What the schema refuses; where a part was not understood, nothing counts as missing."""
    if partial and not document.values:
        return []
    try:
        Config.model_validate(_frozen(document.values))
    except ValidationError as error:
        return validation_problems(error, document, with_missing=not partial)
    return []


def _frozen(value: Any) -> Any:
    """Lists as tuples: the schema is strict and immutable."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _read_extended(path: Path, depth: int) -> tuple[Document, list[Problem]]:
    """The document of ``path`` laid over the one that it extends."""
    document, problems = read_yaml(read_utf8(path), str(path))
    if "extends" not in document.values:
        return document, problems
    values = dict(document.values)
    name = values.pop("extends")
    document = Document(values, document.places)
    place = document.places["extends",]
    base_path, refusal = _base_path(name, path, depth + 1)
    if base_path is None:
        return document, [*problems, Problem(place, "extends", refusal)]
    try:
        base, base_problems = _read_extended(base_path, depth + 1)
    except NeuronarioError as error:
        return document, [*problems, Problem(place, "extends", str(error))]
    return overlaid(base, document), [*problems, *base_problems]


def _base_path(name: Any, path: Path, depth: int) -> tuple[Path | None, str]:
    """The file that ``extends: name`` in ``path`` means, or why it is refused."""
    presets = preset_names()
    wanted = f"a preset ({', '.join(presets)}) or a path that ends in .yml"
    if not isinstance(name, str):
        return None, f"{value_text(name)} is not allowed; {wanted}"
    if name in presets:
        base = preset_path(name)
    elif name.endswith((".yml", ".yaml")):
        base = path.parent / name
    else:
        close = difflib.get_close_matches(name, presets, n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        return None, f"{value_text(name)} is not allowed; {wanted}{meant}"
    if depth > MAX_EXTENDS:
        return None, f"leads in a circle, or over more than {MAX_EXTENDS} files"
    return base, ""


def overlaid(base: Document, own: Document) -> Document:
    """``own`` over ``base``: sections are merged key by key, everything else is replaced.

    A corpus has one source: naming a file takes away the base's generator, and the reverse.
    """
    base_values = dict(base.values)
    base_corpus, own_corpus = base_values.get("corpus"), own.values.get("corpus")
    sources = {"path", "builtin"}
    if isinstance(base_corpus, dict) and sources & set(own_corpus or ()):
        base_values["corpus"] = {k: v for k, v in base_corpus.items() if k not in sources}
    return Document(_merged(base_values, own.values), {**base.places, **own.places})


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def read_utf8(path: Path) -> str:
    """The text of a configuration file.

    Raises:
        NeuronarioError: 66 no such file; 77 not readable; 78 not UTF-8, or too large.
    """
    data = read_regular_file(path, MAX_BYTES, ExitCode.BAD_CONFIG)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise NeuronarioError(
            f"{shown(path)}: not UTF-8 at byte {error.start:,}{hint}; save it as UTF-8",
            ExitCode.BAD_CONFIG,
        ) from error
