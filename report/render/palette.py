"""The one colour scale: a state in [-1, 1] becomes one of 15 levels, a level becomes a colour.

Blue is negative, orange positive, zero is the page itself. The colours are computed in OKLCH
(Ottosson 2020, https://bottosson.github.io/posts/oklab/), one set for the light and one for the
dark scheme, and written to ``site_src/assets/palette.css`` by ``python -m report.render.palette``.

Levels, not exact colours, go into the pages: float noise between machines changes 2 % of the
characters instead of a third of them, and a reader can choose the scheme.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

STEPS = 7  # levels on either side of zero
LEVELS = 2 * STEPS + 1
ZERO = STEPS
PROBABILITY_LEVELS = 11  # 0, 10 %, ... 100 %
SURPRISE_LEVELS = 9  # 0, 1, ... 8 bits and more

Rgb = tuple[float, float, float]  # linear light, each in [0, 1]


def levels(values: ArrayLike) -> NDArray[np.int8]:
    """Level of each value, same shape: 0 for -1, 7 for 0, 14 for +1; beyond that it is cut.

    The scale is monotone, and symmetric: ``levels(-x) == 14 - levels(x)``.

    Raises:
        ValueError: a value is NaN.
    """
    array = np.asarray(values, np.float64)
    if np.isnan(array).any():
        raise ValueError("a state is NaN and has no colour")
    return (np.rint(np.clip(array, -1.0, 1.0) * STEPS) + ZERO).astype(np.int8)


def probability_levels(probabilities: ArrayLike) -> NDArray[np.int8]:
    """Level 0 .. 10 of each probability."""
    array = np.clip(np.asarray(probabilities, np.float64), 0.0, 1.0)
    return np.rint(array * (PROBABILITY_LEVELS - 1)).astype(np.int8)


def surprise_levels(bits: ArrayLike) -> NDArray[np.int8]:
    """Level 0 .. 8 of each surprise in bits; 8 bits and more are one level."""
    array = np.clip(np.asarray(bits, np.float64), 0.0, SURPRISE_LEVELS - 1)
    return np.rint(array).astype(np.int8)


@dataclass(frozen=True)
class Ramp:
    """From the background to one strong colour, in OKLCH."""

    background_lightness: float
    lightness: float  # of the strongest level
    chroma: float  # of the strongest level
    hue: float  # degrees

    def colour(self, share: float) -> Rgb:
        """The colour at ``share`` in (0, 1] of the way; the first level is already visible."""
        way = 0.12 + 0.88 * share
        lightness = self.background_lightness + way * (self.lightness - self.background_lightness)
        return oklch(lightness, self.chroma * way**0.85, self.hue)


@dataclass(frozen=True)
class Scheme:
    """Colours of one colour scheme of the site."""

    selector: str  # CSS
    background: str  # behind the text, #rrggbb
    foreground: str  # the text, #rrggbb
    negative: Ramp
    positive: Ramp
    surprise: Ramp

    def state_colours(self) -> tuple[Rgb | None, ...]:
        """One per level; None at zero, where the background shows."""
        below = [self.negative.colour(step / STEPS) for step in range(STEPS, 0, -1)]
        above = [self.positive.colour(step / STEPS) for step in range(1, STEPS + 1)]
        return (*below, None, *above)

    def surprise_colours(self) -> tuple[Rgb | None, ...]:
        """One per level of surprise; None at zero."""
        top = SURPRISE_LEVELS - 1
        return (None, *(self.surprise.colour(step / top) for step in range(1, top + 1)))


LIGHT = Scheme(
    ":root",
    "#ffffff",
    "#1a1c23",
    Ramp(0.985, 0.735, 0.118, 252),
    Ramp(0.985, 0.77, 0.145, 60),
    Ramp(0.985, 0.74, 0.13, 335),
)
DARK = Scheme(
    "[data-md-color-scheme=slate]",
    "#1b1e27",
    "#f2f4fa",
    Ramp(0.235, 0.53, 0.15, 255),
    Ramp(0.235, 0.55, 0.135, 52),
    Ramp(0.235, 0.53, 0.16, 335),
)


def oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    """OKLCH to linear sRGB, cut to the gamut (Ottosson's matrices)."""
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return _in_gamut(
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(red: float, green: float, blue: float) -> Rgb:
    return (min(1.0, max(0.0, red)), min(1.0, max(0.0, green)), min(1.0, max(0.0, blue)))


def hexadecimal(colour: Rgb) -> str:
    """``#rrggbb`` of a linear colour (IEC 61966-2-1)."""
    encoded = [
        12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
        for value in colour
    ]
    return "#" + "".join(f"{round(255 * value):02x}" for value in encoded)


def css() -> Iterator[str]:
    """Lines of palette.css: the variables of both schemes and one class per level."""
    yield "/* Written by `make palette`; change report/render/palette.py instead. */"
    for scheme in (LIGHT, DARK):
        yield f"\n{scheme.selector} {{"
        yield f"  --act-background: {scheme.background};"
        yield f"  --act-foreground: {scheme.foreground};"
        for level, colour in enumerate(scheme.state_colours()):
            yield f"  --act-{level}: {hexadecimal(colour) if colour else 'transparent'};"
        for level, colour in enumerate(scheme.surprise_colours()):
            yield f"  --surprise-{level}: {hexadecimal(colour) if colour else 'transparent'};"
        yield "}"
    yield ""
    for level in range(LEVELS):
        if level != ZERO:
            yield f".p{level} {{ background-color: var(--act-{level}); }}"
    for level in range(LEVELS):  # a bar below a character: what is said of it
        if level != ZERO:
            yield f".act > .u{level} {{ border-bottom-color: var(--act-{level}); }}"
    for level in range(1, SURPRISE_LEVELS):
        yield f".s{level} {{ background-color: var(--surprise-{level}); }}"
    for level in range(PROBABILITY_LEVELS):
        yield f".q{level} {{ --q: {level / (PROBABILITY_LEVELS - 1):.1f}; }}"


def css_text() -> str:
    """The whole of palette.css."""
    return "\n".join(css()) + "\n"


if __name__ == "__main__":
    from jobs.disk.files import write_text
    from report.resources import resources

    write_text(resources().site_src / "assets" / "palette.css", css_text())
