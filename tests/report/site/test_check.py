import os

import pytest

from report.site.check import SiteError, check_site
from report.site.content_policy import with_policy

HEAD = '<html><head><meta charset="utf-8">'
PAGE = HEAD + '<link rel="stylesheet" href="style.css"></head><body>{}</body></html>'


def site(folder, **pages):
    (folder / "deep").mkdir(parents=True)
    (folder / "style.css").write_text("a { color: red; background: url(data:x) }")
    index = PAGE.format(pages.get("index", ""))
    deep = HEAD + pages.get("deep", '<h2 id="there">x</h2>')
    (folder / "index.html").write_text(with_policy(index))
    (folder / "deep" / "page.html").write_text(with_policy(deep))
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
        ('<a href="/deep/page.html">a</a>', "is right at no address"),
    ],
)
def test_bad_pages_are_refused(tmp_path, body, reason):
    with pytest.raises(SiteError, match=reason):
        check_site(site(tmp_path / "s", index=body), EXPECTED)


def test_a_quotation_mark_in_an_attribute_of_the_head_is_noticed(tmp_path):
    built = site(tmp_path / "s")
    page = built / "index.html"
    good = page.read_text()
    said = "<meta name='description' content='on &#34;&gt;x'>".replace("'", '"')
    page.write_text(good.replace("</head>", said + "<title>a > b</title></head>"))
    assert check_site(built, EXPECTED)
    bad = said.replace("&#34;&gt;", '">')
    page.write_text(good.replace("</head>", bad + "</head>"))
    with pytest.raises(SiteError, match="text in its head: x"):
        check_site(built, EXPECTED)


def test_absolute_paths_begin_at_the_address_and_lead_somewhere(tmp_path):
    body = '<a href="/n/deep/page.html#there">a</a><a href="/n/">b</a><a href="/n">c</a>'
    built = site(tmp_path / "s", index=body)
    for address in ("https://example.org/n/", "https://example.org/n"):
        assert check_site(built, EXPECTED, address).links == 4
    with pytest.raises(SiteError, match="another than site"):
        check_site(built, EXPECTED, "https://example.org/other/")
    built = site(tmp_path / "t", index='<a href="/n/gone.html">a</a>')
    with pytest.raises(SiteError, match="leads nowhere"):
        check_site(built, EXPECTED, "https://example.org/n/")


POLICIES = {
    "has no Content-Security-Policy": "",
    "after something that loads": '<script src="a.js"></script>{}',
    "allows what it does not name": "default-src 'self'",
    "allows too much": "default-src 'none'; script-src 'unsafe-inline'",
    "an inline script that its": "default-src 'none'; script-src 'self'",
}


@pytest.mark.parametrize("reason", POLICIES)
@pytest.mark.parametrize("name", ["index.html", "deep/page.html", "404.html"])
def test_one_page_without_its_policy_is_enough(tmp_path, name, reason):
    built = site(tmp_path / "s")
    rules = POLICIES[reason]
    policy = '<meta http-equiv="Content-Security-Policy" content="{}">'
    if "{}" in rules:
        policy = rules.format(policy.format("default-src 'none'"))
    else:
        policy = policy.format(rules) if rules else ""
    (built / name).write_text(HEAD + policy + "<script>ran()</script>")
    with pytest.raises(SiteError, match=f"{name} has .*{reason.removeprefix('has ')}"):
        check_site(built, EXPECTED)


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
