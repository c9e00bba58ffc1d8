"""One pass over a finished site: everything that protects it, whichever builder has made it.

The coloured blocks come back into their pages; every page gets its Content-Security-Policy and,
where a picture lies beside it, its preview; a site that does not know its address gets a page for
missing pages that works at any.
``report/site/check.py`` then refuses to publish a site in which any of it is missing.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jobs.disk.files import write_bytes
from report.render.templates import render
from report.site.check import SiteError
from report.site.content_policy import with_policy
from report.site.preview import with_preview
from report.site.search_worker import mend_search
from report.site.verbatim import LostBlockError, put_back

NOT_FOUND = "404.html"

Blocks = Mapping[str, tuple[str, ...]]  # of an HTML page, by its path from the root of the site


def finish_site(
    site: Path, blocks: Blocks, *, name: str, address: str, styles: Iterable[str] = ()
) -> None:
    """Finish what a builder has left in ``site``.

    Args:
        site: the built folder, not yet published.
        blocks: what :func:`report.site.verbatim.cut` took out of each page.
        name: of the site.
        address: public address of the site, or "" for a site that may lie anywhere.
        styles: hashes of styles that the builder's theme adds by script.

    Raises:
        SiteError: a page has lost a block or cannot carry a policy.
        OSError: from the disk.
    """
    if not address:
        page = render("not_found/page.html.j2", name=name)
        write_bytes(site / NOT_FOUND, page.encode("utf-8"), durable=False)
    mend_search(site)
    for path in sorted(site.rglob("*.html")):
        page_name = path.relative_to(site).as_posix()
        try:
            html = put_back(_text(path), blocks.get(page_name, ()))
            html = with_preview(html, site, page_name, address)
            html = with_policy(html, styles)
        except (LostBlockError, ValueError) as problem:
            raise SiteError(f"{page_name}: {problem}") from problem
        write_bytes(path, html.encode("utf-8"), durable=False)


def _text(path: Path) -> str:
    """The file without any change of its line ends: a carriage return may be of the text."""
    return path.read_bytes().decode("utf-8")
