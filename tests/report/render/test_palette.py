import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.render import palette
from report.render.palette import DARK, LEVELS, LIGHT, STEPS, ZERO
from report.resources import resources

states = st.floats(-1, 1)

# Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "none": np.eye(3).tolist(),
}


@given(states, states)
def test_scale_is_monotone(a, b):
    low, high = sorted((a, b))
    assert palette.levels(low) <= palette.levels(high)


@given(states)
def test_scale_is_symmetric(value):
    assert palette.levels(-value) == LEVELS - 1 - palette.levels(value)


@pytest.mark.parametrize("value", [-1e-9, -0.01, -0.05, -0.5, -0.94, -1.0])
def test_negative_states_are_never_stronger_than_they_are(value):
    """The notebook's first defect: -0.01 was painted strong cyan, -1 almost white."""
    level = int(palette.levels(value))
    assert level <= ZERO
    assert abs((level - ZERO) / STEPS - value) <= 0.5 / STEPS + 1e-12


@pytest.mark.parametrize("value", [0.94, 0.95, 0.99, 1.0])
def test_strongest_states_have_the_strongest_colour(value):
    """The notebook's second defect: above 0.94 the colour was invalid and nothing was painted."""
    level = int(palette.levels(value))
    assert level == LEVELS - 1
    for scheme in (LIGHT, DARK):
        assert len(palette.hexadecimal(scheme.state_colours()[level])) == 7


def test_every_level_is_used_and_beyond_the_range_is_cut():
    assert sorted(set(palette.levels(np.linspace(-1, 1, 1001)).tolist())) == list(range(LEVELS))
    assert palette.levels([-3, 3]).tolist() == [0, LEVELS - 1]


def test_nan_has_no_colour():
    with pytest.raises(ValueError, match="NaN"):
        palette.levels([0.0, math.nan])


def test_probability_and_surprise_levels():
    assert palette.probability_levels([0, 0.04, 0.06, 0.5, 1]).tolist() == [0, 0, 1, 5, 10]
    assert palette.surprise_levels([0, 0.4, 0.6, 7.9, 30]).tolist() == [0, 0, 1, 8, 8]


def linear(hexadecimal):
    encoded = [int(hexadecimal[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded)


def contrast(a, b):
    """WCAG 2.2 contrast ratio of two linear colours."""
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (a, b))
    return (light + 0.05) / (dark + 0.05)


def oklab(colour):
    lms = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ np.asarray(colour)
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ lms
    )


def distance(a, b, blindness="none"):
    seen = [np.clip(np.array(BLINDNESS[blindness]) @ np.asarray(c), 0, 1) for c in (a, b)]
    return 100 * float(np.linalg.norm(oklab(seen[0]) - oklab(seen[1])))


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_every_colour(scheme):
    background = linear(scheme.background)
    for colour in (*scheme.state_colours(), *scheme.surprise_colours()):
        assert contrast(colour or background, linear(scheme.foreground)) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_signs_stay_apart_for_every_eye(scheme, blindness):
    colours = scheme.state_colours()
    for step in range(1, STEPS + 1):
        apart = distance(colours[ZERO - step], colours[ZERO + step], blindness)
        assert apart >= (20 if step == STEPS else 4 if step == 1 else 7), step


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_neighbouring_levels_differ(scheme):
    background = linear(scheme.background)
    for colours in (scheme.state_colours(), scheme.surprise_colours()):
        for a, b in pairwise(colours):
            assert distance(a or background, b or background) >= 1.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_stronger_states_are_farther_from_the_background(scheme):
    background = linear(scheme.background)
    away = [distance(c or background, background) for c in scheme.state_colours()]
    assert away[: ZERO + 1] == sorted(away[: ZERO + 1], reverse=True)
    assert away[ZERO:] == sorted(away[ZERO:])


def test_stylesheet_is_the_palette():
    written = (resources().site_src / "assets" / "palette.css").read_text(encoding="utf-8")
    assert written == palette.css_text(), "run `python -m report.render.palette`"
