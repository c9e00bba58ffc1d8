"""The Content-Security-Policy of a page: only what the site itself brings may run or load.

The theme has a few inline scripts; each is allowed by its hash and nothing else inline is (CSP
level 3, https://www.w3.org/TR/CSP3/#match-element-to-source-list). A static host cannot send
headers, so the policy stands in a ``<meta>``.
"""

import base64
import hashlib
import re

INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
HEAD = re.compile(r"<meta charset=[^>]*>")

POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def with_policy(page: str) -> str:
    """``page`` with its policy, placed before anything that could load or run.

    Raises:
        ValueError: the page has no ``<meta charset>`` to put the policy behind.
    """
    hashes = sorted(
        {
            script_hash(match["text"])
            for match in INLINE_SCRIPT.finditer(page)
            if "src=" not in match["attributes"] and "json" not in match["attributes"]
        }
    )
    policy = POLICY.format(hashes=" ".join(hashes))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    changed, count = HEAD.subn(lambda match: match.group() + meta, page, count=1)
    if not count:
        raise ValueError("a page without <meta charset> cannot carry its policy")
    return changed


def script_hash(text: str) -> str:
    """``'sha256-...'`` of an inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
