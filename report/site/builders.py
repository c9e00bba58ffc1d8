"""Turns a docs folder into HTML by one of three site builders, which read the same settings.

MkDocs runs in this process. ProperDocs would replace MkDocs' modules, and Zensical is a program
of its own: each runs in a process of its own. None of them is trusted with anything that protects
the site: that is done afterwards, in ``report/site/finish.py``.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jobs.config.schema import SiteConfig
from jobs.disk.files import write_bytes
from jobs.errors import ExitCode, NeuronarioError
from report.render.spans import escape
from report.resources import Resources

EPOCH = "315532800"  # 1980-01-01: dates of equal sites are equal
ENVIRONMENT = {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": EPOCH}

Settings = dict[str, Any]  # of mkdocs.yml


@dataclass(frozen=True)
class Builder:
    """One site builder."""

    build: Callable[[Path, Settings, Path, Path], list[str]]
    styles: tuple[str, ...] = ()  # hashes of styles that its theme adds by script


def build_html(found: Resources, site: SiteConfig, docs: Path, target: Path) -> Builder:
    """Build ``docs`` into the folder ``target`` by the builder of the configuration.

    Returns:
        The builder that did it.

    Raises:
        NeuronarioError: 73, the builder refused the pages or warned of something.
    """
    builder = BUILDERS[site.builder]
    settings: Settings = {
        "site_name": str(escape(site.name)),  # Material prints it as it is
        "site_url": site.url or None,
        "hooks": [],  # those are for a build by hand
        "strict": True,
        "nav": present(_read(found.mkdocs_yml)["nav"], docs),
    }
    problems = builder.build(found.mkdocs_yml, settings, docs, target)
    if problems:
        raise NeuronarioError(
            f"{site.builder} refused the pages in {docs}: {'; '.join(problems[:5])}",
            ExitCode.CANNOT_CREATE,
        )
    return builder


def present(nav: list[dict[str, str]], docs: Path) -> list[dict[str, str]]:
    """The entries of the navigation whose pages this report has."""
    return [entry for entry in nav if all((docs / path).is_file() for path in entry.values())]


def _read(mkdocs_yml: Path) -> Settings:
    settings: Settings = yaml.safe_load(mkdocs_yml.read_text(encoding="utf-8"))
    return settings


# --- MkDocs ---------------------------------------------------------------------------------------


def _mkdocs(mkdocs_yml: Path, settings: Settings, docs: Path, target: Path) -> list[str]:
    """``mkdocs build --strict`` through its own interface; returns why it refused."""
    with _environment(), _warnings() as warnings:
        from mkdocs.commands.build import build
        from mkdocs.config import load_config
        from mkdocs.exceptions import MkDocsException

        try:
            config: Any = load_config(
                str(mkdocs_yml), docs_dir=str(docs), site_dir=str(target), **settings
            )
            build(config)
        except (MkDocsException, SystemExit) as error:
            return warnings or [str(error)]
    return []


@contextmanager
def _environment() -> Iterator[None]:
    """No notice of the theme, and dates that do not depend on the day."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect MkDocs' warnings instead of printing them."""
    collected: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            collected.append(record.getMessage())

    logger = logging.getLogger("mkdocs")
    handler = Collector(logging.WARNING)
    propagate = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield collected
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


# --- builders in a process of their own -----------------------------------------------------------


def _properdocs(mkdocs_yml: Path, settings: Settings, docs: Path, target: Path) -> list[str]:
    project = _project(mkdocs_yml, settings, docs, target)
    problems = _run(["properdocs", "build", "--strict", "--quiet"], project)
    return problems or _take_over(project, target)


def _zensical(mkdocs_yml: Path, settings: Settings, docs: Path, target: Path) -> list[str]:
    project = _project(mkdocs_yml, settings, docs, target)
    problems = _run(["zensical", "build", "--strict"], project)
    return problems or _take_over(project, target)


def _project(mkdocs_yml: Path, settings: Settings, docs: Path, target: Path) -> Path:
    """A folder inside ``target`` with settings and pages: Zensical accepts no other places."""
    project = target / ".project"
    shutil.copytree(docs, project / "docs")
    own = {**_read(mkdocs_yml), **settings, "docs_dir": "docs", "site_dir": "site"}
    write_bytes(project / "mkdocs.yml", yaml.safe_dump(own).encode("utf-8"), durable=False)
    return project


def _take_over(project: Path, target: Path) -> list[str]:
    """Move the built files up into ``target``; the project goes."""
    for path in (project / "site").iterdir():
        path.rename(target / path.name)
    shutil.rmtree(project)
    return []


def _run(command: list[str], project: Path) -> list[str]:
    """Run a builder's module; returns the lines that say what went wrong."""
    arguments = [sys.executable, "-P", "-m", *command, "--config-file", "mkdocs.yml"]
    done = subprocess.run(
        arguments,
        cwd=project,
        env=_with_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return []
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines[-5:] or [f"exit code {done.returncode}"]


def _with_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {**ENVIRONMENT, **environment}


BUILDERS: Mapping[str, Builder] = {
    "mkdocs": Builder(_mkdocs),
    "properdocs": Builder(_properdocs),
    "zensical": Builder(
        _zensical, styles=("'sha256-NwSx/R2V/U4jnW0Tq5pQ53Y/rzPVJ4dqE7D6UTA/J1k='",)
    ),
}
