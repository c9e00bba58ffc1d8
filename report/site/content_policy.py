"""The Content-Security-Policy of a page: only what the site itself brings may run or load.

The theme has a few inline scripts, and a page may have an inline style; each is allowed by its hash
and nothing else inline is (CSP level 3, https://www.w3.org/TR/CSP3/#match-element-to-source-list).
A static host cannot send headers, so the policy stands in a ``<meta>``.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache

INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
INLINE_STYLE = re.compile(r"<style[^>]*>(?P<text>.*?)</style>", re.DOTALL)
HEAD = re.compile(r"<meta charset=[^>]*>")
META = '<meta http-equiv="Content-Security-Policy" content="{}">'
FOUND = re.compile(META.format('([^"]*)'))
LOADS = re.compile(r"<(?:script|style|link|img|iframe|body)\b")

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def with_policy(page: str, styles: Iterable[str] = ()) -> str:
    """``page`` with its policy, placed before anything that could load or run.

    Args:
        page: a finished HTML page; a policy of ours that it has is replaced.
        styles: hashes of styles that the theme's own script adds to a page.

    Raises:
        ValueError: the page has no ``<meta charset>`` to put the policy behind.
    """
    page = FOUND.sub("", page)
    policy = POLICY.format(
        scripts=" ".join(["'self'", *sorted(inline_scripts(page))]),
        styles=" ".join(["'self'", *sorted({*inline_styles(page), *styles})]),
    )
    changed, count = HEAD.subn(lambda match: match.group() + META.format(policy), page, count=1)
    if not count:
        raise ValueError("a page without <meta charset> cannot carry its policy")
    return changed


def policy_problem(page: str) -> str:
    """What is wrong with the policy of a finished page; empty where nothing is."""
    found = FOUND.search(page)
    if found is None:
        return "has no Content-Security-Policy"
    first = LOADS.search(page)
    if first is not None and first.start() < found.start():
        return "has its Content-Security-Policy after something that loads"
    rules = dict(rule.strip().partition(" ")[::2] for rule in found[1].split(";"))
    if rules.get("default-src") != "'none'":
        return "has a Content-Security-Policy that allows what it does not name"
    if "unsafe-" in found[1] or "*" in found[1] or "http" in found[1]:
        return "has a Content-Security-Policy that allows too much"
    for kind, hashes in (("script", inline_scripts(page)), ("style", inline_styles(page))):
        if not hashes <= set(rules.get(f"{kind}-src", "").split()):
            return f"has an inline {kind} that its Content-Security-Policy refuses"
    return ""


def inline_scripts(page: str) -> set[str]:
    """Hashes of the scripts that stand in a page; data in a script element never runs."""
    return {
        source_hash(match["text"])
        for match in INLINE_SCRIPT.finditer(page)
        if "src=" not in match["attributes"] and "json" not in match["attributes"]
    }


def inline_styles(page: str) -> set[str]:
    """Hashes of the style elements of a page."""
    return {source_hash(match["text"]) for match in INLINE_STYLE.finditer(page)}


@cache
def source_hash(text: str) -> str:
    """``'sha256-...'`` of an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
