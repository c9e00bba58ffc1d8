"""MkDocs hook for a build by hand: ``mkdocs build`` makes what ``neuronario site`` would.

It leaves out of the navigation what this report does not have, carries the coloured blocks past the
parsers, and finishes the built site. A published site does not depend on it:
``report/site/build.py`` builds without hooks.
"""

from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from report.site.builders import present
from report.site.check import SiteError
from report.site.finish import finish_site
from report.site.verbatim import cut

_blocks: dict[str, tuple[str, ...]] = {}


def on_config(config: Any, **_: Any) -> Any:
    """Only entries whose pages are there."""
    _blocks.clear()
    if config.nav:
        config.nav = present(config.nav, Path(config.docs_dir))
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Cut the blocks out and remember them."""
    text, _blocks[page.file.dest_uri] = cut(markdown)
    return text


def on_post_build(*, config: Any, **_: Any) -> None:
    """Put the blocks back, and do all else that a site needs.

    Raises:
        PluginError: a page has lost its text or cannot be protected.
    """
    try:
        finish_site(
            Path(config.site_dir), _blocks, name=config.site_name, address=config.site_url or ""
        )
    except SiteError as problem:
        raise PluginError(str(problem)) from problem
