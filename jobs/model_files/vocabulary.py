"""Lists of characters by id: from a layer of a Keras model, or from a file of the user's."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.disk.regular_file import read_regular_file
from jobs.errors import ExitCode
from jobs.model_files.file_model import RefusedError, Vocabulary
from jobs.model_files.keras_config import LayerConfig

MOST_BYTES = 8_000_000
MOST_TOKENS = 4  # ids of several letters that stand for no character: [UNK], <pad>, <s>, </s>
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\", "\\s": " "}


def listed_vocabulary(layer: LayerConfig, kept: bytes | None) -> Vocabulary | None:
    """The vocabulary of a StringLookup or TextVectorization layer.

    Args:
        layer: its configuration.
        kept: the file beside it that holds what it adapted to, if there is one.

    Raises:
        RefusedError: words instead of characters, or a layer that changes the text.
    """
    if layer.kind == "TextVectorization":
        if layer.get("split") != "character":
            raise RefusedError("TextVectorization splits into words; a character model is needed")
        if layer.get("standardize") is not None:
            raise RefusedError(
                f"TextVectorization changes the text first (standardize: "
                f"{str(layer.get('standardize'))[:60]!a}); a model with standardize=None is read"
            )
    if layer.get("invert"):
        raise RefusedError("StringLookup goes from ids to characters, not from characters to ids")
    tokens = layer.get("vocabulary")
    if kept is not None:
        tokens = _kept_tokens(kept)
    if not tokens:
        return None
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise RefusedError(f"{layer.kind}: its vocabulary is no list of texts")
    unknown = str(layer.get("oov_token", "[UNK]"))
    if unknown not in tokens:
        padding = layer.get("mask_token", "" if layer.kind == "TextVectorization" else None)
        number = layer.get("num_oov_indices", 1)
        if type(number) is not int or not 0 <= number <= 2:
            raise RefusedError(f"{layer.kind}: num_oov_indices {str(number)[:20]}")
        tokens = [*([] if padding is None else [str(padding)]), *[unknown] * number, *tokens]
    return Vocabulary(_characters(tokens), f"its own {layer.kind} layer")


def read_alphabet_file(path: Path) -> tuple[Vocabulary, bytes]:
    r"""A file of the user's: a JSON list (or an object of ids), or one line per id.

    In lines, a newline is written ``\n``, a tab ``\t``, a space as itself or ``\s``, a backslash
    ``\\``. Items of several letters, as ``[UNK]``, stand for ids that are no character.

    Returns:
        the characters, and the bytes of the file.

    Raises:
        NeuronarioError: 66, 77, 74 the file cannot be read.
        RefusedError: what is wrong with its content.
    """
    data = read_regular_file(path, MOST_BYTES, ExitCode.BAD_DATA)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(f"not UTF-8 at byte {error.start:,}") from error
    if text.lstrip().startswith(("[", "{")) and len(text.strip()) > 1:
        try:
            return Vocabulary(_characters(_json_tokens(json.loads(text))), "a file"), data
        except (ValueError, RecursionError) as error:
            if isinstance(error, RefusedError) or not text.startswith("[UNK]"):
                raise (
                    error if isinstance(error, RefusedError) else RefusedError("not JSON")
                ) from error
    lines = text.removesuffix("\n").split("\n")
    if "" in lines:
        raise RefusedError("an empty line: write a newline as \\n and a space as \\s, or use JSON")
    return Vocabulary(_characters([ESCAPES.get(line, line) for line in lines]), "a file"), data


def _json_tokens(value: Any) -> list[str]:
    if isinstance(value, dict):  # {"a": 0, "b": 1} as many scripts write it
        if sorted(value.values(), key=str) != sorted(range(len(value)), key=str):
            raise RefusedError("an object must give every id from 0 on once")
        value = sorted(value, key=lambda token: int(value[token]))
    if not isinstance(value, list) or not all(isinstance(item, str | None) for item in value):
        raise RefusedError("needs a list of texts, or an object of texts and their ids")
    return [item or "" for item in value]


def _characters(tokens: Sequence[str]) -> tuple[str | None, ...]:
    """Single characters; None for what is none."""
    words = [token for token in tokens if len(token) > 1]
    if len(words) > max(MOST_TOKENS, len(tokens) // 10):
        shown = ", ".join(ascii(word[:20]) for word in words[:3])
        raise RefusedError(
            f"a vocabulary of words ({shown} ...): {len(words):,} of {len(tokens):,} entries have "
            "more than one letter; a character model is needed"
        )
    found = [token if len(token) == 1 else None for token in tokens]
    known = [character for character in found if character is not None]
    if len(set(known)) != len(known):
        twice = next(character for character in known if known.count(character) > 1)
        raise RefusedError(f"the character {twice!a} has two ids")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in known):
        raise RefusedError("half a surrogate pair is no character")
    return tuple(found)


def _kept_tokens(data: bytes) -> list[str]:
    """Keras writes one token a line; the newline itself is then two empty lines."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise RefusedError("its vocabulary.txt is not UTF-8") from error
    tokens: list[str] = []
    place = 0
    while place < len(lines):
        newline = place > 0 and lines[place : place + 2] == ["", ""]
        tokens.append("\n" if newline else lines[place])
        place += 2 if newline else 1
    return tokens
