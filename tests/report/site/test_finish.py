import pytest

from report.site.check import SiteError
from report.site.content_policy import policy_problem
from report.site.finish import finish_site

HEAD = '<!doctype html><html><head><meta charset="utf-8"></head>'
BLOCK = '<section class="verbatim">\r\n<p>\x85é</p>\n</section>'
ANYWHERE = {"name": "A <b> name", "address": ""}


@pytest.fixture
def built(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "index.html").write_text(f"{HEAD}<script>one()</script>")
    (tmp_path / "deep" / "n.html").write_text(f"{HEAD}<!-- verbatim block 1 -->")
    (tmp_path / "404.html").write_text(f'{HEAD}<link rel="stylesheet" href="/a.css">')
    return tmp_path


def read(path):
    return path.read_bytes().decode()


def test_every_page_has_its_policy_and_its_blocks(built):
    finish_site(built, {"deep/n.html": (BLOCK,)}, **ANYWHERE)
    for name in ("index.html", "deep/n.html", "404.html"):
        assert policy_problem(read(built / name)) == "", name
    assert BLOCK in read(built / "deep" / "n.html")


def test_a_page_that_lost_its_block_is_an_error(built):
    with pytest.raises(SiteError, match=r"index\.html: lost verbatim block 1"):
        finish_site(built, {"deep/n.html": (BLOCK,), "index.html": (BLOCK,)}, **ANYWHERE)


def test_a_page_that_cannot_carry_a_policy_is_an_error(built):
    (built / "odd.html").write_text("<p>odd</p>")
    with pytest.raises(SiteError, match=r"odd\.html: .*meta charset"):
        finish_site(built, {"deep/n.html": (BLOCK,)}, **ANYWHERE)


def test_missing_pages_are_answered_at_any_address(built):
    finish_site(built, {"deep/n.html": (BLOCK,)}, **ANYWHERE)
    page = read(built / "404.html")
    assert "A &#60;b&#62; name" in page and "<style>" in page
    assert 'href="' not in page and 'src="' not in page


def test_a_site_that_knows_its_address_keeps_the_page_of_its_theme(built):
    finish_site(built, {"deep/n.html": (BLOCK,)}, name="x", address="https://example.org/neurons/")
    assert 'href="/a.css"' in read(built / "404.html")
