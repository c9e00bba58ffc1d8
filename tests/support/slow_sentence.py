"""A printed sentence read back from its words and evaluated one character at a time.

An independent reader: it knows the words, not the code that found the sentence.
"""

import re
import unicodedata

CLASSES = {
    "a letter": str.isalpha,
    "a small letter": str.islower,
    "a capital": str.isupper,
    "a vowel": lambda one: one in "aeiouAEIOU",
    "a consonant": lambda one: one.isalpha() and one not in "aeiouAEIOU",
    "a digit": str.isdigit,
    "a blank": str.isspace,
    "a punctuation mark": lambda one: unicodedata.category(one)[0] in "PS",
    "a space": " ".__eq__,
    "a tab": "\t".__eq__,
    "a newline": "\n".__eq__,
}
PLACES = (
    (r"neither (?P<set>.*) is expected", "expected", True),
    (r"(?P<set>.*) is not expected", "expected", True),
    (r"(?P<set>.*) is expected", "expected", False),
    (r"not on (?P<set>.*)", 0, True),
    (r"not after (?P<set>.*)", 1, True),
    (r"two back is not (?P<set>.*)", 2, True),
    (r"three back is not (?P<set>.*)", 3, True),
    (r"on (?P<set>.*)", 0, False),
    (r"after (?P<set>.*)", 1, False),
    (r"two back is (?P<set>.*)", 2, False),
    (r"three back is (?P<set>.*)", 3, False),
)
HIDDEN = str.maketrans({"␣": " ", "↵": "\n", "⇥": "\t"})


class SlowText:
    """A text with what an independent reader knows of it: lists, by name, one value a character."""

    def __init__(self, text, before, expected, facts, numbers):
        self.text, self.before, self.expected = text, before, expected
        self.facts, self.numbers = facts, numbers

    def back(self, place, steps):
        whole = self.before + self.text
        position = len(self.before) + place - steps
        return whole[position] if position >= 0 else None


def belongs(character, words):
    """Whether ``character`` is in ``a letter or one of «ab» (but not «c»)``."""
    match = re.fullmatch(r"(.*) \(but not (.*)\)", words, re.DOTALL)
    if match and "«" not in match[2].split("»")[-1]:
        return belongs(character, match[1]) and not belongs(character, match[2])
    found = False
    for quoted in re.findall(r"«(.*?)»", words, re.DOTALL):
        found |= character in quoted.translate(HIDDEN)
    plain = re.sub(r"(one of )?«.*?»", "", words, flags=re.DOTALL)
    for part in re.split(r", | n?or ", plain):
        name = part.strip(" ,")
        if name in CLASSES:
            found |= CLASSES[name](character)
        elif name:
            raise ValueError(f"no set of characters: {name!r}")
    return found


def holds(words, text, place):
    """Whether one condition holds after character ``place``."""
    if words == "always":
        return True
    denied = words.removeprefix("not ")
    if words in text.facts:
        return text.facts[words][place]
    if denied in text.facts:
        return not text.facts[denied][place]
    if match := re.fullmatch(r"(not )?just read «(.*)»", words, re.DOTALL):
        string = match[2].translate(HIDDEN)
        read = (text.before + text.text[: place + 1]).endswith(string)
        return read != bool(match[1])
    if match := re.fullmatch(r"(.*) (above|at most) (-?[0-9.]+)", words):
        above = text.numbers[match[1]][place] > float(match[3])
        return above == (match[2] == "above")
    for form, where, negated in PLACES:
        if match := re.fullmatch(form, words, re.DOTALL):
            one = text.expected[place] if where == "expected" else text.back(place, where)
            return (one is not None and belongs(one, match["set"])) != negated
    raise ValueError(f"no condition: {words!r}")


def conditions(words):
    """The conditions of a clause, and whether one suffices."""
    if words.startswith("either "):
        return words.removeprefix("either ").split(", or "), True
    return words.split(" and "), False


def clause_holds(words, text, place):
    parts, any_of = conditions(words)
    found = [holds(one, text, place) for one in parts]
    return any(found) if any_of else all(found)


def simulate(sentence, text):
    """What the whole printed line says after each character, as it would be printed."""
    line = sentence.replace(" always", " when always")
    number = r"([+-]?[0-9.]+(?:e[+-]?[0-9]+)?)"
    said = rf"{number}(?: {number} × (.*?))? when (.*)"
    if "; otherwise " in line:
        rules, rest = line.rsplit("; otherwise ", 1)
        parts, adds = rules.split("; else "), False
    elif "; add " in line:
        rest, *parts = line.split("; add ")
        adds = True
    else:
        return [float(re.search(number, line)[1])] * len(text.text)
    terms = [re.fullmatch(said, part, re.DOTALL).groups() for part in parts]
    values = []
    for place in range(len(text.text)):
        value = float(rest)
        for constant, slope, name, words in terms:
            if clause_holds(words, text, place):
                term = float(constant)
                if slope:
                    term += float(slope) * text.numbers[name][place]
                value = value + term if adds else term
                if not adds:
                    break
        values.append(min(1.0, max(-1.0, value)))
    return values
