"""What the two runs were made from, key by key."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from jobs.machine.runtime import Runtime
from jobs.store.manifest import leaves
from report.render.characters import code_point
from report.run_view import RunView

# Where things are kept says nothing about the network, and is nobody else's business.
PRIVATE = {"store", "retention", "publish", "site", "schema_version"}
ABSENT = "absent"


@dataclass(frozen=True)
class InputChange:
    """One input that differs; both values as text."""

    key: str  # training.epochs, corpus, alphabet, probe, tool, runtime.numpy
    old: str
    new: str


def input_changes(
    old: RunView, new: RunView, runtimes: tuple[Runtime, Runtime] | None = None
) -> tuple[InputChange, ...]:
    """Every input that differs, configuration first, keys sorted within each kind."""
    before, after = (dict(_settings(view)) for view in (old, new))
    candidates = [
        InputChange(key, before.get(key, ABSENT), after.get(key, ABSENT))
        for key in sorted(before.keys() | after.keys())
    ]
    candidates += _texts(old, new)
    if runtimes is not None:
        was_on, now_on = (asdict(runtime) for runtime in runtimes)
        candidates += [
            InputChange(f"runtime.{key}", str(was_on[key]) or ABSENT, str(now_on[key]) or ABSENT)
            for key in sorted(was_on)
        ]
    return tuple(change for change in candidates if change.old != change.new)


def _settings(view: RunView) -> Iterator[tuple[str, str]]:
    plain = view.config.model_dump(mode="json", by_alias=True, exclude=PRIVATE)
    for key, value in leaves(plain):
        names = [PurePath(path).name for path in view.config.corpus.paths]
        shown = (names or None) if key == "corpus.path" else value
        if key in ("network.from", "network.alphabet") and value is not None:
            shown = PurePath(value).name
        yield key, "none" if shown is None else _plain(shown)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_plain(item)}" for key, item in value.items())
    return str(value)


def _texts(old: RunView, new: RunView) -> list[InputChange]:
    was, now = set(old.card.alphabet), set(new.card.alphabet)
    return [
        InputChange("model file", _model(old), _model(new)),
        InputChange("corpus", old.card.sha256[:12], new.card.sha256[:12]),
        InputChange("corpus characters", f"{old.card.characters:,}", f"{new.card.characters:,}"),
        InputChange("alphabet", _with_own(was, now), _with_own(now, was)),
        InputChange("probe", _probe_digest(old), _probe_digest(new)),
        InputChange("tool", old.tool_version, new.tool_version),
    ]


def _model(view: RunView) -> str:
    return ABSENT if view.imported is None else f"{view.imported.file} {view.imported.sha256[:12]}"


def _with_own(one: set[str], other: set[str], most: int = 8) -> str:
    """Size of an alphabet, and the characters that the other one lacks, by code point."""
    own = sorted(one - other)
    named = ", ".join(map(code_point, own[:most])) + (", ..." if len(own) > most else "")
    return f"{len(one)} characters" + (f", only here: {named}" if own else "")


def _probe_digest(view: RunView) -> str:
    text = view.probe_text.encode("utf-8", "surrogatepass")
    return f"{hashlib.sha256(text).hexdigest()[:12]} ({view.probe.characters:,} characters)"
