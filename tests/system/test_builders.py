"""The same site by each site builder that is installed, and by hand."""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from importlib.util import find_spec
from pathlib import Path

import pytest

from jobs.config.schema import SiteConfig
from jobs.errors import ExitCode, NeuronarioError
from report.pages.build import build_pages
from report.pages.page import markdown_page
from report.render.spans import shown_text
from report.resources import resources
from report.site.build import build_site
from report.site.builders import BUILDERS
from report.site.check import check_site
from report.site.content_policy import policy_problem
from tests.support.hostile_texts import HOSTILE
from tests.support.places import ROOT
from tests.support.tiny_view import tiny_view

TEXT = "\n".join(HOSTILE.values())
NAME = "A <b> name"
INDEXES = ("search/search_index.json", "search.json")


@pytest.fixture(scope="module")
def pages():
    return build_pages(tiny_view(text=TEXT, sizes=(2, 1), probe_characters=400))


@pytest.fixture(scope="module", params=BUILDERS)
def builder(request):
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed: pip install 'neuronario[builders]'")
    return request.param


@pytest.fixture(scope="module")
def built(builder, pages, tmp_path_factory):
    config = SiteConfig(name=NAME, builder=builder)
    return build_site(pages, config, tmp_path_factory.mktemp(builder) / "site")


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def coloured_text(page: str) -> str:
    block = page.partition('<div class="act"')[2].partition("</div>")[0].partition(">")[2]
    return unescape_exactly(re.sub(r"<[^>]*>", "", block))


def unescape_exactly(html: str) -> str:
    """As a browser reads it: ``unescape`` alone would turn U+0080 to U+009F and others away."""
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), html)


def test_every_neuron_page_has_the_sample_character_for_character(built):
    found = sorted(built.folder.glob("neurons/l*/n*.html"))
    assert len(found) == 3
    for path in found:
        assert coloured_text(text_of(path)) == shown_text(TEXT), path.name


def test_every_page_has_a_policy_that_fits_it(built):
    found = sorted(built.folder.rglob("*.html"))
    assert len(found) == built.facts.pages > 10
    for path in found:
        assert policy_problem(text_of(path)) == "", path.name


def test_the_pages_are_the_same_and_all_links_lead_somewhere(built, pages):
    expected = {
        page.path.removesuffix(".md") + ".html" for page in pages if page.path[-3:] == ".md"
    }
    names = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*.html")}
    assert expected <= names
    assert check_site(built.folder, names - {"404.html"}).links > 50
    assert [path.name for path in built.folder.parent.iterdir()] == ["site"]


def test_the_name_of_the_site_is_no_markup(built):
    page = text_of(built.folder / "index.html")
    assert NAME not in page and "A &" in page


def test_the_search_index_has_words_and_no_coloured_text(built):
    found = next(path for name in INDEXES if (path := built.folder / name).is_file())
    index = json.loads(text_of(found))
    docs = index.get("docs") or index["items"]
    by_place = {doc["location"]: unescape(doc["text"]) for doc in docs}
    assert "N0 for short" in by_place["neurons/l1/n0.html"]
    assert "देवनागरी" in next(text for place, text in by_place.items() if "#words" in place)
    with_text = {place for place, text in by_place.items() if "alert" in text}
    assert {place.rpartition("/")[2] for place in with_text} == {"sample.html#words"}
    assert sum(len(text) for text in by_place.values()) < 100_000


def test_a_bad_link_leaves_the_old_site(builder, pages, tmp_path):
    live = tmp_path / "site"
    live.mkdir()
    (live / "index.html").write_text("old")
    bad = [page for page in pages if page.path != "run.md"]
    bad.append(markdown_page("run.md", '# Run\n\n<a href="nowhere.html">gone</a>\n'))
    with pytest.raises(NeuronarioError) as caught:
        build_site(bad, SiteConfig(builder=builder), live)
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert text_of(live / "index.html") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_build_by_hand_gives_the_published_site(pages, tmp_path):
    """``mkdocs build --strict`` in a checkout, after a run has left its pages in site_src/."""
    shutil.copytree(resources().site_src, tmp_path / "site_src", ignore=_generated)
    shutil.copy(resources().mkdocs_yml, tmp_path)
    (tmp_path / "report").symlink_to(ROOT / "report")
    for page in pages:
        target = tmp_path / "site_src" / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(page.data)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=tmp_path,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    names = {
        path.relative_to(tmp_path / "site").as_posix() for path in tmp_path.glob("site/**/*.html")
    }
    assert check_site(tmp_path / "site", names - {"404.html"}).links > 50
    for name in ("neurons/l1/n0.html", "index.html"):
        published = build_site(pages, SiteConfig(), tmp_path / "published" / "site").folder
        assert text_of(tmp_path / "site" / name) == text_of(published / name)


def _generated(folder: str, names: list[str]) -> set[str]:
    """What an earlier run has left in the checkout."""
    from report.site.build import GENERATED

    inside = Path(folder).relative_to(resources().site_src)
    return {name for name in names if (inside / name).as_posix() in GENERATED}
