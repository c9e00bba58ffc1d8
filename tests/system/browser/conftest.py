"""A browser and a served site for the tests in this folder."""

import shutil
import threading
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jobs.config.schema import SiteConfig
from report.pages.build import build_pages
from report.site.build import build_site
from tests.support.tiny_view import tiny_view

PATIENCE = 180_000  # milliseconds: a busy machine is no failure
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs chromium on the PATH"))


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@dataclass(frozen=True)
class Served:
    folder: Path
    address: str  # with a slash at the end


class Server:
    """Serves a folder that need not exist yet; its address is known from the start."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        handler = partial(QuietHandler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.folder = folder
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Builds the site of a view and serves it at its own address."""
    servers = []

    def start(view, name="site"):
        folder = tmp_path_factory.mktemp(name)
        server = Server(folder / "site")
        servers.append(server)
        build_site(build_pages(view), SiteConfig(url=server.address), folder / "site")
        return Served(folder / "site", server.address)

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def view():
    return tiny_view(sizes=(18, 19))


@pytest.fixture(scope="session")
def site(serve, view):
    return serve(view)


@dataclass(frozen=True)
class Patient:
    """A browser that waits long for every page and element."""

    browser: object

    def new_context(self, **settings):
        context = self.browser.new_context(**settings)
        context.set_default_timeout(PATIENCE)
        return context


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Patient(browser)
        browser.close()


@dataclass
class Watched:
    """A page, and everything that it should not have done."""

    page: object
    problems: list[str]
    requests: list[str]


@pytest.fixture
def open_page(chromium):
    """Opens pages in a fresh context; any console error, dialog or foreign request fails."""
    opened = []

    def start(address, **context):
        held = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        page = held.new_page()
        watched = Watched(page, [], [])
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("pageerror", lambda error: watched.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: watched.problems.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda message: (
                watched.problems.append(f"{message.type}: {message.text}")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        page.goto(address)
        opened.append((held, watched))
        return page

    yield start
    for held, watched in opened:
        host = watched.requests[0].split("/")[2]
        foreign = [url for url in watched.requests if url.split("/")[2] != host]
        assert watched.problems == []
        assert [url for url in foreign if not url.startswith("data:")] == []
        held.close()
