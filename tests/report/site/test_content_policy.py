import base64
import hashlib
import re

import pytest

from report.site.content_policy import policy_problem, with_policy

PAGE = (
    '<html><head><meta charset="utf-8"><script>one()</script></head><body>'
    '<script src="x.js"></script><script type="application/json" id="c">{}</script>'
    "<script>two()</script></body></html>"
)


def policy(page):
    content = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    return dict(part.strip().split(" ", 1) for part in content.split(";"))


def hashed(script):
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_only_the_inline_scripts_of_the_page_may_run():
    allowed = policy(with_policy(PAGE))["script-src"].split()
    assert sorted(allowed) == sorted(["'self'", hashed("one()"), hashed("two()")])


def test_nothing_else_inline_and_nothing_from_elsewhere():
    rules = policy(with_policy(PAGE))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"] == "'self'"
    assert not any("unsafe" in rule or "http" in rule for rule in rules.values())


def test_inline_styles_are_allowed_by_their_hash():
    style = "<style>a { color: red }</style>"
    made = with_policy(PAGE.replace("<body>", f"{style}<body>"), styles=["'sha256-x='"])
    assert policy(made)["style-src"].split() == sorted(
        ["'self'", hashed("a { color: red }"), "'sha256-x='"]
    )


def test_a_finished_page_has_no_problem_and_stays_what_it_is():
    once = with_policy(PAGE)
    assert policy_problem(once) == ""
    assert with_policy(once) == once
    changed = once.replace("two()", "three()")
    assert "inline script" in policy_problem(changed)


def test_policy_comes_before_anything_that_runs():
    page = with_policy(PAGE)
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_a_page_without_a_place_for_it_is_refused():
    with pytest.raises(ValueError, match="meta charset"):
        with_policy("<html></html>")
