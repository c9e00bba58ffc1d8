import jinja2
import pytest
import yaml

from report.render.spans import cells, paint
from report.render.templates import (
    decimals,
    environment,
    page_text,
    percent,
    render,
    signed,
    strip,
    thousands,
)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ value.__init__.__globals__ }}",
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{% for x in ''.__class__.__mro__ %}{{ x }}{% endfor %}",
        "{{ kind.mro() }}",
    ],
)
def test_sandbox_refuses_the_way_out(source):
    template = environment().from_string(source)
    for _ in range(2):  # what is allowed is remembered
        with pytest.raises((jinja2.sandbox.SecurityError, jinja2.UndefinedError)):
            template.render(value=object(), kind=int)


def test_a_misspelt_name_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ missing }}").render()


def test_front_matter_is_ascii_and_ordered():
    text = page_text("parts/strip.md.j2", {"title": "L · x: {y}\n---", "hide": ["toc"]})
    head = text.split("\n---\n")[0].removeprefix("---\n")
    assert head.isascii()
    assert yaml.safe_load(head) == {"title": "L · x: {y}\n---", "hide": ["toc"]}
    assert list(yaml.safe_load(head)) == ["title", "hide"]


def test_a_painted_strip_has_one_span_a_character():
    made = paint(strip(cells("a<\n")), [0, 7, 14], "p")
    assert made == (
        '<span class="p0">a</span><span class="p7">&#60;</span><span class="p14 n">\n</span>'
    )


def test_a_strip_needs_a_level_for_every_character():
    with pytest.raises(ValueError, match="zip"):
        paint(strip(cells("abc")), [1, 2], "p")


def test_a_text_cannot_forge_a_level_slot():
    made = paint(strip(cells("@level@")), range(7), "p")
    assert made.count("<span") == 7 and "@" not in made


@pytest.mark.parametrize(
    ("value", "shown"), [(0.434, "+0.43"), (-0.434, "−0.43"), (-0.001, "0.00"), (0.0, "0.00")]
)
def test_signed(value, shown):
    assert signed(value) == shown
    assert decimals(value) == shown.removeprefix("+")


def test_shares_and_counts():
    assert percent(0.426) == "43 %"
    assert percent(0.4267, 1) == "42.7 %"
    assert thousands(247103) == "247,103"


def test_legend_shows_all_levels():
    source = '{% from "parts/strip.md.j2" import legend %}{{ legend() }}'
    legend = environment().from_string(source).render()
    assert [legend.count(f'class="p{level}"') for level in range(15)] == [1] * 15


def test_bars_go_left_for_negative_values():
    source = '{% from "parts/bar.md.j2" import bar %}{{ bar(v) }}'
    template = environment().from_string(source)
    assert 'class="neg" x="-0.500" width="0.500"' in template.render(v=-0.5)
    assert 'class="pos" x="0.000" width="0.250"' in template.render(v=0.25)


def test_render_finds_templates_by_their_path():
    with pytest.raises(jinja2.TemplateNotFound):
        render("nowhere.md.j2")
