"""Builds the site and publishes it whole: the old site stays until the new one is good.

The pages are put into a docs folder beside the hand-written ones, a site builder makes HTML of it
in a new folder, the result is finished and checked, and only then does it take the old one's place
(``jobs/disk/exchange.py``).
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rjsmin import jsmin

from jobs.config.schema import SiteConfig
from jobs.disk.exchange import new_folder, prepare_workspace, publish_folder
from jobs.disk.files import write_bytes, write_error
from jobs.disk.replaceable import Place, replaceable
from jobs.errors import ExitCode, NeuronarioError
from report.pages.page import Page, markdown_page
from report.resources import Resources, resources
from report.site.builders import build_html
from report.site.check import SiteError, SiteFacts, check_site
from report.site.earlier import earlier_site
from report.site.finish import Blocks, finish_site
from report.site.verbatim import cut

# What a report may write below docs_dir; .gitignore lists the same.
GENERATED = (
    "index.md",
    "sample.md",
    "run.md",
    "reading.md",
    "try.md",
    "data.md",
    "data",
    "history.md",
    "sweep.md",
    "cells.md",
    "neurons",
    "labels",
    "layers",
    "runs",
    "diff",
    "assets/generated",
)


TRY_SCRIPTS = "assets/try"  # a fifth of them is comments


@dataclass(frozen=True)
class BuiltSite:
    """What was published."""

    folder: Path
    facts: SiteFacts


def build_site(pages: Sequence[Page], site: SiteConfig, live: Path) -> BuiltSite:
    """Build ``pages`` and the hand-written ones into ``live``.

    A checkout's own ``site`` leaves the pages in its ``site_src`` as well: plain ``mkdocs build``
    then works too.

    Args:
        pages: from :func:`report.pages.build.build_pages`; every path lies under ``GENERATED``.
        site: name, address, builder, and which files of the user's stay.
        live: the published folder, or a link to it; a workspace beside it (a mount point: in it)
            is used and gone afterwards.

    Raises:
        NeuronarioError: 73 the site cannot be built or failed its check, 65 a link or a device
            among the hand-written pages, 74 / 77 from the disk. ``live`` is untouched then.
    """
    found = resources()
    place = site_place(live, site)
    new, docs = new_folder(place), place.workspace / "docs"
    prepare_workspace(place)
    try:
        if found.checkout and place.folder == found.mkdocs_yml.parent / "site":
            assemble(pages, found.site_src, found)
        cut_pages, blocks = _cut(pages)
        assemble(cut_pages, docs, found)
        _remove(new)
        builder = build_html(found, site, docs, new)
        finish_site(new, blocks, name=site.name, address=site.url, styles=builder.styles)
        facts = check_site(new, _expected(docs), site.url)
        os.sync()  # the new site is on the disk before it takes the old one's place
        # what has come to lie there meanwhile is not ours either
        publish_folder(replace(place, kept=site_place(live, site).kept))
    except SiteError as problem:
        raise NeuronarioError(
            f"the new site failed its check and was not published: {problem}",
            ExitCode.CANNOT_CREATE,
        ) from problem
    except OSError as error:  # the builder writes its files by itself
        raise write_error(new, error) from error
    finally:
        with suppress(OSError):  # the next start tries again; do not hide the first error
            _remove(new)
            _remove(docs)
            place.workspace.rmdir()  # stays where a lock lies in it
    return BuiltSite(place.folder, facts)


def site_place(live: Path, site: SiteConfig) -> Place:
    """What stands where a site is to be published, if it may be replaced.

    Raises:
        NeuronarioError: 73 or 77.
    """
    return replaceable(live, "the site", keep=site.keep, earlier=earlier_site)


def _cut(pages: Sequence[Page]) -> tuple[list[Page], Blocks]:
    """The pages with slots in place of their coloured blocks, and the blocks of each HTML page."""
    made, blocks = [], {}
    for page in pages:
        if page.path.endswith(".md"):
            text, blocks[_html_name(page.path)] = cut(page.text)
            made.append(markdown_page(page.path, text))
        else:
            made.append(page)
    return made, blocks


def assemble(pages: Sequence[Page], docs: Path, found: Resources) -> None:
    """Make ``docs`` hold the hand-written pages and exactly these generated ones."""
    wanted = {page.path: page.data for page in pages}
    for name in wanted:
        if not _is_generated(name):
            raise ValueError(f"{name} is not among the generated paths of a report")
    written = dict(_hand_written(found.site_src))
    if docs != found.site_src:
        wanted |= {name: _served(name, source.read_bytes()) for name, source in written.items()}
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


def _served(name: str, data: bytes) -> bytes:
    """A hand-written file as readers get it: scripts of the page *Try it* without comments."""
    if not (name.startswith(f"{TRY_SCRIPTS}/") and name.endswith(".js")):
        return data
    return str(jsmin(data.decode("utf-8"))).encode("utf-8")


def _is_generated(name: str) -> bool:
    return any(name == path or name.startswith(f"{path}/") for path in GENERATED)


def _expected(docs: Path) -> set[str]:
    """HTML pages that the docs folder must turn into."""
    return {_html_name(path.relative_to(docs).as_posix()) for path in docs.rglob("*.md")}


def _html_name(page: str) -> str:
    return f"{page.removesuffix('.md')}.html"


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
