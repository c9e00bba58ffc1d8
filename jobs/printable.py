"""Text of a user, a corpus or a machine, made fit for a terminal and a log."""

import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(value: object) -> str:
    """``value`` for a message: no control or bidirectional characters, not endless."""
    text = str(value)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= 200 else text[:197] + "..."


def printable(text: str) -> str:
    """``text`` without anything that a terminal or a CI log would obey.

    Control and bidirectional characters become escapes; a line that begins like a GitHub workflow
    command is no longer one.
    """
    safe = CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
    safe = safe.replace("##[", "#\\x23[")
    start = len(safe) - len(safe.lstrip())
    return f"{safe[:start]}\\x3a{safe[start + 1 :]}" if safe.startswith("::", start) else safe


def quoted(text: str, limit: int = 60) -> str:
    """Text of the corpus as it may appear in a log: quoted, ASCII, shortened."""
    return ascii(text if len(text) <= limit else text[:limit] + "...")
