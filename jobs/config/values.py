"""What a single value of the configuration may be: bounds, and words for what is refused."""

import codecs
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from jobs.config.limits import LEAST_TEMPERATURE, MOST_TEMPERATURE

MOST_SEPARATOR = 200  # characters

# Numbers are computed in float32: none may vanish or become infinite there.
Fraction = Annotated[float, Field(ge=1e-6, lt=0.5, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=1e-8, le=100.0, allow_inf_nan=False)]
Temperature = Annotated[
    float, Field(ge=LEAST_TEMPERATURE, le=MOST_TEMPERATURE, allow_inf_nan=False)
]


def _nothing_or_enough(value: float) -> float:
    if 0.0 < value < 1e-12:
        raise ValueError("too small to have any effect; write 0, or at least 1e-12")
    return value


Weight = Annotated[
    float, Field(ge=0.0, le=1e6, allow_inf_nan=False), AfterValidator(_nothing_or_enough)
]
ShareDropped = Annotated[
    float, Field(ge=0.0, le=0.9, allow_inf_nan=False), AfterValidator(_nothing_or_enough)
]


def _plain_path(value: str) -> str:
    """A path as it stands: nothing in it is replaced, so nothing may look as if it were."""
    if not value or not value.isprintable():
        raise ValueError("needs the path of a file or folder, without control characters")
    if "${" in value or "{{" in value or value.startswith("~"):
        raise ValueError("placeholders and ~ are not replaced; write the path itself")
    return value


def _output_folder(value: str) -> str:
    """A folder that is replaced or pruned as a whole: never a root or the working directory."""
    if Path(_plain_path(value)).name in ("", ".."):
        raise ValueError("needs a folder of its own, not / or . or ..")
    return value


def known_encoding(value: str) -> str:
    """``value`` if it names an encoding of texts, else a ValueError that says what does."""
    try:
        known = codecs.lookup(value)
        "".encode(value)  # codecs that are no text encodings (base64, rot13) refuse this
    except (LookupError, ValueError) as error:
        raise ValueError("no encoding of that name; for example utf-8, latin-1, utf-16") from error
    if known.name.replace("-", "_") in (
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
    ):
        raise ValueError("is not an encoding of texts; for example utf-8, latin-1, utf-16")
    return value


def _known_lexer(value: str | None) -> str | None:
    if value is not None:
        from pygments.lexers import find_lexer_class_by_name
        from pygments.util import ClassNotFound

        try:
            find_lexer_class_by_name(value)
        except ClassNotFound as error:
            raise ValueError("no language that Pygments knows; for example xml, c, html") from error
    return value


def _valid_pattern(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression of Python: {error}") from error
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters are not allowed")
    return value


def _concept_name(value: str) -> str:
    """Letters (with their marks) and digits of any script; it becomes a label and an address."""
    kinds = [unicodedata.category(character)[0] for character in value]
    if not all(kind in "LMN" or mark in " -" for kind, mark in zip(kinds, value, strict=True)):
        raise ValueError("needs letters and digits of any script, blanks and hyphens")
    if kinds[:1] != ["L"] or value != " ".join(value.split()):
        raise ValueError("needs a letter first, and single blanks between words")
    return unicodedata.normalize("NFC", value)


def _web_address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s<>\"'`{}|\\^]+", value):
        raise ValueError("needs an address that starts with https:// or http://, or nothing")
    return value


def _three_symbols(value: tuple[str, ...]) -> tuple[str, ...]:
    if value and (len(set(value)) != 3 or any(len(symbol) != 1 for symbol in value)):
        raise ValueError("needs three different single characters, or an empty list")
    return value


def _paths(value: Any) -> Any:
    """A path, or a list of paths as a tuple; the same words for every way to get it wrong."""
    if value is None:
        return None
    paths = value if isinstance(value, list | tuple) else [value]
    if not paths or not all(isinstance(path, str) for path in paths):
        raise ValueError(
            "needs a path (a file, a folder, a pattern as texts/*.txt, or - for standard input) "
            "or a list of paths"
        )
    for path in paths:
        _plain_path(path)
    if list(paths).count("-") > 1:
        raise ValueError("standard input (-) can be read once only")
    return tuple(paths) if isinstance(value, list | tuple) else value


def known_documents(value: Any) -> Any:
    """``file``, a separator or nothing; the same words for every way to get it wrong."""
    if value is None or value == "file" or isinstance(value, BaseModel):
        return value
    separator = value.get("separator") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(separator, str) or not 1 <= len(separator) <= MOST_SEPARATOR:
        raise ValueError(
            'needs file (each file is a document) or {separator: "..."}, the text of 1 to '
            f"{MOST_SEPARATOR} characters that stands between documents"
        )
    return value


def _kept_files(value: str) -> str:
    parts = value.rstrip("/").split("/")
    if not value.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise ValueError("needs a path inside the site, as CNAME, google*.html or .well-known")
    return value


ConceptName = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_concept_name)]
Encoding = Annotated[str, AfterValidator(known_encoding)]
KeptFiles = Annotated[str, Field(max_length=200), AfterValidator(_kept_files)]
Lexer = Annotated[str | None, AfterValidator(_known_lexer)]
OutputFolder = Annotated[str, AfterValidator(_output_folder)]
Paths = Annotated[str | tuple[str, ...] | None, BeforeValidator(_paths)]
Pattern = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_valid_pattern)]
PlainPath = Annotated[str, AfterValidator(_plain_path)]
PrintableText = Annotated[str, AfterValidator(_printable)]
Symbols = Annotated[tuple[str, ...], AfterValidator(_three_symbols)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
