"""Builds the site by MkDocs and publishes it whole: the old site stays until the new one is good.

The pages are put into a docs folder beside the hand-written ones, MkDocs builds into
``<site>.new``, the result is checked, and only then do the two folders change places
(``jobs/disk/exchange.py``).
"""

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.config.schema import SiteConfig
from jobs.disk.exchange import exchange
from jobs.disk.files import write_bytes, write_error
from jobs.errors import ExitCode, NeuronarioError
from report.pages.page import Page
from report.render.spans import escape
from report.resources import Resources, resources
from report.site.check import SiteError, SiteFacts, check_site

# What a report may write below docs_dir; .gitignore lists the same.
GENERATED = (
    "index.md",
    "sample.md",
    "run.md",
    "reading.md",
    "try.md",
    "history.md",
    "neurons",
    "labels",
    "layers",
    "runs",
    "diff",
    "assets/generated",
)
EPOCH = "315532800"  # 1980-01-01: dates of equal sites are equal


@dataclass(frozen=True)
class BuiltSite:
    """What was published."""

    folder: Path
    facts: SiteFacts


def build_site(
    pages: Sequence[Page], site: SiteConfig, live: Path, workspace: Path | None = None
) -> BuiltSite:
    """Build ``pages`` and the hand-written ones into ``live``.

    Args:
        pages: from :func:`report.pages.build.build_pages`; every path lies under ``GENERATED``.
        site: name and address.
        live: the published folder; ``<live>.new`` beside it is used and gone afterwards.
        workspace: where to assemble the docs folder. None: for the checkout's own ``site`` its
            ``site_src`` (plain ``mkdocs build`` then works too), else a folder beside ``live``.

    Raises:
        NeuronarioError: 73 the site cannot be built or failed its check, 65 a link or a device
            among the hand-written pages, 74 / 77 from the disk. ``live`` is untouched then.
    """
    found = resources()
    live = live.absolute()
    new = live.with_name(f"{live.name}.new")
    own = found.checkout and live == found.mkdocs_yml.parent / "site"
    if own and workspace is None:
        docs, temporary = found.site_src, None
    else:
        docs = (workspace or live.with_name(f"{live.name}.docs")).absolute()
        temporary = docs if workspace is None else None
    try:
        assemble(pages, docs, found)
        _remove(new)
        _run_mkdocs(found, site, docs, new)
        facts = check_site(new, _expected(docs))
        os.sync()  # the new site is on the disk before it takes the old one's place
        exchange(new, live)
    except SiteError as problem:
        raise NeuronarioError(
            f"the new site failed its check and was not published: {problem}",
            ExitCode.CANNOT_CREATE,
        ) from problem
    except OSError as error:  # MkDocs writes its files by itself
        raise write_error(new, error) from error
    finally:
        with suppress(OSError):  # the next start tries again; do not hide the first error
            _remove(new)
            if temporary is not None:
                _remove(temporary)
    return BuiltSite(live, facts)


def assemble(pages: Sequence[Page], docs: Path, found: Resources) -> None:
    """Make ``docs`` hold the hand-written pages and exactly these generated ones."""
    wanted = {page.path: page.data for page in pages}
    for name in wanted:
        if not _is_generated(name):
            raise ValueError(f"{name} is not among the generated paths of a report")
    written = dict(_hand_written(found.site_src))
    if docs != found.site_src:
        wanted |= {name: source.read_bytes() for name, source in written.items()}
    for path in sorted(docs.rglob("*"), reverse=True) if docs.exists() else ():
        name = path.relative_to(docs).as_posix()
        if path.is_symlink() or (path.is_file() and name not in wanted and name not in written):
            path.unlink()
        elif path.is_dir() and _is_generated(name) and not any(path.iterdir()):
            path.rmdir()
    for name, data in wanted.items():
        target = docs / name
        if not (target.is_file() and target.read_bytes() == data):
            write_bytes(target, data, durable=False)


def _hand_written(site_src: Path) -> Iterator[tuple[str, Path]]:
    """Files of ``site_src`` that no report wrote."""
    for path in sorted(site_src.rglob("*")):
        name = path.relative_to(site_src).as_posix()
        if _is_generated(name) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            raise NeuronarioError(
                f"{path} is a link or a device; site_src may hold regular files only",
                ExitCode.BAD_DATA,
            )
        yield name, path


def _is_generated(name: str) -> bool:
    return any(name == path or name.startswith(f"{path}/") for path in GENERATED)


def _expected(docs: Path) -> set[str]:
    """HTML pages that the docs folder must turn into."""
    return {path.relative_to(docs).with_suffix(".html").as_posix() for path in docs.rglob("*.md")}


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _run_mkdocs(found: Resources, site: SiteConfig, docs: Path, target: Path) -> None:
    """``mkdocs build --strict`` through its own interface, its warnings as one error."""
    with _quiet_environment(), _warnings() as warnings:
        from mkdocs.commands.build import build
        from mkdocs.config import load_config
        from mkdocs.exceptions import MkDocsException

        try:
            config: Any = load_config(
                str(found.mkdocs_yml),
                site_name=str(escape(site.name)),  # Material prints it as it is
                site_url=site.url or None,
                docs_dir=str(docs),
                site_dir=str(target),
                hooks=[str(Path(__file__).with_name("mkdocs_hook.py"))],
                strict=True,
            )
            config.nav = [entry for entry in config.nav if _nav_target(entry, docs)]
            build(config)
        except (MkDocsException, SystemExit) as error:
            reasons = "; ".join(warnings[:5]) or str(error)
            raise NeuronarioError(
                f"MkDocs refused the pages in {docs}: {reasons}", ExitCode.CANNOT_CREATE
            ) from error


def _nav_target(entry: dict[str, str], docs: Path) -> bool:
    """Whether a page of the navigation exists in this report."""
    return all((docs / path).is_file() for path in entry.values())


@contextmanager
def _quiet_environment() -> Iterator[None]:
    """No notice of the theme, and dates that do not depend on the day."""
    settings = {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": EPOCH}
    before = {name: os.environ.get(name) for name in settings}
    for name, value in settings.items():
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
