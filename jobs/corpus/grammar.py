"""Small probabilistic grammars: draw a text, and know exactly how surprising such texts are.

A grammar is a tree of rules without recursion. Every rule knows two expectations, both exact:

- ``length``: expected characters E[L];
- ``entropy``: H, the expected bits of the choices that a draw makes.

Text: L = its length, H = 0. Sequence of independent parts: both add up. Choice with probabilities
p: L = sum p_i L_i and H = sum p_i (H_i - log2 p_i) (chain rule). Repeat, where after ``least``
items another follows with probability q: the expected count is n = least + q / (1 - q), each of
the 1 / (1 - q) decisions costs h(q) bits, so L = n L_item and H = n H_item + h(q) / (1 - q).

H is the entropy of the *text* only where the grammar is unambiguous: each text has one derivation,
so that its probability is the product of the choices made. Tests add up all derivations of a text
and compare them with the choices that were made.
"""

from collections.abc import Callable
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from math import log2

Random = Callable[[], float]  # uniform in [0, 1)


class Rule:
    """What every rule offers."""

    length: float  # expected characters
    entropy: float  # expected bits of choice

    def draw(self, random: Random, pieces: list[str]) -> float:
        """Append one draw to ``pieces``; return -log2 of the probability of its choices."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Rule):
    """A fixed string."""

    text: str
    length: float = field(init=False)
    entropy: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", float(len(self.text)))

    def draw(self, random: Random, pieces: list[str]) -> float:
        """See :class:`Rule`."""
        pieces.append(self.text)
        return 0.0


@dataclass(frozen=True)
class Sequence(Rule):
    """Rules one after the other, drawn independently."""

    parts: tuple[Rule, ...]
    length: float = field(init=False)
    entropy: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", sum(part.length for part in self.parts))
        object.__setattr__(self, "entropy", sum(part.entropy for part in self.parts))

    def draw(self, random: Random, pieces: list[str]) -> float:
        """See :class:`Rule`."""
        bits = 0.0
        for part in self.parts:
            bits += part.draw(random, pieces)
        return bits


@dataclass(frozen=True)
class Choice(Rule):
    """One of several rules, with probabilities in proportion to the weights."""

    options: tuple[tuple[float, Rule], ...]  # (weight, rule)
    length: float = field(init=False)
    entropy: float = field(init=False)
    table: tuple[tuple[float, float, Rule], ...] = field(init=False)  # (cumulative, bits, rule)

    def __post_init__(self) -> None:
        total = sum(weight for weight, _ in self.options)
        length = entropy = reached = 0.0
        table = []
        for weight, rule in self.options:
            probability = weight / total
            bits = -log2(probability)
            length += probability * rule.length
            entropy += probability * (rule.entropy + bits)
            reached += weight
            table.append((reached / total, bits, rule))
        object.__setattr__(self, "length", length)
        object.__setattr__(self, "entropy", entropy)
        object.__setattr__(self, "table", tuple(table))

    def draw(self, random: Random, pieces: list[str]) -> float:
        """See :class:`Rule`."""
        value = random()
        for cumulative, bits, rule in self.table:
            if value < cumulative:
                return bits + rule.draw(random, pieces)
        raise AssertionError("the last cumulative probability is 1")


@dataclass(frozen=True)
class Repeat(Rule):
    """``least`` items, then another as long as a coin with probability ``again`` says so."""

    item: Rule
    least: int
    again: float
    length: float = field(init=False)
    entropy: float = field(init=False)

    def __post_init__(self) -> None:
        q = self.again
        count = self.least + q / (1.0 - q)
        coin = -q * log2(q) - (1.0 - q) * log2(1.0 - q)
        object.__setattr__(self, "length", count * self.item.length)
        object.__setattr__(self, "entropy", count * self.item.entropy + coin / (1.0 - q))

    def draw(self, random: Random, pieces: list[str]) -> float:
        """See :class:`Rule`."""
        bits = 0.0
        for _ in range(self.least):
            bits += self.item.draw(random, pieces)
        while random() < self.again:
            bits += self.item.draw(random, pieces) - log2(self.again)
        return bits - log2(1.0 - self.again)


def sequence(*parts: Rule | str) -> Sequence:
    """Parts one after the other; strings stand for themselves."""
    return Sequence(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def choice(*options: tuple[float, Rule | str]) -> Choice:
    """One of the (weight, rule or string) pairs."""
    return Choice(
        tuple((weight, Text(rule) if isinstance(rule, str) else rule) for weight, rule in options)
    )


def evenly(options: Items[Rule | str]) -> Choice:
    """One of ``options``, all equally likely."""
    return choice(*((1.0, option) for option in options))


def frequent_first(words: str) -> Choice:
    """One of the blank-separated ``words``; the n-th has weight 1 / n (Zipf's law)."""
    return choice(*((1.0 / rank, word) for rank, word in enumerate(words.split(), start=1)))
