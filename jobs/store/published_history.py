"""The history that a site shows never becomes shorter than it was.

Each published run leaves a line in ``STORE/history`` that outlives the run itself, and each site
names the runs that its history has. A site is replaced only by one that names them all: a store
that was lost, or left behind on another machine, is noticed before it is published.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jobs.disk.files import json_text, write_json
from jobs.disk.regular_file import open_regular
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.layout import run_ids
from jobs.store.manifest import RUN_ID, digest

RUNS = "assets/generated/runs.json"  # inside a site
MAX_BYTES = 50_000_000  # of such a file


def keep_line(store: Path, run_id: str, line: dict[str, Any]) -> None:
    """Keep the history's line of a run, with a digest; plain JSON values only."""
    write_json(_folder(store) / f"{run_id}.json", {"line": line, "sha256": digest(line)})


def kept_line(store: Path, run_id: str) -> dict[str, Any] | None:
    """The line of a run; None where none was kept, or it is damaged (``check`` says so)."""
    try:
        with open_regular(_folder(store) / f"{run_id}.json") as file:
            data = file.read(MAX_BYTES)
        plain = json.loads(data)
        line = plain["line"]
        whole = data.decode("ascii") == json_text({"line": line, "sha256": digest(line)})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return line if whole and isinstance(line, dict) else None


def kept_runs(store: Path) -> list[str]:
    """Ids of the runs that left a line, oldest first; the line may be damaged."""
    names = [path.stem for path in _folder(store).glob("*.json")]
    return sorted(name for name in names if re.fullmatch(RUN_ID, name))


def known_runs(store: Path) -> list[str]:
    """Every run that the store has or once published, oldest first."""
    return sorted({*run_ids(store), *kept_runs(store)})


def runs_file(store: Path) -> bytes:
    """What a site says under :data:`RUNS` of the history that it shows.

    Only runs whose lines outlive them: others may be pruned without leaving a trace.
    """
    return json_text(kept_runs(store)).encode("ascii")


def check_not_shorter(site: Path, store: Path) -> None:
    """Refuse to replace ``site`` by one of a ``store`` that lacks runs which the site shows.

    Raises:
        NeuronarioError: 65, the history would become shorter, or what the site says of its
            history cannot be read.
    """
    missing = sorted(set(published_runs(site)) - set(known_runs(store)))
    if missing:
        raise NeuronarioError(
            f"{site} shows {_count(missing)} that {store} does not know ({_some(missing)}); "
            "its history would become shorter: bring that store back, or publish to another folder",
            ExitCode.BAD_DATA,
        )


def published_runs(site: Path) -> list[str]:
    """The runs that a published site's history has; none for a site that is not there yet.

    Raises:
        NeuronarioError: 65, the site's list is damaged.
    """
    try:
        with open_regular(site / RUNS) as file:
            ids = json.loads(file.read(MAX_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RecursionError):
        ids = None
    if isinstance(ids, list) and all(
        isinstance(item, str) and re.fullmatch(RUN_ID, item) for item in ids
    ):
        return ids
    raise NeuronarioError(
        f"{site / RUNS} is damaged, so nobody can tell whether the history would become shorter; "
        "restore it, or delete the site's folder",
        ExitCode.BAD_DATA,
    )


def _folder(store: Path) -> Path:
    return store / "history"


def _count(names: list[str]) -> str:
    return f"{len(names)} run{'s' * (len(names) != 1)}"


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:3]) + (", ..." if len(shown) > 3 else "")
