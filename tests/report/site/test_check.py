import os

import pytest

from report.site.check import SiteError, check_site

PAGE = '<html><head><link rel="stylesheet" href="style.css"></head><body>{}</body></html>'


def site(folder, **pages):
    (folder / "deep").mkdir(parents=True)
    (folder / "style.css").write_text("a { color: red; background: url(data:x) }")
    (folder / "index.html").write_text(PAGE.format(pages.get("index", "")))
    (folder / "deep" / "page.html").write_text(pages.get("deep", '<h2 id="there">x</h2>'))
    return folder


EXPECTED = {"index.html", "deep/page.html"}


def test_good_site_is_counted(tmp_path):
    body = '<a href="deep/page.html#there">a</a><a href="https://example.org/">b</a>'
    facts = check_site(site(tmp_path / "s", index=body), EXPECTED)
    assert (facts.pages, facts.files) == (2, 3)
    assert facts.links == 3
    assert facts.bytes > 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('<a href="nowhere.html">a</a>', "nowhere.html leads nowhere"),
        ('<a href="deep/page.html#gone">a</a>', "no such anchor"),
        ('<img src="missing.png">', "missing.png leads nowhere"),
        ('<script src="https://example.org/x.js"></script>', "loads https://example.org/x.js"),
        ('<link rel="preconnect" href="https://fonts.example.org">', "loads https://fonts"),
        ('<img src="//example.org/x.png">', "loads //example.org/x.png"),
    ],
)
def test_bad_pages_are_refused(tmp_path, body, reason):
    with pytest.raises(SiteError, match=reason):
        check_site(site(tmp_path / "s", index=body), EXPECTED)


def test_missing_and_unexpected_pages(tmp_path):
    built = site(tmp_path / "s")
    with pytest.raises(SiteError, match=r"other\.html is missing"):
        check_site(built, EXPECTED | {"other.html"})
    with pytest.raises(SiteError, match=r"deep/page\.html was not asked for"):
        check_site(built, {"index.html"})


def test_stylesheets_may_not_load_from_elsewhere(tmp_path):
    built = site(tmp_path / "s")
    (built / "style.css").write_text("@font-face { src: url('https://fonts.example.org/a') }")
    with pytest.raises(SiteError, match=r"style\.css loads"):
        check_site(built, EXPECTED)


@pytest.mark.parametrize("kind", ["link", "broken link", "pipe", "folder link"])
def test_only_regular_files(tmp_path, kind):
    built = site(tmp_path / "s")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_text("secret")
    odd = built / "odd"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        targets = {"link": secret / "file", "broken link": secret / "no", "folder link": secret}
        odd.symlink_to(targets[kind])
    with pytest.raises(SiteError, match="odd is not a regular file"):
        check_site(built, EXPECTED)
