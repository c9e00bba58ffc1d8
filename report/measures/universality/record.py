"""What was measured across a sweep, as the store keeps it: rounded, stable JSON.

The record names the runs by their content, so that it is known when it is out of date, and equal
sweeps give equal records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jobs.config.sweep_file import setting_words
from jobs.disk.files import json_text
from report.measures.records import rounded
from report.measures.universality.seeds import Seeds, UnitInSeeds

SCHEMA = 1


@dataclass(frozen=True)
class Setting:
    """One setting: its cells and, with two runs or more, what their seeds have in common."""

    settings: dict[str, Any]  # varied key -> value
    contents: tuple[str, ...]  # content id of each run, by seed
    measured: Seeds

    @property
    def name(self) -> str:
        """``network.layers [50, 50], training.l1 0.001``."""
        return ", ".join(setting_words(tuple(self.settings.items()))) or "as configured"


@dataclass(frozen=True)
class SweepFound:
    """Everything that was measured across a sweep."""

    schema: int
    program: str  # digest of the report that measured
    settings: tuple[Setting, ...]

    def units_of(self, content: str) -> tuple[UnitInSeeds, ...]:
        """The units of the run with this content; () where it is none of the sweep."""
        for setting in self.settings:
            if content in setting.contents and setting.measured.units:
                return setting.measured.units[setting.contents.index(content)]
        return ()

    def setting_of(self, content: str) -> Setting | None:
        """The setting that the run with this content belongs to."""
        return next((one for one in self.settings if content in one.contents), None)


_FOUND = TypeAdapter(SweepFound)


def to_bytes(found: SweepFound) -> bytes:
    """The record; :func:`from_bytes` is the inverse up to rounding."""
    return json_text(rounded(_FOUND.dump_python(found, mode="json"))).encode("ascii")


def from_bytes(data: bytes | None) -> SweepFound | None:
    """What :func:`to_bytes` wrote; None for nothing, or for a record of another version."""
    if data is None:
        return None
    try:
        found = _FOUND.validate_json(data)
    except ValidationError:
        return None
    return found if found.schema == SCHEMA else None


def up_to_date(found: SweepFound | None, program: str, contents: Sequence[tuple[str, ...]]) -> bool:
    """Whether the record is of these runs and this program."""
    return (
        found is not None
        and found.program == program
        and [setting.contents for setting in found.settings] == list(contents)
    )
