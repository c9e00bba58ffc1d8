import json
import re
import shutil
from html import unescape

import pytest

from jobs.config.schema import SiteConfig
from jobs.disk.mark import digests, write_mark
from jobs.errors import ExitCode, NeuronarioError
from report.pages.build import build_pages
from report.pages.page import Page, markdown_page
from report.render.characters import glyph
from report.render.spans import shown_text
from report.resources import Resources, resources
from report.site import build as site_module
from report.site.build import GENERATED, assemble, build_site
from tests.report.render.test_spans import parsed
from tests.support.hostile_texts import HOSTILE
from tests.support.tiny_view import tiny_view


@pytest.fixture(scope="module")
def view():
    return tiny_view(sizes=(2, 1))


@pytest.fixture(scope="module")
def pages(view):
    return build_pages(view)


@pytest.fixture(scope="module")
def built(pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    return build_site(pages, SiteConfig(name="A <b> name"), folder / "site")


def text_of(page):
    return page.read_text(encoding="utf-8")


def test_site_is_complete_and_checked(built):
    names = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*.html")}
    assert {"index.html", "sample.html", "run.html", "guide.html", "404.html"} <= names
    assert {"neurons/l1/n0.html", "neurons/l1/n1.html", "neurons/l2/n0.html"} <= names
    assert built.facts.pages == len(names)
    assert built.facts.links > 50
    assert sorted(path.name for path in built.folder.parent.iterdir()) == ["site"]


def test_blocks_come_through_markdown_unchanged(built, pages):
    for page in pages:
        if not page.path.endswith(".md"):
            continue
        html = text_of(built.folder / page.path.replace(".md", ".html"))
        blocks = re.findall(r'^<section class="verbatim.*?^</section>$', page.text, re.S | re.M)
        assert blocks and all(block in html for block in blocks), page.path
        assert "<!-- verbatim" not in html


def test_search_index_has_words_and_no_text(built):
    index = text_of(built.folder / "search" / "search_index.json")
    assert "Layer 2 neuron 0" in index and "N0 for short" in index
    assert "verbatim" not in index
    with_words = [doc["location"] for doc in json.loads(index)["docs"] if "Faroe" in doc["text"]]
    assert with_words == ["sample.html#words"]
    assert "Faroe Islands" not in index


def test_search_index_has_every_character_of_the_alphabet_once(built, view):
    docs = json.loads(text_of(built.folder / "search" / "search_index.json"))["docs"]
    alphabet = next(doc["text"] for doc in docs if doc["location"] == "run.html#alphabet")
    found = [unescape(item) for item in re.findall("<li>(.*?) ?</li>", alphabet)]
    assert sorted(found) == sorted(map(glyph, view.card.alphabet))


def test_name_of_the_site_is_escaped(built):
    assert "A <b> name" not in text_of(built.folder / "index.html")
    assert "A &#60;b&#62; name" in text_of(built.folder / "index.html")


def test_no_page_is_in_the_navigation_twice(built):
    assert 'href="neurons/l1/n1.html" class="md-' not in text_of(built.folder / "index.html")


@pytest.mark.parametrize("text", [HOSTILE["controls"], HOSTILE["slots"], HOSTILE["markdown"]])
def test_hostile_text_reaches_the_built_page(tmp_path, text):
    made = build_pages(tiny_view(text=text, sizes=(1,), probe_characters=200))
    build_site(made, SiteConfig(), tmp_path / "site")
    html = text_of(tmp_path / "site" / "neurons" / "l1" / "n0.html")
    block = html.partition('<div class="act"')[2].partition("</div>")[0].partition(">")[2]
    assert parsed(re.sub(r"<[^>]*>", "", block)) == shown_text(text)


def test_equal_pages_give_an_equal_site(pages, built, tmp_path):
    again = build_site(pages, SiteConfig(name="A <b> name"), tmp_path / "site")
    for path in sorted(built.folder.rglob("*")):
        if path.is_file():
            twin = again.folder / path.relative_to(built.folder)
            assert path.read_bytes() == twin.read_bytes(), path.name


def old_site(folder):
    folder.mkdir(parents=True)
    for name in ("index", "stale"):
        (folder / f"{name}.html").write_text("old")
    write_mark(folder, digests(folder, ["index.html", "stale.html"]))
    return folder


def test_new_site_replaces_the_old_one(pages, tmp_path):
    live = old_site(tmp_path / "site")
    build_site(pages, SiteConfig(), live)
    assert not (live / "stale.html").exists()
    assert text_of(live / "index.html") != "old"


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("run.md", "# Run\n\n[gone](nowhere.md)\n", "nowhere.md"),
        ("run.md", '# Run\n\n<a href="nowhere.html">gone</a>\n', "leads nowhere"),
        ("run.md", '# Run\n\n<img src="https://example.org/x.png">\n', "loads"),
    ],
)
def test_a_bad_page_leaves_the_old_site(pages, tmp_path, path, text, reason):
    live = old_site(tmp_path / "site")
    bad = [page for page in pages if page.path != path] + [markdown_page(path, text)]
    with pytest.raises(NeuronarioError, match=reason) as caught:
        build_site(bad, SiteConfig(), live)
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert text_of(live / "index.html") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_came_while_the_site_was_built_is_not_replaced(pages, tmp_path, monkeypatch):
    live = old_site(tmp_path / "site")
    check = site_module.check_site

    def meanwhile(*arguments):
        (live / "CNAME").write_text("example.org")
        return check(*arguments)

    monkeypatch.setattr(site_module, "check_site", meanwhile)
    with pytest.raises(NeuronarioError, match="also holds CNAME") as caught:
        build_site(pages, SiteConfig(), live)
    assert caught.value.code == ExitCode.CANNOT_CREATE
    assert (text_of(live / "index.html"), text_of(live / "CNAME")) == ("old", "example.org")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    build_site(pages, SiteConfig(keep=("CNAME",)), live)
    assert text_of(live / "index.html") != "old" and text_of(live / "CNAME") == "example.org"


def test_a_crash_while_building_leaves_the_old_site(pages, tmp_path, monkeypatch):
    live = old_site(tmp_path / "site")

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(site_module, "check_site", crash)
    with pytest.raises(KeyboardInterrupt):
        build_site(pages, SiteConfig(), live)
    assert text_of(live / "index.html") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_nothing_is_printed(pages, tmp_path, capfd):
    build_site(pages, SiteConfig(), tmp_path / "site")
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def checkout(tmp_path):
    real = resources()
    source = tmp_path / "site_src"
    hidden = shutil.ignore_patterns(*(name for name in GENERATED if "/" not in name), "generated")
    shutil.copytree(real.site_src, source, ignore=hidden)
    return Resources(real.templates, source, real.mkdocs_yml, checkout=True)


def test_generated_pages_are_mirrored_beside_the_written_ones(checkout):
    docs = checkout.site_src
    assemble([markdown_page("index.md", "one"), Page("neurons/l1/n0.md", b"two")], docs, checkout)
    assert (docs / "neurons/l1/n0.md").read_bytes() == b"two"
    assemble([markdown_page("index.md", "three")], docs, checkout)
    assert (docs / "index.md").read_text() == "three"
    assert not (docs / "neurons").exists()  # gone with the run that had it
    assert (docs / "guide.md").is_file() and (docs / "assets/neuron.css").is_file()


def test_a_page_may_not_overwrite_a_written_one(checkout):
    with pytest.raises(ValueError, match=r"guide\.md"):
        assemble([markdown_page("guide.md", "x")], checkout.site_src, checkout)


@pytest.mark.parametrize("name", ["leak.md", "leak", "assets/leak.css"])
def test_links_among_the_written_pages_are_refused(checkout, tmp_path, name):
    (tmp_path / "secret").write_text("secret")
    (checkout.site_src / name).symlink_to(tmp_path / "secret")
    with pytest.raises(NeuronarioError, match="regular files only") as caught:
        assemble([], tmp_path / "docs", checkout)
    assert caught.value.code == ExitCode.BAD_DATA


def test_scripts_of_the_try_page_are_served_without_comments(checkout, tmp_path):
    assemble([], tmp_path / "docs", checkout)
    for script in (checkout.site_src / "assets/try").glob("*.js"):
        served = tmp_path / "docs/assets/try" / script.name
        assert 0 < served.stat().st_size < script.stat().st_size
        assert "/*" not in served.read_text() and "/*" in script.read_text()
    other = "assets/neuron.js"
    assert (tmp_path / "docs" / other).read_bytes() == (checkout.site_src / other).read_bytes()


def test_git_ignores_what_a_report_writes():
    ignored = (resources().mkdocs_yml.parent / ".gitignore").read_text().splitlines()
    missing = [
        name
        for name in GENERATED
        if f"/site_src/{name}" not in ignored and f"/site_src/{name}/" not in ignored
    ]
    assert not missing
