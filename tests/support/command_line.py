"""Runs the real command line in a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.places import ROOT

# Small enough for seconds, large enough to beat character frequencies.
TINY = {
    "corpus": {"builtin": "xml", "builtin_characters": 6_000},
    "network": {"layers": [6, 5]},
    "training": {"epochs": 2, "batch": 4, "chunk": 20, "learning_rate": 0.02},
    "sample": {"characters": 120},
    "probe": {"characters": 500},
}


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def neuronario(
    folder: Path,
    *arguments: str,
    environment: dict[str, str] | None = None,
    seconds: float | None = 600,
    before: str = "",
) -> Answer:
    """Run ``neuronario ARGUMENTS`` in ``folder``; at most so many ``seconds``. The lines ``before``
    prepare its process.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\nfrom jobs.cli.main import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def write_config(folder: Path, **changes: object) -> Path:
    """A tiny configuration, sections replaced or extended by ``changes``."""
    plain: dict[str, object] = {**TINY}
    for section, value in changes.items():
        old = plain.get(section)
        both = isinstance(value, dict) and isinstance(old, dict)
        plain[section] = {**old, **value} if both else value
    path = folder / "neuronario.yml"
    path.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
