"""The measures as text files of a run: ``neurons.jsonl``, one line per unit, and ``measures.json``.

Numbers are rounded before they are written, and pages are made from what was written: a table cell
equals its record, and small noise of another processor does not make a difference in a diff.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from jobs.disk.files import json_text
from report.measures.measure import Measures
from report.measures.unit import UnitMeasures

NEURONS = "neurons.jsonl"
REST = "measures.json"
DIGITS = 5  # significant

# an alias of a field is its stored name: names in the code may get better, files stay readable
UNIT, ALL = TypeAdapter(UnitMeasures), TypeAdapter(Measures)


def to_files(measures: Measures) -> dict[str, bytes]:
    """File name to content; :func:`from_files` is the inverse up to rounding."""
    lines = [
        json.dumps(rounded(plain), sort_keys=True, allow_nan=False)
        for plain in (UNIT.dump_python(unit, by_alias=True) for unit in measures.units)
    ]
    rest = rounded(ALL.dump_python(replace(measures, units=()), by_alias=True))
    return {
        NEURONS: "".join(f"{line}\n" for line in lines).encode("ascii"),
        REST: json_text(rest).encode("ascii"),
    }


def from_files(files: Mapping[str, bytes]) -> Measures:
    """The measures that :func:`to_files` wrote; a missing file raises KeyError.

    Raises:
        pydantic.ValidationError: a file does not hold what this version writes.
    """
    lines = files[NEURONS].splitlines()
    read = ALL.validate_json(files[REST])
    return replace(read, units=tuple(UNIT.validate_json(line) for line in lines))


def rounded(value: Any) -> Any:
    """``value`` with every float rounded, tuples as lists."""
    if isinstance(value, float):  # most are
        return float(f"{value:.{DIGITS}g}") + 0.0  # no minus zero
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return value
