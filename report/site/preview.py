"""What a link to a page shows elsewhere: title, sentence and picture (https://ogp.me).

Only where the public address of the site is known, and a picture lies beside the page.
"""

import re
from html import unescape
from pathlib import Path

from report.render.templates import render

TITLE = re.compile(r"<title>(?P<text>.*?)</title>", re.DOTALL)
DESCRIPTION = re.compile(r'<meta name="?description"? content="(?P<text>[^"]*)"')
HEAD_END = "</head>"


def with_preview(html: str, site: Path, name: str, address: str) -> str:
    """``html``, the page ``name`` of ``site``, with its preview where it has one."""
    picture = Path(name).with_suffix(".png").as_posix()
    if not address or not (site / picture).is_file():
        return html
    head, end, tail = html.partition(HEAD_END)
    meta = render(
        "social/head.html.j2",
        title=_found(TITLE, html),
        description=_found(DESCRIPTION, html),
        page=address + name,
        picture=address + picture,
    )
    return head + meta.strip() + end + tail


def _found(pattern: re.Pattern[str], html: str) -> str:
    match = pattern.search(html)
    return unescape(match["text"]).strip() if match else ""
