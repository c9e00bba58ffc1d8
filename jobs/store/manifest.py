"""The manifest: what a run was made from, what it consists of, and the digests of all of it.

Two identities answer two questions. A stage's *key* is the digest of everything that the stage
reads: "must it run again?". The *content id* is the digest of everything that the run wrote: "are
two runs equal byte for byte?". Wall times and host names are outside both.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from jobs.config.schema import Config
from jobs.corpus.corpus import CorpusCard
from jobs.disk.files import json_text
from jobs.machine.runtime import Runtime

SCHEMA = 1
MAX_BYTES = 64_000_000  # of a manifest: more is no manifest of ours
RUN_ID = r"^[0-9]{6}-[0-9a-f]{8}$"
SHA256 = r"^[0-9a-f]{64}$"

# Raise a stage's number whenever the same inputs would give another output: its key then changes,
# and with it that of the stages after it.
STAGE_SCHEMAS = {"train": 2, "trace": 1, "report": 3}

JsonObject = dict[str, JsonValue]


class Record(BaseModel):
    """Base of what is read back from disk: immutable, closed, and strict about types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Inputs(Record):
    """Exactly what each stage reads, apart from what the stage before it hands over."""

    train: JsonObject
    trace: JsonObject
    report: JsonObject


class StageKeys(Record):
    """One digest per stage; each contains the key of the stage before."""

    train: str = Field(pattern=SHA256)
    trace: str = Field(pattern=SHA256)
    report: str = Field(pattern=SHA256)


class Output(Record):
    """One file of a run."""

    path: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=SHA256)

    @property
    def is_bulk(self) -> bool:
        """Arrays and pages: what thinning takes away."""
        return self.path.endswith(".npz") or self.path.startswith("pages/")


class Manifest(Record):
    """MANIFEST.json, the commit record of a run."""

    schema_version: int = Field(alias="schema")
    run: str = Field(pattern=RUN_ID)
    parent: str | None = Field(pattern=RUN_ID)  # the latest run when this one was made
    rendered_from: str | None = Field(pattern=RUN_ID)  # the run whose weights and traces it shares
    status: Literal["ok", "failed", "thinned"]
    reason: str  # why it failed; "" otherwise
    tool: str  # version of neuronario
    inputs: Inputs
    keys: StageKeys
    outputs: tuple[Output, ...]  # sorted by path
    removed: tuple[Output, ...]  # what thinning took away
    volatile: tuple[Output, ...]  # outside the content id
    content_id: str = Field(pattern=SHA256)  # of outputs and removed together
    results: JsonObject  # the evaluation, and the number of characters of the corpus

    @property
    def sequence(self) -> int:
        """The run's number: a counter, not the clock."""
        return int(self.run[:6])

    @property
    def bytes(self) -> int:
        """Size of the run's files, without the manifest itself."""
        return sum(output.bytes for output in (*self.outputs, *self.volatile))

    def files(self) -> dict[str, Output]:
        """Every file that the run folder must hold, by path, without MANIFEST.json."""
        return {output.path: output for output in (*self.outputs, *self.volatile)}


class ManifestError(ValueError):
    """Why a text is not an intact manifest; the caller adds where it was read."""


def stage_inputs(
    config: Config,
    card: CorpusCard,
    runtime: Runtime,
    templates_sha256: str,
    imported: JsonObject | None = None,
) -> Inputs:
    """What each stage reads.

    The corpus counts by its digest, not by its path. A warm start (``training.start: previous``)
    reads the previous run's weights too, but they are no reason to run again: with an unchanged
    text and configuration a scheduled job has nothing to do.

    ``imported`` tells of a model file what makes another network of it: it stands in the place of
    ``network.from``, since a file counts by its digest as well, and of the training's settings,
    of which an import reads the regime alone.
    """
    plain = config.stored()
    for key in ("on_seen", "device"):  # say whether there is a run, and where; not what it is
        plain["training"].pop(key, None)
    fingerprint: JsonObject = runtime.stored()
    text: JsonObject = {"sha256": card.sha256, "held_out_start": card.held_out_start}
    if config.corpus.hold_out != "tail":  # left out else: the keys of before hold
        text["hold_out"] = config.corpus.hold_out
    if card.documents_sha256 is not None:
        text["documents_sha256"] = card.documents_sha256
    return Inputs(
        train={
            "tool": {"stage_schema": STAGE_SCHEMAS["train"]},
            "corpus": text,
            "seed": plain["seed"],
            "network": plain["network"] if imported is None else imported,
            "training": plain["training"] if imported is None else _reading(plain["training"]),
            "runtime": fingerprint,
        },
        trace={
            "tool": {"stage_schema": STAGE_SCHEMAS["trace"]},
            "sample": plain["sample"],
            "probe": plain["probe"],
        },
        report={
            "tool": {"stage_schema": STAGE_SCHEMAS["report"]},
            "corpus": {"name": card.name, "encoding": card.encoding, "notes": list(card.notes)},
            "report": plain["report"],
            "publish": plain["publish"],
            "site": {"name": plain["site"]["name"]},
            "templates": {"sha256": templates_sha256},
        },
    )


def card_of(inputs: Inputs) -> str:
    """The graphics card of a training, as its fingerprint names it; "": the processor."""
    runtime = inputs.train["runtime"]
    assert isinstance(runtime, dict)
    return str(runtime.get("graphics_card", ""))


def trained_on(inputs: Inputs, graphics_card: str) -> Inputs:
    """The same inputs of a training on this card; "": on the processor."""
    known = inputs.train["runtime"]
    assert isinstance(known, dict)
    runtime = {**known, "graphics_card": graphics_card}
    if not graphics_card:
        del runtime["graphics_card"]
    return inputs.model_copy(update={"train": {**inputs.train, "runtime": runtime}})


def _reading(training: dict[str, Any]) -> JsonObject:
    """The settings of ``training`` that say how a network reads, not how it learned."""
    return {"regime": training["regime"], "window": training["window"]}


def stage_keys(inputs: Inputs) -> StageKeys:
    """The key of each stage: SHA-256 of the canonical JSON of its inputs and the key before."""
    train = digest({"inputs": inputs.train})
    trace = digest({"before": train, "inputs": inputs.trace})
    return StageKeys(
        train=train, trace=trace, report=digest({"before": trace, "inputs": inputs.report})
    )


def explain_difference(old: Inputs, new: Inputs) -> list[str]:
    """One line per changed field, first stage first: ``training.epochs: 20 -> 40 (train)``."""
    lines: list[str] = []
    for stage in ("train", "trace", "report"):
        before, after = dict(leaves(getattr(old, stage))), dict(leaves(getattr(new, stage)))
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                was, now = (_shown(side, name) for side in (before, after))
                lines.append(f"{name}: {was} -> {now} ({stage} again)")
    return lines


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files below ``folder``, sorted by name."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(folder).as_posix()
            total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def content_id(outputs: Iterable[Output]) -> str:
    """SHA-256 over path, size and digest of every output, sorted by path."""
    ordered = sorted(outputs, key=lambda output: output.path)
    return digest([[output.path, output.bytes, output.sha256] for output in ordered])


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of ``value``."""
    return hashlib.sha256(json_text(value).encode("ascii")).hexdigest()


def manifest_text(manifest: Manifest) -> str:
    """The manifest as written: stable JSON with the digest of itself."""
    plain: dict[str, Any] = manifest.model_dump(mode="json", by_alias=True)
    return json_text({**plain, "manifest_sha256": digest(plain)})


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest; only exactly what :func:`manifest_text` wrote is accepted.

    Raises:
        ManifestError: damaged, forged, or of a newer version.
    """
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        raise ManifestError("MANIFEST.json is not JSON: the file is damaged") from None
    if not isinstance(plain, dict):
        raise ManifestError("MANIFEST.json holds no object: the file is damaged")
    schema = plain.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise ManifestError(
            f"written by a newer neuronario (schema {schema}, this one reads {SCHEMA}): update it"
        )
    own = plain.pop("manifest_sha256", None)
    try:
        if own != digest(plain) or data.decode("ascii") != json_text(
            {**plain, "manifest_sha256": own}
        ):
            raise ManifestError("MANIFEST.json does not match its own digest: the file is damaged")
        # JSON has lists where the strict model has tuples: hand it JSON
        return Manifest.model_validate_json(json.dumps(plain))
    except ManifestError:
        raise
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ManifestError(f"MANIFEST.json: {where}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise ManifestError("MANIFEST.json holds values that no manifest has") from None


def leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested mappings with its dotted name, as ``training.epochs``."""
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield from leaves(item, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", item


def _shown(side: Mapping[str, JsonValue], name: str) -> str:
    if name not in side:
        return "absent"
    text = json.dumps(side[name])
    # digests are told apart by their first characters
    return text[:13] + '..."' if name.endswith("sha256") else text
