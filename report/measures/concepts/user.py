"""Concepts that the configuration adds: regular expressions and a language's token kinds.

Both look at a text as a whole, so they may depend on later characters: ``anticipates`` is set.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token

from jobs.config.schema import ConceptConfig, ReportConfig
from jobs.errors import ExitCode, NeuronarioError
from report.measures.concepts.library import Bools, Concept, library

SECONDS = 20.0  # one pattern's time on the probe text

TOKEN_KINDS = {
    "keyword": (Token.Keyword, "palabra clave"),
    "name": (Token.Name, "nombre"),
    "function name": (Token.Name.Function, "nombre de función"),
    "literal string": (Token.Literal.String, "texto literal"),
    "literal number": (Token.Literal.Number, "número literal"),
    "operator": (Token.Operator, "operador"),
    "comment": (Token.Comment, "comentario"),
    "preprocessor": (Token.Comment.Preproc, "preprocesador"),
    "tag": (Token.Name.Tag, "etiqueta"),
    "attribute": (Token.Name.Attribute, "atributo"),
}


def all_concepts(config: ReportConfig) -> tuple[Concept, ...]:
    """The library, the token kinds of ``report.pygments`` and the user's own ``report.concepts``.

    Raises:
        NeuronarioError: 78, two concepts have one name.
    """
    added = list(token_concepts(config.pygments)) if config.pygments else []
    added += [pattern_concept(one) for one in config.concepts]
    concepts = (*library(), *added)
    seen: set[str] = set()
    for one in concepts:
        if one.name.casefold() in seen:
            theirs = "" if one.family == "user" else " (report.pygments adds one)"
            raise NeuronarioError(
                f"report.concepts: two concepts are called {one.name!r}{theirs}; choose another "
                "name",
                ExitCode.BAD_CONFIG,
            )
        seen.add(one.name.casefold())
    return concepts


def pattern_concept(config: ConceptConfig) -> Concept:
    """A yes/no concept: true on the characters of every match of the pattern."""
    sentence = config.sentence or f"inside a match of {config.name}"
    return Concept(
        config.name,
        sentence,
        sentence,
        "yes/no",
        lambda text: _inside_matches(config.name, config.pattern, text),
        anticipates=True,
        family="user",
    )


def _inside_matches(name: str, pattern: str, text: str) -> Bools:
    program = Path(__file__).with_name("match_spans.py")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(program)],
            input=json.dumps({"pattern": pattern, "text": text}).encode("ascii"),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise NeuronarioError(
            f"report.concepts: {name}: pattern {pattern!r} needs more than {SECONDS:g} s on the "
            "probe text; avoid repeats inside repeats",
            ExitCode.BAD_CONFIG,
        ) from error
    return mark(len(text), json.loads(done.stdout))


def mark(size: int, spans: Sequence[tuple[int, int]]) -> Bools:
    """(size,) true inside the half-open ``spans``."""
    inside = np.zeros(size, bool)
    for start, end in spans:
        inside[start:end] = True
    return inside


def token_concepts(language: str) -> tuple[Concept, ...]:
    """One concept per token kind of ``language``, as Pygments names its languages."""
    lexer = get_lexer_by_name(language)  # the configuration has checked the name
    short = language.lower()
    return tuple(
        Concept(
            f"{short} {name}",
            f"on a {name} of {short}",
            f"sobre: {spanish} de {short}",
            "yes/no",
            lambda text, kind=kind: mark(  # type: ignore[misc]
                len(text),
                [(start, end) for start, end, token in _tokens(lexer, text) if token in kind],
            ),
            anticipates=True,
            family="pygments",
        )
        for name, (kind, spanish) in TOKEN_KINDS.items()
    )


@lru_cache(maxsize=4)
def _tokens(lexer: Lexer, text: str) -> tuple[tuple[int, int, object], ...]:
    return tuple(
        (start, start + len(value), token)
        for start, token, value in lexer.get_tokens_unprocessed(text)
    )
