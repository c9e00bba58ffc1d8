"""Mends a known fault of lunr, the search inside the theme, in the worker that a builder left.

lunr shares equal parts of its index by a name made of each edge's character and the number of the
node behind it, without a mark between them (``TokenSet#toString``): "1" to node 2 and "3" to node 4
read as "1" to node 23 and so on. Where many numbers are indexed, different parts are then taken for
equal, and a query that meets one ends as "Invalid query". A comma behind each number makes the
names unambiguous, because an edge is always one character.
"""

import re
from pathlib import Path

from jobs.disk.files import write_bytes

WORKERS = "assets/javascripts/workers/search*.js"
NAME = re.compile(r"(\w)=\1\+(\w)\+(\w)\.id\}return \1\}")


def mend_search(site: Path) -> int:
    """Mend the workers of ``site``; returns how many were (another builder's has none)."""
    mended = 0
    for path in sorted(site.glob(WORKERS)):
        text, count = mended_worker(path.read_bytes().decode("utf-8"))
        if count:
            write_bytes(path, text.encode("utf-8"), durable=False)
        mended += count
    return mended


def mended_worker(text: str) -> tuple[str, int]:
    """The script with unambiguous names, and how many places were mended."""
    return NAME.subn(r'\1=\1+\2+\3.id+","}return \1}', text)
