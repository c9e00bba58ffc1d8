"""Checks a built site before anyone sees it: nothing missing, nothing dangling, nothing foreign."""

import html
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

from report.site.content_policy import policy_problem

# Texts on a page are escaped, quotes included: what looks like an attribute is one.
LINK = re.compile(r'\s(?:xlink:)?(?:href|src|data)="([^"]*)"')
ANCHOR = re.compile(r'\s(?:id|name)="([^"]*)"')
LOADED = re.compile(
    r"<(?:script|img|image|iframe|embed|source|use|link(?![^>]*\srel=\"?(?:canonical|prev|next)))"
    r'\b[^>]*?\s(?:xlink:)?(?:href|src)="([^"]*)"'
)
LOADED_BY_CSS = re.compile(r"url\(\s*['\"]?((?:[a-z]+:)?//[^)'\"]*)|@import\s+['\"]([^'\"]+)")


@dataclass(frozen=True)
class SiteFacts:
    """What a site that passed consists of."""

    pages: int  # HTML files
    files: int
    bytes: int
    links: int  # internal links that were followed


class SiteError(Exception):
    """A site that must not be published; the message says why."""


def check_site(site: Path, expected: set[str], address: str = "") -> SiteFacts:
    """Check the whole folder.

    Args:
        site: the finished folder.
        expected: the HTML pages, from the root, that must be there.
        address: public address of the site; without one, no link may begin at a host's root.

    Raises:
        SiteError: with the first few problems.
    """
    files = {path.relative_to(site).as_posix(): path for path in _regular_files(site)}
    pages = {name: path for name, path in files.items() if name.endswith(".html")}
    problems = [f"{name} is missing" for name in sorted(expected - pages.keys())]
    unexpected = pages.keys() - expected - {"404.html"}
    problems += [f"{name} was not asked for" for name in sorted(unexpected)]

    links = 0
    contents = _Contents(files, urlsplit(address).path if address else "")
    for name, path in sorted(pages.items()):
        text = path.read_text(encoding="utf-8")
        refused = policy_problem(text)
        if refused:
            problems.append(f"{name} {refused}")
        problems += [f"{name} loads {url}" for url in _foreign(LOADED.findall(text))]
        stray = _Head(text).stray
        if stray:
            problems.append(f"{name} has text in its head: {stray[:40]}")
        for link in set(LINK.findall(text)):
            links += 1
            problem = contents.problem(dirname(name), link)
            if problem:
                problems.append(f"{name}: {problem}")
    for name, path in sorted(files.items()):
        if name.endswith(".css"):
            found = LOADED_BY_CSS.findall(path.read_text(encoding="utf-8"))
            problems += [f"{name} loads {url or other}" for url, other in found]
    if problems:
        shown = "; ".join(problems[:5])
        raise SiteError(shown + (f"; and {len(problems) - 5} more" if len(problems) > 5 else ""))
    size = sum(path.stat().st_size for path in files.values())
    return SiteFacts(pages=len(pages), files=len(files), bytes=size, links=links)


def _regular_files(site: Path) -> Iterator[Path]:
    for path in sorted(site.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            continue
        if not stat.S_ISREG(mode):
            raise SiteError(f"{path.relative_to(site)} is not a regular file")
        yield path


def _foreign(urls: list[str]) -> list[str]:
    return [url for url in urls if urlsplit(html.unescape(url)).netloc]


class _Head(HTMLParser):
    """Reads the head of a page. Text between its tags is a quotation mark that was not escaped."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stray = ""
        self._tag = "head"  # that data now stands in
        self.feed(page.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Only these three hold text; what belongs to a body ends the head."""
        if tag in ("title", "script", "style"):
            self._tag = tag
        elif tag not in ("html", "head", "meta", "link", "base"):
            self._tag = "body"

    def handle_endtag(self, tag: str) -> None:
        """Back in the head itself."""
        if tag == self._tag:
            self._tag = "head"

    def handle_data(self, data: str) -> None:
        """Keeps what stands nowhere."""
        if self._tag == "head":
            self.stray += data.strip()


class _Contents:
    """Answers whether a link of a page in a folder leads anywhere; remembers its answers."""

    def __init__(self, files: dict[str, Path], root: str) -> None:
        self._files = files
        self._root = f"{root.rstrip('/')}/" if root else ""  # where an absolute path may begin
        self._known: dict[tuple[str, str], str] = {}
        self._anchors = cache(self._read_anchors)

    def problem(self, folder: str, link: str) -> str:
        """What is wrong with ``link``; empty where nothing is."""
        if link.startswith("#"):
            return ""  # MkDocs' own skip link and contents; our anchors come from other pages
        key = (folder, link)
        if key not in self._known:
            self._known[key] = self._problem(folder, link)
        return self._known[key]

    def _problem(self, folder: str, link: str) -> str:
        parts = urlsplit(html.unescape(link))
        if parts.scheme or parts.netloc:
            return ""  # elsewhere
        if parts.path.startswith("/"):  # the theme's page for missing pages has such
            if not self._root or not f"{parts.path}/".startswith(self._root):
                return f"{link} is right at no address, or at another than site.url"
            folder, path = "", parts.path.removeprefix(self._root.rstrip("/")).lstrip("/") or "."
        else:
            path = parts.path
        name = normpath(join(folder, unquote(path))) if path else ""
        if name == ".":
            name = "index.html"
        if name not in self._files:
            return f"{link} leads nowhere"
        fragment = unquote(parts.fragment)
        if fragment and name.endswith(".html") and fragment not in self._anchors(name):
            return f"{link} has no such anchor"
        return ""

    def _read_anchors(self, name: str) -> frozenset[str]:
        text = self._files[name].read_text(encoding="utf-8")
        return frozenset(map(html.unescape, ANCHOR.findall(text)))
