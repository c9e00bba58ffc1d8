"""Sites and reports of versions that left no list of their files."""

import pytest

from report.site.earlier import CONTENT_ID, earlier_report, earlier_site

PAGE = """<!doctype html>
<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<meta name="generator" content="mkdocs-1.6.1, mkdocs-material-9.8.2">
"""
MARKDOWN = (
    '---\ntitle: Overview\n---\n\n<section class="verbatim" data-search-exclude>\n</section>\n'
)
# one of each kind that version 0.1 published
FILES = """
404.html comparing.html guide.html history.html index.html operating.html reading.html run.html
sample.html diff/000002-0a1b2c3d.html labels/after-comma.html layers/l1.html
neurons/l1/n0.html runs/000001-4ea427e7.html
assets/generated/runs.json assets/generated/states-l1.png assets/images/favicon.png
assets/measures.css assets/neuron.css assets/neuron.js assets/palette.css
assets/javascripts/bundle.a5f9d56c.min.js assets/javascripts/bundle.a5f9d56c.min.js.map
assets/javascripts/lunr/min/lunr.stemmer.support.min.js assets/javascripts/lunr/tinyseg.js
assets/javascripts/workers/search.a7633da7.min.js assets/stylesheets/main.57a0d79d.min.css
assets/stylesheets/palette.fb2fffe2.min.css.map search/search_index.json sitemap.xml sitemap.xml.gz
"""


@pytest.fixture
def site(tmp_path):
    for name in (*FILES.split(), CONTENT_ID):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PAGE if name.endswith(".html") else "{}")
    (tmp_path / CONTENT_ID).write_text("a" * 64 + "\n")
    return tmp_path


def test_a_site_that_is_wholly_ours(site):
    assert earlier_site(site) == []


@pytest.mark.parametrize(
    "name", ["CNAME", "thesis.html", "assets/photo.png", "neurons/notes.txt", ".git/HEAD"]
)
def test_what_the_user_added_is_seen(site, name):
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text("mine")
    assert earlier_site(site) == [name]


def test_a_page_of_the_users_under_a_name_of_ours_is_seen(site):
    (site / "run.html").write_text("<h1>How I run</h1>")
    (site / "index.html").unlink()
    (site / "index.html").symlink_to("run.html")
    assert earlier_site(site) == ["index.html", "run.html"]


@pytest.mark.parametrize("text", ["", "b" * 64, "not an id\n"])
def test_any_other_folder_is_no_site_of_ours(site, text):
    (site / CONTENT_ID).write_text(text)
    assert earlier_site(site) is None


def test_a_report(tmp_path):
    for name in ("index.md", "run.md", "neurons/l1/n0.md", "labels/after-comma.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(MARKDOWN)
    (tmp_path / "assets" / "generated").mkdir(parents=True)
    (tmp_path / "assets" / "generated" / "states-l1.png").write_bytes(b"PNG")
    assert earlier_report(tmp_path) == []
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "run.md").write_text("---\ntitle: mine\n---\n")
    assert earlier_report(tmp_path) == ["notes.md", "run.md"]
    (tmp_path / "index.md").write_text("# My index")
    assert earlier_report(tmp_path) is None
