"""Texts of many characters with a structure to learn, made from Unicode's ranges and names."""

import unicodedata
from collections.abc import Callable
from random import Random

CHARACTERS = 110_000
# first code point and how many from there on, a script each
SCRIPTS = (
    *((0x61, 26), (0x3B1, 25), (0x430, 32), (0x561, 38), (0x5D0, 27), (0x627, 36), (0x905, 53)),
    *((0x985, 40), (0xA05, 50), (0xA85, 50), (0xB85, 50), (0xE01, 46), (0x10D0, 33), (0x1200, 300)),
    *((0x3041, 86), (0x30A1, 90), (0xAC00, 1_500), (0x4E00, 2_000)),
)
IDEOGRAPHS = (0x4E00, 3_900)


def names_in_many_scripts() -> str:
    """XML entries with names in some of 18 scripts, 400 words each, the first ones frequent."""
    random = Random(7).random
    words = [[_word(random, first, count) for _ in range(400)] for first, count in SCRIPTS]

    def entry() -> str:
        names = "".join(
            f'\t\t<name lang="l{number:02}">{own[int(400 * random() ** 3)]}</name>\n'
            for number, own in enumerate(words)
            if random() < 0.5
        )
        return f'\t<item id="{int(1_000 * random())}">\n{names}\t</item>\n'

    return _repeated(entry)


def dictionary() -> str:
    """A line for an ideograph: itself, its code point, its name's last word."""
    random = Random(3).random
    first, count = IDEOGRAPHS

    def entry() -> str:
        character = chr(first + int(count * random() ** 1.5))
        name = unicodedata.name(character).rsplit("-", 1)[-1].lower()
        return f"{character}\tU+{ord(character):04X}\t{name}\n"

    return _repeated(entry)


def _word(random: Callable[[], float], first: int, count: int) -> str:
    return "".join(chr(first + int(count * random() ** 2)) for _ in range(2 + int(4 * random())))


def _repeated(entry: Callable[[], str]) -> str:
    pieces: list[str] = []
    length = 0
    while length < CHARACTERS:
        pieces.append(entry())
        length += len(pieces[-1])
    return "".join(pieces)[:CHARACTERS]
