"""A program of its own: where a regular expression matches a text.

Run in a process that can be stopped, because a pattern such as ``(a+)+b`` may take for ever and
Python's ``re`` cannot be interrupted. Reads ``{"pattern": ..., "text": ...}`` as JSON from standard
input, writes the list of ``[start, end]`` to standard output.
"""

import json
import re
import sys


def spans(pattern: str, text: str) -> list[tuple[int, int]]:
    """Start and end of every match that is not empty, from left to right."""
    compiled = re.compile(pattern, re.MULTILINE)
    return [match.span() for match in compiled.finditer(text) if match.group()]


if __name__ == "__main__":
    request = json.loads(sys.stdin.buffer.read())
    json.dump(spans(request["pattern"], request["text"]), sys.stdout)
