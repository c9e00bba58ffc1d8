"""The built-in texts: seeded generators whose entropy is known exactly. The embedded one is XML.

A text is a heading (of the XML only) and then records, each an independent draw from one grammar.
Records follow each other without memory, so by the renewal-reward theorem -log2 P(text) per
character tends to

    H(record) / E[characters of a record]

with probability one: no predictor, however good, can do better on long texts than this number of
bits per character. Both expectations are computed from the grammar's own probabilities
(``jobs/corpus/grammar.py``), nothing is estimated.

The grammar is unambiguous, hence H counts texts and not derivations: elements open with their own
tag, attributes are told apart by their names, a list ends where its closing tag begins, words end
at a blank, full stop or entity, and invented family names have parts of fixed length.

What there is to learn in the XML: quotes of two kinds that must close as they opened, closing tags
that repeat the opening ones over any distance, one tab per level of depth, comments, entities,
numbers, dates, and prose whose language is announced by an attribute.

The other texts are in ``jobs/corpus/formal_languages.py``.

``Random.random`` is the only source of chance: Python promises that its sequence never changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from jobs.corpus.formal_languages import anbn_word, counter_line, dyck_line
from jobs.corpus.grammar import (
    Choice,
    Repeat,
    Rule,
    Sequence,
    choice,
    evenly,
    frequent_first,
    sequence,
)

CORPUS_SEED = 1  # of the embedded corpus: not the training seed, so that all runs share the text
MAX_DEPTH = 6
HEADING = '<?xml version="1.0" encoding="UTF-8"?>\n<diary>\n'
CONTAINERS = ("house", "garden", "shelf", "box")

ENGLISH = (
    "the of and a in is old to river with quiet house under light by stone green it winter "
    "letter small before bridge were never between morning water their silver thirteen"
)
SPANISH = (
    "el de la y un en es viejo a río con casa bajo luz por piedra verde lo invierno año "
    "carta pequeño antes puente nunca entre mañana agua su plata trece niño"
)
GIVEN = "Ana Luis Marta Hugo Irene Pablo Zoe Bruno Clara Yago Vera Jaime"
FAMILY_STARTS = "Bel Mon Riv Cas Tor Sal Val Gar Fer Que"
FAMILY_ENDS = "mora tes era ín ado ales"

DIGIT = evenly("0123456789")
LEADING_DIGIT = evenly("123456789")


@dataclass(frozen=True)
class GeneratedText:
    """A generated text and the bits per character that no predictor can beat in the long run."""

    text: str
    entropy_bits_per_character: float


def generate(builtin: str, characters: int, seed: int) -> GeneratedText:
    """Exactly ``characters`` characters of a built-in text; the last record is cut there.

    Args:
        builtin: xml, anbn, dyck or counter-lines.
        characters: at least as many as the heading has.
        seed: of the text.
    """
    grammar = GRAMMARS[builtin]()
    random = Random(seed).random
    pieces = [HEADING] if builtin == "xml" else []
    length = sum(map(len, pieces))
    while length < characters:
        start = len(pieces)
        grammar.draw(random, pieces)
        length += sum(map(len, pieces[start:]))
    return GeneratedText("".join(pieces)[:characters], entropy_bits_per_character(grammar))


def generate_xml(characters: int, seed: int) -> GeneratedText:
    """The embedded XML."""
    return generate("xml", characters, seed)


def entropy_bits_per_character(rule: Rule) -> float:
    """Exact entropy rate of an endless sequence of independent draws from ``rule``."""
    return rule.entropy / rule.length


@cache
def record() -> Sequence:
    """One record of the diary, its last line end included."""
    opening = sequence('\t<entry id="', _identifier(), '" date="', _date(), '">\n')
    return sequence(opening, _line(2, _name()), _children(2), "\t</entry>\n")


@cache
def _children(depth: int) -> Repeat:
    """Lines at ``depth``; containers nest until ``MAX_DEPTH``."""
    options: list[tuple[float, Rule | str]] = [
        (3.0, _line(depth, _measure())),
        (2.0, _note(depth)),
        (1.5, _line(depth, _name())),
        (1.0, _line(depth, sequence("<!-- ", _prose(ENGLISH), " -->"))),
        (1.0, _line(depth, sequence('<link to="', _identifier(), '"/>'))),
        (0.7, _line(depth, sequence("<day>", _date(), "</day>"))),
    ]
    if depth < MAX_DEPTH:
        options.append((3.5, evenly([_container(tag, depth) for tag in CONTAINERS])))
    return Repeat(choice(*options), least=1, again=0.6)


def _container(tag: str, depth: int) -> Sequence:
    """An element whose closing tag comes many lines after its opening one."""
    indent = "\t" * depth
    return sequence(f"{indent}<{tag}", _title(), ">\n", _children(depth + 1), f"{indent}</{tag}>\n")


def _title() -> Choice:
    """No title, or one in double quotes, or one in single quotes that holds double ones."""
    word = frequent_first(ENGLISH)
    return choice(
        (3.0, ""),
        (3.0, sequence(' title="', word, " ", word, '"')),
        (1.0, sequence(" title='", word, ' "', word, "\"'")),
    )


def _line(depth: int, content: Rule) -> Sequence:
    return sequence("\t" * depth, content, "\n")


def _name() -> Sequence:
    family = sequence(evenly(FAMILY_STARTS.split()), evenly(FAMILY_ENDS.split()))
    return sequence("<name>", frequent_first(GIVEN), " ", family, "</name>")


def _measure() -> Sequence:
    """A number whose form follows its unit: decimals for mm, a sign for degrees."""
    whole = choice((2.0, LEADING_DIGIT), (1.0, sequence(LEADING_DIGIT, DIGIT)))
    return sequence(
        "<measure ",
        choice(
            (2.0, sequence('unit="mm">', whole, ".", DIGIT)),
            (1.0, sequence('unit="C">', evenly("+-"), whole)),
            (1.0, sequence('unit="g" n="', LEADING_DIGIT, '">', whole, evenly(["00", "50"]))),
        ),
        "</measure>",
    )


def _note(depth: int) -> Choice:
    """Prose, one sentence a line; the attribute says in which language."""
    return choice(
        (3.0, _note_in("en", ENGLISH, depth)),
        (1.0, _note_in("es", SPANISH, depth)),
    )


def _note_in(language: str, words: str, depth: int) -> Sequence:
    indent = "\t" * depth
    line = _line(depth + 1, sequence(_prose(words), "."))
    lines = Repeat(line, least=1, again=0.3)
    return sequence(f'{indent}<note lang="{language}">\n', lines, f"{indent}</note>\n")


def _prose(words: str) -> Sequence:
    """Words; now and then one in escaped quotes, or two joined by an ampersand."""
    word = frequent_first(words)
    item = choice((12.0, word), (1.0, sequence("&quot;", word, "&quot;")))
    joint = choice((10.0, " "), (1.0, " &amp; "))
    return sequence(item, Repeat(sequence(joint, item), least=1, again=0.7))


def _date() -> Sequence:
    months = evenly([f"{month:02}" for month in range(1, 13)])
    days = evenly([f"{day:02}" for day in range(1, 29)])
    return sequence(evenly(["19", "20"]), DIGIT, DIGIT, "-", months, "-", days)


def _identifier() -> Sequence:
    return sequence(evenly("KMRT"), DIGIT, DIGIT, DIGIT)


GRAMMARS: dict[str, Callable[[], Rule]] = {
    "xml": record,
    "anbn": anbn_word,
    "dyck": dyck_line,
    "counter-lines": counter_line,
}
