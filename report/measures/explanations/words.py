"""Sentences in words that a reader can check against the coloured text.

«x» is the character x; a string of blanks is shown as in the coloured text: ␣ a space, ⇥ a tab,
↵ a newline.
"""

from collections.abc import Sequence

from report.measures.explanations.clauses import Found
from report.measures.explanations.features import EXPECTED, Vocabulary, visible
from report.measures.explanations.search import NONE, Condition

PLACES = ("on {}", "after {}", "two back is {}", "three back is {}", "{} is expected")
NOT_PLACES = (
    "not on {}",
    "not after {}",
    "two back is not {}",
    "three back is not {}",
    "{} is not expected",
)
BLANKS = {" ": "a space", "\t": "a tab", "\n": "a newline", "\r": "a carriage return"}
ALWAYS = "always"


def clause_words(found: Found, vocabulary: Vocabulary) -> str:
    """``on a letter and not after «<»``; ``either on a letter, or after «<»``."""
    words = [condition_words(one, vocabulary) for one in found.conditions]
    if found.any_of:
        return f"either {', or '.join(words)}"
    return " and ".join(words) or ALWAYS


def condition_words(condition: Condition, vocabulary: Vocabulary) -> str:
    """One condition."""
    if condition.place == NONE:
        flag = vocabulary.flags[condition.flag]
        return flag.denied if condition.denied else flag.words
    form = (NOT_PLACES if condition.denied else PLACES)[condition.place]
    words = set_words(condition, vocabulary)
    if condition.place == EXPECTED and condition.denied:
        nor = set_words(condition, vocabulary, "nor")
        return f"neither {nor} is expected" if " nor " in nor else form.format(words)
    return form.format(words)


def set_words(condition: Condition, vocabulary: Vocabulary, joint: str = "or") -> str:
    """``a letter, a tab or one of «<>/» (but not «m»)``."""
    words = _any_of(condition.plus, vocabulary, joint)
    if not condition.minus:
        return words
    return f"{words} (but not {_any_of(condition.minus, vocabulary)})"


def _any_of(items: Sequence[int], vocabulary: Vocabulary, joint: str = "or") -> str:
    symbols = vocabulary.symbols
    names = [symbols.items[item] for item in items if item < symbols.classes]
    characters = [symbols.items[item] for item in items if item >= symbols.classes]
    names += [BLANKS[one] for one in characters if one in BLANKS]
    others = [visible(one) for one in characters if one not in BLANKS]
    if others:
        one_of = "" if len(others) == 1 else "one of "
        names.append(f"{one_of}«{''.join(others)}»")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joint} {names[-1]}"


def sentence_words(form: str, clauses: Sequence[tuple[str, float, float, str]], rest: float) -> str:
    """The whole sentence; each clause is its words, value, slope and number."""
    if form == "constant":
        return f"always about {signed(rest)}"
    if not clauses:
        return f"about {signed(rest)} whatever is read"
    said = [
        f"{signed(value)}{line_words(slope, number)} when {words}"
        if words != ALWAYS
        else f"{signed(value)}{line_words(slope, number)} always"
        for words, value, slope, number in clauses
    ]
    if form == "rules":
        return f"{'; else '.join(said)}; otherwise {signed(rest)}"
    return f"{signed(rest)}; add {'; add '.join(said)}"


def line_words(slope: float, number: str) -> str:
    """`` +0.17 x tag depth``; empty without a number."""
    return f" {slope:+.2g} × {number}" if number else ""


def signed(value: float) -> str:
    """Two decimals with their sign; no minus zero."""
    return f"{value + 0.0:+.2f}" if round(value, 2) else "0.00"
