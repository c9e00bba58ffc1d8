"""Recognises what versions before 0.2 published or wrote: they left no list of their files.

A file counts as theirs if its path is one that those versions used and its content begins as they
began it. Everything else in the folder is somebody else's.
"""

import re
from pathlib import Path

from jobs.disk.mark import contents

CONTENT_ID = "assets/generated/content-id.txt"  # every published site had one
PAGES = re.compile(
    r"(index|sample|run|reading|history|guide|operating|comparing|404)\.html"
    r"|(neurons|labels|layers|runs|diff)/([a-z0-9_.-]+/)*[a-z0-9_.-]+\.html"
)
FILES = re.compile(
    r"assets/generated/(content-id\.txt|runs\.json|[a-z0-9-]+\.png)"
    r"|assets/((measures|neuron|palette)\.css|neuron\.js|images/favicon\.png)"
    r"|assets/stylesheets/(main|palette)\.[0-9a-f]{8}\.min\.css(\.map)?"
    r"|assets/javascripts/(bundle|workers/search)\.[0-9a-f]{8}\.min\.js(\.map)?"
    r"|assets/javascripts/lunr/(tinyseg\.js|wordcut\.js|min/lunr\.[a-z.]+\.min\.js)"
    r"|search/search_index\.json|sitemap\.xml(\.gz)?"
)
MARKDOWN = re.compile(
    r"(index|sample|run|reading|history)\.md"
    r"|(neurons|labels|layers|runs|diff)/([a-z0-9_.-]+/)*[a-z0-9_.-]+\.md"
)
PICTURES = re.compile(r"assets/generated/[a-z0-9-]+\.png")


def earlier_site(folder: Path) -> list[str] | None:
    """What is not ours in a site that an earlier version published; None: it is no such site."""
    try:
        known = re.fullmatch(r"[0-9a-f]{64}\n", (folder / CONTENT_ID).read_text("ascii"))
    except (OSError, ValueError):
        return None
    if not known:
        return None
    return [name for name in contents(folder) if not _of_a_site(folder, name)]


def earlier_report(folder: Path) -> list[str] | None:
    """What is not ours in a folder of `report --out` of an earlier version; None: it is none."""
    names = contents(folder)
    if "index.md" not in names or not _of_a_report(folder, "index.md"):
        return None
    return [name for name in names if not _of_a_report(folder, name)]


def _of_a_site(folder: Path, name: str) -> bool:
    if PAGES.fullmatch(name):
        text = _text(folder / name)
        return 'name="generator" content="mkdocs-' in text and "Content-Security-Policy" in text
    return bool(FILES.fullmatch(name)) and _is_plain(folder / name)


def _of_a_report(folder: Path, name: str) -> bool:
    if MARKDOWN.fullmatch(name):
        text = _text(folder / name)
        return text.startswith("---\ntitle: ") and '<section class="verbatim' in text
    return bool(PICTURES.fullmatch(name)) and _is_plain(folder / name)


def _text(path: Path) -> str:
    """The file's text; "" for a link, a folder, or what is no UTF-8."""
    try:
        return path.read_text("utf-8") if _is_plain(path) else ""
    except (OSError, ValueError):
        return ""


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
