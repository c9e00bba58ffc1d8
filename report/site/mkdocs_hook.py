"""MkDocs hook: carries the coloured blocks past the Markdown and search parsers, untouched.

Each ``<section class="verbatim" ...>`` is cut out of a page before the conversion and put back into
the finished page. Three parsers would otherwise read every span: 2048 pages take 10 s instead of
34 s, and control characters arrive that Markdown would drop. The block is left out of the search
with or without this hook (``data-search-exclude``).

It also gives every page its Content-Security-Policy (``report/site/content_policy.py``).
"""

import re
from typing import Any

from mkdocs.exceptions import PluginError

from report.site.content_policy import with_policy

BLOCK = re.compile(r'^<section class="verbatim.*?^</section>$', re.DOTALL | re.MULTILINE)
SLOT = "<!-- verbatim block {} -->"  # every text on a page is escaped: it cannot occur in one


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Cut the blocks out and remember them with the page."""
    page.verbatim_blocks = []

    def cut(match: re.Match[str]) -> str:
        page.verbatim_blocks.append(match.group())
        return SLOT.format(len(page.verbatim_blocks))

    return BLOCK.sub(cut, markdown)


def on_post_page(output: str, *, page: Any, **_: Any) -> str:
    """Put the blocks back, and add the policy.

    Raises:
        PluginError: a slot is gone; a page without its text must never be published.
    """
    for number, block in enumerate(page.verbatim_blocks, start=1):
        head, slot, tail = output.partition(SLOT.format(number))
        if not slot:
            raise PluginError(f"{page.file.src_uri}: lost verbatim block {number}")
        output = head + block + tail
    return with_policy(output)


def on_post_template(output: str, *, template_name: str, **_: Any) -> str:
    """The pages of the theme itself, as 404.html, have the policy too."""
    return with_policy(output) if template_name.endswith(".html") else output
