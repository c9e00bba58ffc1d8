"""One site at several addresses: below a path, at an address it was not told, from the disk."""

import shutil
import threading
from functools import cache, partial
from http.server import ThreadingHTTPServer

import pytest

from jobs.config.schema import SiteConfig
from report.pages.build import build_pages
from report.site.build import build_site
from tests.support.tiny_view import tiny_view
from tests.system.browser.conftest import QuietHandler


class Host(QuietHandler):
    """Answers a missing page as static hosts do: 404.html of the site, at the address asked for."""

    def send_error(self, code, *_):
        found = next(self.root.rglob("404.html"))
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.read_bytes())


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A web root, and its address."""
    root = tmp_path_factory.mktemp("host")
    handler = type("HostAt", (Host,), {"root": root})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield root, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def published_at(host, tmp_path_factory):
    """Puts a site below a folder of the host, and nothing else there."""
    root, address = host
    pages = build_pages(tiny_view(sizes=(2, 1)))

    @cache
    def built(url):
        live = tmp_path_factory.mktemp("built") / "site"
        return build_site(pages, SiteConfig(url=url), live).folder

    def start(folder, url):
        shutil.rmtree(root)
        shutil.copytree(built(url and f"{address}{url}"), root / folder)
        return address

    return start


@pytest.fixture
def lost(chromium):
    """Opens a page that is not there."""
    contexts = []

    def start(address, scheme="light", **context):
        contexts.append(chromium.new_context(color_scheme=scheme, **context))
        page = contexts[-1].new_page()
        failed = []
        page.on(
            "requestfailed", lambda one: failed.append(f"{one.method} {one.url}: {one.failure}")
        )
        assert page.goto(address).status == 404
        assert failed == []
        return page

    yield start
    for context in contexts:
        context.close()


@pytest.mark.parametrize("missing", ["neurons/gone.html", "neurons/l1/a/b/gone.html", "gone"])
@pytest.mark.parametrize("folder", ["", "neurons/", "a/b/"])
def test_a_missing_page_is_styled_and_leads_back_wherever_the_site_lies(
    published_at, lost, folder, missing
):
    address = published_at(folder, "")
    page = lost(f"{address}{folder}{missing}")
    assert page.evaluate("getComputedStyle(document.querySelector('header')).color") == (
        "rgb(255, 255, 255)"
    )
    page.locator("#links a").first.click()
    page.wait_for_url(f"{address}{folder}index.html")
    assert page.locator("#unit-list").count() == 1


def test_a_missing_page_has_dark_colours_too(published_at, lost):
    address = published_at("a/", "")
    shades = {
        scheme: lost(f"{address}a/x/gone", scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert shades["light"] != shades["dark"]


@pytest.mark.parametrize("missing", ["gone.html", "neurons/l1/deep/gone.html"])
@pytest.mark.parametrize("url", ["neurons/", "neurons"])
def test_a_missing_page_of_a_site_that_knows_its_address_has_the_theme(
    published_at, lost, url, missing
):
    address = published_at("neurons", url)
    page = lost(f"{address}neurons/{missing}")
    assert page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") == (
        "sticky"
    )
    page.locator(".md-header a.md-logo").click()
    page.wait_for_url(f"{address}neurons/index.html")
