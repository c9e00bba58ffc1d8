import re

import pytest
import yaml

from report.render.words import SPACELESS, words
from report.resources import resources


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Жили-были: жили 77 раз, km2!", ["Жили", "были", "жили", "раз", "km2"]),
        ("春眠不覺曉，處處聞啼鳥。", ["春眠不覺曉", "處處聞啼鳥"]),
        ("東京Tower2", ["東京", "Tower2"]),
        ("مَرْحَبًا، يا", ["مَرْحَبًا", "يا"]),
        ("e\u0301te\u0301", ["été"]),
        ('<a b="c_d">&amp;</a>', ["a", "b", "c", "d", "amp"]),
        ("a\u202eb\u200bc\u115fd", ["a", "b", "c", "d"]),
        ("\n\t -_\u2028", []),
    ],
)
def test_words_of_any_script(text, found):
    assert [word for word, _ in words(text)] == found


def test_the_most_frequent_come_first():
    assert words("b a c a b a") == [("a", 3), ("b", 2), ("c", 1)]


def test_the_search_splits_the_same_scripts_into_characters():
    settings = yaml.safe_load(resources().mkdocs_yml.read_text(encoding="utf-8"))
    separator = next(one["search"] for one in settings["plugins"] if "search" in one)["separator"]
    in_javascript = re.findall(r"\\u[0-9a-f]{4}-\\u[0-9a-f]{4}", separator.rpartition("(?=")[2])
    basic = [one for one in in_javascript if not one.startswith(r"\ud")]
    assert [one.encode().decode("unicode_escape") for one in basic] == re.findall(
        "[\u0001-\uffff]-[\u0001-\uffff]", SPACELESS
    )
