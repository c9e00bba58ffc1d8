"""A neuron in a notebook: its colours stand, in light and in dark."""

import pytest

from report.notebook import OpenRun
from report.render.palette import LIGHT, hexadecimal

STYLES = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor]; }"


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_characters_have_their_colours(view, open_page, tmp_path, scheme):
    neuron = OpenRun(view).neuron("L1N0")
    (tmp_path / "cell.html").write_text(f"<!doctype html>{neuron._repr_html_()}", encoding="utf-8")
    page = open_page((tmp_path / "cell.html").as_uri(), color_scheme=scheme)
    assert page.locator(".neuronario-text").evaluate(STYLES) == [
        rgb(LIGHT.foreground),
        rgb(LIGHT.background),
    ]
    for level, colour in enumerate(LIGHT.state_colours()):
        spans = page.locator(f".neuronario-text .p{level}")
        if colour is not None and spans.count():
            assert spans.first.evaluate(STYLES)[1] == rgb(hexadecimal(colour))
    assert page.locator("pre > span:not(.p7)").count() > 20
