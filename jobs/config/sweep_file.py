"""Reading a sweep file: one configuration, many seeds, and what is varied, as a list of cells.

A cell is one complete configuration. All of them are checked before anything is trained.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from jobs.config.file import ConfigFile, checked, overlaid, read_base, read_utf8
from jobs.config.problems import place_of, value_text
from jobs.config.schema import Config, Section
from jobs.config.strict_yaml import Document, Place, Problem, dotted, read_yaml
from jobs.config.strict_yaml import Path as KeyPath
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

MOST_CELLS = 10_000
VARIED = ("corpus", "network", "training", "sample", "probe")  # sections that a sweep may vary
LARGEST_SEED = 2**32 - 1


def _seeds(value: Any) -> Any:
    """A list of seeds as a tuple, or the range ``0-4``, which includes its end."""
    if isinstance(value, str):
        found = re.fullmatch(r"([0-9]{1,10})-([0-9]{1,10})", value)
        if not found or not 0 <= int(found[2]) - int(found[1]) < MOST_CELLS:
            raise ValueError("needs a list as [0, 1, 2], or a range as 0-4")
        return tuple(range(int(found[1]), int(found[2]) + 1))
    if not isinstance(value, list):
        raise ValueError("needs a list as [0, 1, 2], or a range as 0-4")
    return tuple(value)


def _different(value: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(value)) < len(value):
        raise ValueError("a seed is given twice; remove one")
    return value


class _SweepSchema(Section):
    """The keys of a sweep file."""

    config: Any = "default"  # a preset, or the path of a configuration, from the file's folder
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, le=LARGEST_SEED)], ...],
        BeforeValidator(_seeds),
        AfterValidator(_different),
        Field(min_length=1, max_length=MOST_CELLS),
    ]
    vary: Annotated[dict[str, list[Any]], Field(default_factory=dict)]


@dataclass(frozen=True)
class Variant:
    """One cell of a sweep: a configuration and its seed."""

    number: int  # from 0, in the order of the file: seeds of one setting follow each other
    seed: int
    settings: tuple[tuple[str, Any], ...]  # varied key and its value, in the order of the file
    config: Config
    folder: Path  # where a relative corpus path starts

    def __str__(self) -> str:
        """``seed 1, network.layers [50, 50]``."""
        return ", ".join([f"seed {self.seed}", *setting_words(self.settings)])


@dataclass(frozen=True)
class Sweep:
    """A checked sweep file."""

    base: ConfigFile  # the configuration that is varied
    cells: tuple[Variant, ...]


def setting_words(settings: tuple[tuple[str, Any], ...]) -> list[str]:
    """``network.layers [50, 50]`` for each varied key."""
    return [f"{key} {json.dumps(value)}" for key, value in settings]


def load_sweep(path: Path) -> Sweep:
    """Read and check ``path``, and the configuration of every cell.

    Raises:
        NeuronarioError: 66 no such file; 77 not readable; 78 with every problem, one a line.
    """
    document, problems = read_yaml(read_utf8(path), str(path), "seeds")
    plain, found = _parsed(document, partial=bool(problems))
    problems += found
    if plain is None:
        raise _refused(problems)
    place = place_of(("config",), document)
    base, found = read_base(plain.config, path, place, "config")
    problems += found
    base_file, found = (None, []) if problems else checked(base)
    problems += found or list(_key_problems(plain.vary, document))
    if base_file is None or problems:
        raise _refused(problems)
    cells, problems = _cells(plain, base, document)
    if problems:
        raise _refused(problems)
    return Sweep(base_file, cells)


def _refused(problems: list[Problem]) -> NeuronarioError:
    lines = dict.fromkeys(map(str, problems))
    return NeuronarioError("\n".join(lines), ExitCode.BAD_CONFIG)


def _parsed(document: Document, partial: bool) -> tuple[_SweepSchema | None, list[Problem]]:
    try:
        return _SweepSchema.model_validate(document.values), []
    except ValidationError as error:
        problems = []
        for detail in error.errors(include_url=False):
            key = tuple(detail["loc"])
            if detail["type"] == "missing" and partial:
                continue
            known = ", ".join(_SweepSchema.model_fields)
            words = {
                "int_type": "needs a whole number",
                "missing": "missing; needs a list as [0, 1, 2], or a range as 0-4",
                "extra_forbidden": f"unknown key; known here: {known}",
                "dict_type": "needs keys with a list of values each, as training.l1: [0, 0.001]",
                "list_type": "needs a list of values, as [0, 0.001]",
            }.get(detail["type"], shown(detail["msg"].removeprefix("Value error, ")))
            problems.append(Problem(place_of(key, document), dotted(key), words))
        return None, problems


def _key_problems(vary: Mapping[str, list[Any]], document: Document) -> Iterator[Problem]:
    cells = 1
    for key, values in vary.items():
        place = place_of(("vary", key), document)
        if key == "seed":
            yield Problem(place, "vary.seed", "the seeds stand under `seeds`")
        elif key.partition(".")[0] not in VARIED or "." not in key:
            yield Problem(
                place,
                f"vary.{key}",
                f"cannot be varied; a key of {', '.join(VARIED)}, as training.l1, can",
            )
        if not values or any(value in values[:at] for at, value in enumerate(values)):
            yield Problem(place, f"vary.{key}", "needs one value or more, each once")
        cells *= len(values)
    if cells > MOST_CELLS:
        yield Problem(place_of(("vary",), document), "vary", f"{cells:,} settings; at most 10,000")


def _cells(
    plain: _SweepSchema, base: Document, document: Document
) -> tuple[tuple[Variant, ...], list[Problem]]:
    cells: list[Variant] = []
    problems: list[Problem] = []
    numbered = (list(enumerate(values)) for values in plain.vary.values())
    settings = [
        [(key, at, value) for key, (at, value) in zip(plain.vary, chosen, strict=True)]
        for chosen in itertools.product(*numbered)
    ]
    if len(settings) * len(plain.seeds) > MOST_CELLS:
        place = place_of(("seeds",), document)
        count = len(settings) * len(plain.seeds)
        return (), [Problem(place, "seeds", f"{count:,} cells; at most {MOST_CELLS:,}")]
    for chosen in settings:
        own = _own_values(chosen, document)
        file, found = checked(overlaid(base, own))
        problems += found
        if file is None:
            continue
        if file.config.network.from_file is not None:
            place = place_of(("network", "from"), base)
            words = "a model that is not trained here has no seeds to sweep over; leave it out"
            problems.append(Problem(place, "network.from", words))
        if file.config.training.start == "previous":
            place = place_of(("training", "start"), overlaid(base, own))
            value = value_text(file.config.training.start)
            words = f"{value} is not allowed in a sweep, whose runs depend on no other; needs fresh"
            problems.append(Problem(place, "training.start", words))
        cells += [
            Variant(
                number=len(cells) + place,
                seed=seed,
                settings=tuple((key, value) for key, _, value in chosen),
                config=file.config.model_copy(update={"seed": seed}),
                folder=file.folder,
            )
            for place, seed in enumerate(plain.seeds)
        ]
    return tuple(cells), problems


def _own_values(chosen: list[tuple[str, int, Any]], document: Document) -> Document:
    """What a setting says, as a document to lay over the base; its lines are the sweep file's."""
    values: dict[str, Any] = {}
    places: dict[KeyPath, Place] = {(): place_of((), document)}
    for key, at, value in chosen:
        path = tuple(key.split("."))
        section = values
        for step in path[:-1]:
            section = section.setdefault(step, {})
        section[path[-1]] = value
        for end in range(1, len(path) + 1):
            places[path[:end]] = place_of(("vary", key, at), document)
        below = ("vary", key, at)
        inside = {name[3:]: place for name, place in document.places.items() if name[:3] == below}
        places |= {(*path, *rest): place for rest, place in inside.items()}
    return Document(values, places)
