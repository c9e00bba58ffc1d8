"""Previews of links: only with a public address and a picture, and every word escaped."""

from html import unescape

from report.site.preview import with_preview

PAGE = (
    '<html><head><meta charset="utf-8"><title>N17 &lt;b&gt;</title>'
    '<meta name="description" content="high on &quot;&lt;&quot;"></head><body>x</body></html>'
)


def test_title_sentence_and_picture(tmp_path):
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "n17.png").write_bytes(b"")
    html = with_preview(PAGE, tmp_path, "n/n17.html", "https://example.org/")
    assert 'property="og:image" content="https://example.org/n/n17.png"' in unescape(html)
    assert '"og:title" content="N17 &#60;b&#62;"' in html
    assert '"og:description" content="high on &#34;&#60;&#34;"' in html
    assert html.endswith("</head><body>x</body></html>")


def test_no_address_or_no_picture_no_preview(tmp_path):
    (tmp_path / "n17.png").write_bytes(b"")
    assert with_preview(PAGE, tmp_path, "n17.html", "") == PAGE
    assert with_preview(PAGE, tmp_path, "n18.html", "https://example.org/") == PAGE
