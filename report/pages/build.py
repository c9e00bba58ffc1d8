"""The pages of a run: measures are asked once, each kind of page renders itself.

Equal runs give equal bytes: no date, no run id, no path of a machine gets here.
"""

from collections.abc import Callable, Iterator

from jobs.model.imported import ImportRecord
from report.pages import labels as label_pages
from report.pages import neuron as neuron_page
from report.pages import overview as overview_page
from report.pages import pictures, try_it
from report.pages import reading as reading_page
from report.pages import run as run_page
from report.pages import sample as sample_page
from report.pages.contents import Contents, gather
from report.pages.page import Page
from report.render.templates import render
from report.run_view import RunView

PageMaker = Callable[[RunView, Contents], Iterator[Page]]

PAGE_MAKERS: tuple[PageMaker, ...] = (
    overview_page.pages,
    sample_page.pages,
    run_page.pages,
    neuron_page.pages,
    pictures.pages,
    label_pages.pages,
    reading_page.pages,
    try_it.pages,
)


def build_pages(view: RunView) -> tuple[Page, ...]:
    """Every generated page and picture of the site, for :func:`report.site.build.build_site`."""
    contents = gather(view)
    pages = (page for maker in PAGE_MAKERS for page in maker(view, contents))
    if view.imported is None:
        return tuple(pages)
    return tuple(_with_provenance(page, view.imported) for page in pages)


def _with_provenance(page: Page, imported: ImportRecord) -> Page:
    """A page that ends with where the network comes from; pictures stay as they are."""
    if not page.path.endswith(".md"):
        return page
    root = "../" * page.path.count("/")
    line = render("parts/provenance.md.j2", imported=imported, root=root)
    return Page(page.path, page.data + line.encode("utf-8"))
