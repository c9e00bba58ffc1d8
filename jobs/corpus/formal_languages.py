"""Small texts whose truth is known: whoever explains a network can be checked on them.

Each is an endless sequence of independent draws from one rule, as the embedded XML is
(``jobs/corpus/synthetic.py``), so that its entropy is exact. What a predictor must know:

- ``anbn``: words a^n b^n, a blank between them. After the first b everything is certain for
  whoever counted the a's (Gers & Schmidhuber 2001 trained LSTMs on this language).
- ``dyck``: lines of brackets of two kinds, each closed as it was opened, at most
  ``DYCK_DEPTH`` open at once (Hewitt et al. 2020: Dyck-(k, m)).
- ``counter-lines``: a name, dots up to a fixed column, a digit, and as many # as the digit says.

All are unambiguous: the letters decide every choice.
"""

from functools import cache

from jobs.corpus.grammar import Repeat, Sequence, evenly, sequence

LONGEST_HALF = 12  # the largest n of a^n b^n
DYCK_DEPTH = 4
PAIRS = (("(", ")"), ("[", "]"))
AGAIN = 0.6  # chance that another pair follows beside the last
NAME_LENGTHS = range(1, 9)
NAME_LETTERS = "abcd"
COLUMN = 12  # of the digit: names are filled up with dots


@cache
def anbn_word() -> Sequence:
    """a^n b^n and a blank; every n from 1 to ``LONGEST_HALF`` is as likely as the others."""
    return sequence(evenly(["a" * n + "b" * n for n in range(1, LONGEST_HALF + 1)]), " ")


@cache
def dyck_line() -> Sequence:
    """One line: at least one outermost pair of brackets."""
    return sequence(_brackets(DYCK_DEPTH, least=1), "\n")


def _brackets(room: int, least: int) -> Repeat:
    """Pairs one after the other, with up to ``room`` levels in them."""
    inside = [_brackets(room - 1, least=0)] if room > 1 else []
    return Repeat(evenly([sequence(left, *inside, right) for left, right in PAIRS]), least, AGAIN)


@cache
def counter_line() -> Sequence:
    """One line: name, dots up to ``COLUMN``, digit, blank, so many #."""
    return sequence(
        evenly([_name(length) for length in NAME_LENGTHS]),
        evenly([f"{digit} {'#' * digit}" for digit in range(1, 10)]),
        "\n",
    )


def _name(length: int) -> Sequence:
    return sequence(*[evenly(NAME_LETTERS)] * length, "." * (COLUMN - length))
