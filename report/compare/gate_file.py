"""Reading ``gate.yml``: the limits that a run must keep to, every key checked."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jobs.config.strict_yaml import Problem, dotted, read_yaml
from jobs.corpus.text_file import read_text_file
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import shown

MAX_BYTES = 100_000

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
LayerName = Annotated[str, Field(pattern=r"^l[1-9][0-9]*$")]
InputName = Annotated[
    str,
    Field(
        pattern=r"^(seed|corpus|network|training|sample|probe|report|alphabet|tool|runtime)"
        r"(\.[a-z][a-z0-9_]*)?$"
    ),
]


class Gate(BaseModel):
    """The limits; what is not named is not checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    # The lower end of the interval of the difference: it fails when a rise above the limit is
    # certain, not when it is only possible.
    max_bpc_increase: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = None
    min_matched: dict[LayerName, Share] = {}  # l1: 0.5 = half of layer 1's units have a pair
    max_label_changes: Annotated[int, Field(ge=0)] | None = None  # among paired units
    same_inputs: list[InputName] = []  # probe, corpus, training.epochs, runtime, ...
    missing_baseline: Literal["pass", "fail"] = "fail"


def read_gate(path: Path) -> Gate:
    """Read and check ``path``.

    Raises:
        NeuronarioError: 66 no such file; 77 not readable; 65 not a text; 78 with every problem,
            one a line.
    """
    return parse_gate(read_text_file(path, "utf-8", MAX_BYTES).text, str(path))


def parse_gate(text: str, file: str) -> Gate:
    """Check the text of a gate file; see :func:`read_gate`."""
    document, problems = read_yaml(text, file)
    if not problems:
        try:
            return Gate.model_validate(document.values)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                path = tuple(step for step in detail["loc"] if step != "[key]")
                place = next(
                    document.places[path[:end]]
                    for end in range(len(path), -1, -1)
                    if path[:end] in document.places
                )
                problems.append(
                    Problem(place, dotted(path), _message(detail["type"], detail["msg"]))
                )
    raise NeuronarioError("\n".join(map(str, problems)), ExitCode.BAD_CONFIG)


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"unknown key; known here: {', '.join(Gate.model_fields)}"
    return shown(message[0].lower() + message[1:])
