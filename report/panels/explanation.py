"""The first lines of a page: the kind of unit, its sentence, how much the sentence explains."""

from dataclasses import dataclass

from report.measured import measured
from report.measures.explanations.clauses import USUAL
from report.measures.explanations.explanation import Clause, Explanation, Grade, Memory
from report.panels.panel import Column, Content, Panel, UnitContent
from report.render import palette
from report.render.characters import spoken
from report.render.templates import percent, signed
from report.run_view import RunView, Unit

REST = -1  # number of the line that says the state where no clause fires
ALWAYS = "always"  # a clause without a condition
NONE = "No sentence explains it beyond chance"
VERDICTS: dict[Grade, str] = {
    "explains it": "Explains it",
    "most of it": "Explains most of it",
    "half": "Explains half of it",
    "a part": "Explains a part of it",
    "unexplained": "Leaves it unexplained",
}


@dataclass(frozen=True)
class Line:
    """One line of the sentence, as it is printed."""

    number: int  # of the clause, REST for the last
    level: int  # colour of the state that it says, or of what it adds
    state: str  # "+0.93", "−0.05 + 0.17 × tag depth", "add −0.48"
    words: str  # "when a tab is expected", "otherwise", "to begin with"
    meaning: str  # of the line alone: where it fires, what it is worth


@dataclass(frozen=True)
class Head:
    """The first lines of one unit."""

    kind: str
    slug: str  # of the kind, for its colour
    lines: tuple[Line, ...]  # none where nothing is explained
    further: tuple[Line, ...]  # the clauses that fold away, before the last of ``lines``
    adds: bool  # the lines add up; else the first that fits says the state
    constant: bool
    verdict: str  # the score in words
    share: str
    interval: str
    untrained: str
    memory: str
    half: int  # characters that the score is of
    words: str  # what the search finds it by, beside what is seen


def prepare(view: RunView) -> UnitContent | None:
    """The explanation of every unit; a page of an older run says that it has none."""
    measures = measured(view)
    if measures is None:
        return None
    half = measures.all.characters // 2

    def content(unit: Unit) -> Content:
        own = measures.unit(unit).explanation
        if own is None:
            return Content(
                values=None,
                sentence="This run was measured before sentences were made: it has no explanation.",
            )
        return Content(
            values=head(own, half),
            label=own.kind,
            columns=columns(own, half),
            front_matter={"kind": own.kind, "explained": round(own.score.r2, 2)},
        )

    return content


def head(own: Explanation, half: int) -> Head:
    """The first lines of a unit whose score is of ``half`` characters."""
    low, high = own.score.interval
    lines = sentence_lines(own) if own.explained else ()
    return Head(
        kind=own.kind,
        slug=kind_slug(own.kind),
        lines=tuple(line for line in lines if line.number < USUAL),
        further=tuple(line for line in lines if line.number >= USUAL),
        adds=own.sentence.form == "scorecard",
        constant=own.sentence.form == "constant",
        verdict=VERDICTS[own.grade] if own.explained else NONE,
        share=percent(own.score.r2),
        interval=f"{100 * low:.0f} to {100 * high:.0f} %",
        untrained=percent(own.score.untrained),
        memory=memory_words(own.memory),
        half=half,
        words=spoken(" ".join(clause.text for clause in own.sentence.clauses)),
    )


def kind_slug(kind: str) -> str:
    """``long-memory``."""
    return kind.replace(" ", "-")


def sentence_lines(own: Explanation) -> tuple[Line, ...]:
    """The sentence in lines; joined, they are what was scored."""
    sentence = own.sentence
    adds = sentence.form == "scorecard"
    lines = [
        Line(
            number,
            _level(clause.value),
            f"add {state_words(clause)}" if adds else state_words(clause),
            condition_words(clause),
            f"{percent(clause.share)} of the characters; without it {percent(clause.worth)} "
            "less of the variance is explained",
        )
        for number, clause in enumerate(sentence.clauses)
    ]
    last = "to begin with" if adds else "otherwise"
    rest = Line(REST, _level(sentence.rest), signed(sentence.rest), last, "no other line holds")
    return (rest, *lines) if adds else (*lines, rest)


def state_words(clause: Clause) -> str:
    """``+0.93``, or ``−0.05 + 0.17 × tag depth``."""
    if not clause.slope:
        return signed(clause.value)
    sign = "−" if clause.slope < 0 else "+"
    return f"{signed(clause.value)} {sign} {abs(clause.slope):.2g} × {clause.number}"


def condition_words(clause: Clause) -> str:
    """``when a tab is expected``; ``always`` of a clause without a condition."""
    return clause.text if clause.text == ALWAYS else f"when {clause.text}"


def memory_words(memory: Memory) -> str:
    """How far back what decides the state lies."""
    if memory.k90 == 1:
        return "the last character alone decides 90 %"
    if memory.k90 is not None:
        return f"the last {memory.k90} characters decide 90 %"
    return f"the last {memory.lengths[-1]} characters decide only {percent(memory.shares[-1])}"


def reach_words(memory: Memory) -> str:
    """The characters that decide 90 %, in short."""
    return f"over {memory.lengths[-1]}" if memory.k90 is None else str(memory.k90)


def columns(own: Explanation, half: int) -> tuple[Column, ...]:
    """What the list of units shows, sorts by and filters by."""
    memory = own.memory
    text = own.sentence.text if own.explained else NONE
    return (
        Column("Sentence", text, text, "as it was scored"),
        Column(
            "Explained",
            own.score.r2,
            percent(own.score.r2),
            f"share of its course that its sentence explains, {half:,} unseen probe characters",
        ),
        Column(
            "Characters back",
            memory.lengths[-1] + 1 if memory.k90 is None else memory.k90,
            reach_words(memory),
            "last characters that decide 90 % of its course",
        ),
    )


def _level(state: float) -> int:
    return int(palette.levels(state))


PANEL = Panel("explanation", place="head", order=1, prepare=prepare)
