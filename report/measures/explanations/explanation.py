"""What is said of a unit: a sentence with its score on unseen text, and what stands beside it.

Everything is fitted on half A of the probe and scored on half B, and is causal: what it says of a
character depends on that character and on those before it. A score is R2, the share of the state's
variance on half B that the sentence tells: 1 - sum (h - simulated)^2 / sum (h - mean)^2, the mean
that of half B. What is scored is the sentence as printed, its numbers with two decimals.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "character detector",
    "predictor",
    "counter",
    "tracker",
    "short context",
    "long memory",
    "mixed",
    "constant",
]
Form = Literal["rules", "scorecard", "constant"]
Grade = Literal["explains it", "most of it", "half", "a part", "unexplained"]

GRADES: tuple[tuple[float, Grade], ...] = (
    (0.8, "explains it"),
    (0.65, "most of it"),
    (0.5, "half"),
    (0.2, "a part"),
)
LEAST = 0.05  # the interval's lower end of an explained unit lies above


@dataclass(frozen=True)
class Clause:
    """One line of a sentence, as printed and as scored."""

    text: str  # the condition in words: "a tab, newline or < is expected"
    value: float  # rules: the state where it fires first; scorecard: what it adds
    slope: float  # 0.0, or of the straight line over the number: value + slope * number
    number: str  # "" or the number's words: "tag depth"
    share: float  # of half B's characters: where it fires (rules: where it is the first to fire)
    worth: float  # share of the variance of half A that goes without it


@dataclass(frozen=True)
class Sentence:
    """What is said of a unit.

    Rules: the first clause whose condition holds says the state. Scorecard: the clauses whose
    conditions hold add up.
    """

    form: Form
    clauses: tuple[Clause, ...]
    rest: float  # rules: the state where no clause fires; scorecard: what the clauses add to
    text: str  # the whole sentence in one line, made from the above and nothing else


@dataclass(frozen=True)
class Score:
    """How well the printed sentence says the state on half B."""

    r2: float
    interval: tuple[float, float]  # 95 %, block bootstrap
    null: float  # largest R2 of the whole fit, its floor included, on circularly shifted states
    untrained: float  # median R2 of the same fit on the same layer of an untrained network
    correlation: float  # of simulated and real state


@dataclass(frozen=True)
class Memory:
    """Swap curve: which share of the variance the last k characters decide; nothing is fitted."""

    lengths: tuple[int, ...]  # k
    shares: tuple[float, ...]  # by k
    k90: int | None  # characters that decide 90 %; None: more than the longest length
    longest: int  # the longest length that still matters


@dataclass(frozen=True)
class Ladder:
    """R2 on half B of larger and larger tables and of parts of a sentence's vocabulary."""

    last: tuple[float, ...]  # back-off tables of the last 1, 2, 3 and 6 characters
    concepts: float  # the library's concepts, linear
    expected: float  # the next character that a frozen n-gram expects
    network_expected: float  # that the network expects: partly circular in the last layer
    together: float  # the last 6 characters, what is expected, the concepts


@dataclass(frozen=True)
class Simulation:
    """The sentence on the sample: what it says of the state after each character."""

    values: tuple[float, ...]  # (T,)
    clauses: tuple[int, ...]  # (T,) the clause that fires, -1 none; scorecard: the largest term


@dataclass(frozen=True)
class Miss:
    """A character of half B where the sentence is most wrong."""

    place: int  # in the probe
    before: str
    character: str
    after: str
    real: float
    simulated: float


@dataclass(frozen=True)
class PairMap:
    """Mean state on the probe by previous and by current character, the most frequent ones."""

    characters: tuple[str, ...]  # most frequent first
    means: tuple[tuple[float | None, ...], ...]  # [previous][current]; None: hardly ever seen


@dataclass(frozen=True)
class Explanation:
    """Everything that is said of one unit."""

    kind: Kind
    sentence: Sentence
    score: Score
    memory: Memory
    ladder: Ladder
    simulation: Simulation
    misses: tuple[Miss, ...]
    pairs: PairMap

    @property
    def grade(self) -> Grade:
        """The score in words."""
        for least, grade in GRADES:
            if self.score.r2 >= least:
                return grade
        return "unexplained"

    @property
    def explained(self) -> bool:
        """Whether chance cannot explain the score: its interval lies above ``LEAST``, its null
        below its interval.
        """
        low = self.score.interval[0]
        return low > LEAST and self.score.null < low


@dataclass(frozen=True)
class Faithfulness:
    """Bits per character on half B with a layer's states replaced by what its sentences say."""

    layer: int
    true: float  # with the real states
    simulated: float
    mean_state: float  # with every state at its mean of half A
    unigram: float  # by the frequencies of the characters alone
