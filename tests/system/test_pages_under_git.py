"""The Markdown pages differ well in git: word by word, as .gitattributes and the page say."""

import re
import shutil

from tests.support.deployment import OPERATING, git
from tests.support.places import ROOT


def test_a_word_diff_marks_the_characters_whose_colour_changed(tmp_path):
    (pattern,) = re.findall(
        r"^# git config diff\.activation\.wordRegex '(.*)'$",
        (ROOT / ".gitattributes").read_text(),
        re.M,
    )
    assert pattern in OPERATING.read_text(encoding="utf-8")
    git("init", "--quiet", tmp_path)
    git("-C", tmp_path, "config", "diff.activation.wordRegex", pattern)
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    page = tmp_path / "report" / "neurons" / "l1" / "n0.md"
    page.parent.mkdir(parents=True)
    old = (
        '  mean: 0.52\n<span class="p9">a</span>'
        '<span class="p9 w"> </span><span class="p7">b</span>\n'
    )
    page.write_text(old)
    git("-C", tmp_path, "add", ".")
    page.write_text(old.replace("0.52", "0.53").replace('"p9 w"', '"p11 w"'))
    shown = git("-C", tmp_path, "diff", "--word-diff")
    assert "mean: [-0.52-]{+0.53+}" in shown
    assert (
        '<span class="p9">a</span>[-<span class="p9 w"> </span>-]{+<span class="p11 w"> </span>+}'
        '<span class="p7">b</span>' in shown
    )


def test_the_pattern_fits_the_pages_as_they_are_written():
    from report.pages.build import build_pages
    from tests.support.tiny_view import tiny_view

    (pattern,) = re.findall(r"wordRegex '(.*)'$", (ROOT / ".gitattributes").read_text(), re.M)
    span = re.compile(pattern.split("|")[0])
    page = next(
        page for page in build_pages(tiny_view(sizes=(2, 1))) if page.path.startswith("neurons/l1")
    )
    assert len(span.findall(page.text)) >= 100
