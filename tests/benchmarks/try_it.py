"""How fast the page "Try it" reads, in the browsers that are installed.

    python -m tests.benchmarks.try_it [--rounds 3] [--units 50 128 512]

The real page, over HTTP, with networks of two layers and drawn weights: the speed does not depend
on what a network has learned. A script measures inside the page and reports by asking for an
address, so that any browser can be timed without a driver. Shown are medians over the rounds.
"""

import argparse
import gzip
import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from statistics import median
from urllib.parse import unquote

from jobs.config.schema import SiteConfig
from report.pages.build import build_pages
from report.pages.contents import gather
from report.pages.try_it import NETWORK, UNITS, network_script, units_script
from report.site.build import build_site
from tests.benchmarks.work import read_text
from tests.support.places import ROOT
from tests.support.tiny_view import tiny_view

PATIENCE = 180  # seconds for one opening of the page
READ = 20_000  # characters, as many as the page takes
SAMPLE = 500  # characters that the page opens with, as a run's sample
BROWSERS = {
    "Chromium": ("chromium", "--headless=new", "--no-sandbox", "--user-data-dir={profile}"),
    "Firefox": ("firefox-esr", "--headless", "--no-remote", "--profile", "{profile}"),
}
Figures = dict[str, float]

# Colours come first, then the long text; what the page says of itself is what is measured.
MEASURE = """
(function () {
  var box = document.querySelector(".try");
  var began = 0;
  function wait(ready, then) {
    if (ready()) { then(); return; }
    setTimeout(wait, 5, ready, then);
  }
  function coloured() { return document.querySelector(".try-coloured > [class^=p]"); }
  function tell(figures) { new Image().src = "/measured?" + JSON.stringify(figures); }
  wait(function () { return box.page; }, function () {
    var load = box.querySelector(".try-load");
    if (!load.hidden) { began = performance.now(); load.click(); }
    wait(coloured, function () {
      var first = performance.now() - began;
      var page = box.page;
      page.setText(TEXT);
      var count = Array.from(TEXT).length;
      wait(function () {
        return page.characters.length === count && page.result.surprise.length === page.ids.length;
      }, function () {
        tell({first: first, rate: page.ids.length / page.seconds,
          states: Number(box.dataset.states), chances: Number(box.dataset.chances)});
      });
    });
  });
})();
"""


class Handler(SimpleHTTPRequestHandler):
    """Serves the site, and takes what the page measured."""

    measured: "Queue[Figures]" = Queue()

    def do_GET(self) -> None:
        if self.path.startswith("/measured?"):
            self.measured.put(json.loads(unquote(self.path.partition("?")[2])))
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def main() -> None:
    """Build a site, put each network into its page, open it in each browser, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--units", type=int, nargs="+", default=[50, 128, 512])
    options = parser.parse_args()
    browsers = {name: line for name, line in BROWSERS.items() if shutil.which(line[0])}
    text = _text()
    sample = "".join(sorted(set(text))) + text[:SAMPLE]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        site = Path(folder) / "site"
        build_site(build_pages(tiny_view(sample)), SiteConfig(), site)
        print(f"scripts of the page: {_script_bytes(site) / 1000:.1f} kB compressed\n")
        print("| network | MB to load | browser | first colour, s | characters/s | state, chance |")
        print("| --- | --- | --- | --- | --- | --- |")
        with served(site) as address:
            for units in options.units:
                megabytes = put_network(site, text, sample, units)
                for name, line in browsers.items():
                    rounds = [measure(line, address) for _ in range(options.rounds)]
                    print(_row(units, megabytes, name, rounds), flush=True)


def put_network(site: Path, text: str, sample: str, units: int) -> float:
    """Put a network of two layers into the page; returns the megabytes of its script."""
    view = tiny_view(sample, sizes=(units, units), gain=1.0)
    network = network_script(view)
    (site / NETWORK).write_bytes(network)
    (site / UNITS).write_bytes(units_script(view, gather(tiny_view(sample))))
    (site / "measure.js").write_text(MEASURE.replace("TEXT", json.dumps(text)), encoding="utf-8")
    page = site / "try.html"
    html = re.sub('data-bytes="[0-9]*"', f'data-bytes="{len(network)}"', page.read_text())
    if "measure.js" not in html:
        html = html.replace("</body>", '<script src="measure.js"></script></body>')
    page.write_text(html)
    return len(network) / 1e6


def measure(line: tuple[str, ...], address: str) -> Figures:
    """Open the page in a browser that has never seen it.

    Raises:
        RuntimeError: the page did not report in time.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [part.format(profile=profile) for part in line]
        browser = subprocess.Popen(
            [*command, f"{address}try.html"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return Handler.measured.get(timeout=PATIENCE)
        except Empty:
            raise RuntimeError(f"{line[0]} did not report within {PATIENCE} s") from None
        finally:
            browser.terminate()
            browser.wait()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of ``folder`` on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


def _text() -> str:
    corpus = read_text()
    return "".join(corpus.alphabet[index] for index in corpus.ids[:READ])


def _script_bytes(site: Path) -> int:
    ours = sorted((ROOT / "site_src" / "assets" / "try").glob("*.js"))
    return sum(len(gzip.compress((site / "assets/try" / path.name).read_bytes())) for path in ours)


def _row(units: int, megabytes: float, name: str, rounds: list[Figures]) -> str:
    def middle(key: str) -> float:
        return median(one[key] for one in rounds)

    return (
        f"| 2x{units} | {megabytes:.2f} | {name} | {middle('first') / 1000:.2f} "
        f"| {middle('rate'):,.0f} | {middle('states'):.1e}, {middle('chances'):.1e} |"
    )


if __name__ == "__main__":
    main()
