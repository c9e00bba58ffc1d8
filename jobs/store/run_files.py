"""The files of a run folder: how each is written, how each is read back.

Everything but the arrays is text: sorted, one record a line, no times. Reading never trusts: the
caller has verified digests, and types and shapes are checked here all the same.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import IO, Any

import numpy as np
import yaml
from pydantic import TypeAdapter, ValidationError

from jobs.config.schema import Config
from jobs.corpus.corpus import CorpusCard
from jobs.corpus.seen import Seen, Sketch
from jobs.disk.files import json_text
from jobs.disk.npz import ArrayError, Expected, read_npz
from jobs.model.cell import Cell, cells_from_record, cells_record
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.imported import ImportRecord
from jobs.model.network import Network, network_from_arrays, weight_shapes
from jobs.model.origin import Origin
from jobs.model.trace import Trace, trace_from_arrays

# Sections that say where and for how long, not what: they may name private places and differ
# between machines, so a run does not keep them.
PRIVATE_SECTIONS = ("store", "retention", "ping")


class FileError(ValueError):
    """Why the content of a file is not what a run holds there."""


def config_text(config: Config) -> str:
    """config.yml: the effective configuration, sorted, without what is private to the machine."""
    plain = config.stored()
    for section in PRIVATE_SECTIONS:
        plain.pop(section, None)
    plain["site"].pop("directory")
    path = plain["corpus"]["path"]
    if path is not None:
        several = isinstance(path, list)
        plain["corpus"]["path"] = [*map(_public_path, path)] if several else _public_path(path)
    for key in ("from", "alphabet"):
        if key in plain["network"]:
            plain["network"][key] = _public_path(plain["network"][key])
    return yaml.safe_dump(plain, sort_keys=True, allow_unicode=False)


def read_config(data: bytes) -> Config:
    """Inverse of :func:`config_text`; the private sections have their defaults again."""
    try:
        # JSON has lists where the strict schema has tuples: hand it JSON
        return Config.model_validate_json(json.dumps(yaml.safe_load(data.decode("ascii"))))
    except (ValidationError, yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise FileError(f"not a configuration ({_first_line(error)})") from error


def card_text(card: CorpusCard) -> str:
    """corpus.json; a text of one piece is written as before there were documents."""
    plain = asdict(card)
    if card.documents == 0:
        for name in ("documents", "held_out_documents", "documents_sha256"):
            del plain[name]
    return json_text(plain)


def read_card(data: bytes) -> CorpusCard:
    """Inverse of :func:`card_text`."""
    try:
        card = _CARD.validate_json(data)
    except ValidationError as error:
        raise FileError(f"not a corpus card ({_first_line(error)})") from error
    if len(card.counts) != len(card.alphabet) or any(len(item) != 1 for item in card.alphabet):
        raise FileError("alphabet and counts do not fit together")
    return card


def history_text(history: tuple[EpochRecord, ...]) -> str:
    """train.jsonl: one line an epoch, six significant digits; a number that is none is null."""
    return "".join(
        json.dumps({name: _six_digits(value) for name, value in asdict(record).items()}) + "\n"
        for record in history
    )


def read_history(data: bytes) -> tuple[EpochRecord, ...]:
    """Inverse of :func:`history_text`; null becomes NaN."""
    try:
        return tuple(
            EpochRecord(**{name: _number(value) for name, value in json.loads(line).items()})
            for line in data.decode("ascii").splitlines()
        )
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"not a training history ({_first_line(error)})") from error


def evaluation_record(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as the manifest keeps it under ``results``."""
    return {
        "held_out_bits": float(evaluation.held_out_bits),
        "held_out_characters": int(evaluation.held_out_characters),
        "unigram_bits": float(evaluation.unigram_bits),
        "best_epoch": int(evaluation.best_epoch),
        "stopped_early": bool(evaluation.stopped_early),
        "restarted_after": int(evaluation.restarted_after),
    }


def read_evaluation(results: Mapping[str, Any]) -> Evaluation:
    """Inverse of :func:`evaluation_record`."""
    try:
        fields = {name: results[name] for name in _EVALUATION_FIELDS if name != NEWER}
        fields[NEWER] = results.get(NEWER, 0)
        return _EVALUATION.validate_python(fields)
    except (ValidationError, KeyError) as error:
        raise FileError(f"results hold no evaluation ({_first_line(error)})") from error


def origin_text(origin: Origin) -> str:
    """origin.json."""
    return json_text(asdict(origin))


def read_origin(data: bytes) -> Origin:
    """Inverse of :func:`origin_text`."""
    try:
        return _ORIGIN.validate_json(data)
    except ValidationError as error:
        raise FileError(f"not a record of an origin ({_first_line(error)})") from error


def seen_arrays(seen: Seen) -> dict[str, np.ndarray]:
    """seen.npz: the fingerprints and their bounds, bit for bit as signed numbers."""
    return {
        "stretches": seen.stretches.hashes.view(np.int64),
        "lines": seen.lines.hashes.view(np.int64),
        "below": np.array([seen.stretches.below, seen.lines.below], np.uint64).view(np.int64),
    }


def read_seen(file: IO[bytes]) -> Seen:
    """Inverse of :func:`seen_arrays`."""
    expected = {
        "stretches": Expected(np.int64, ("S",)),
        "lines": Expected(np.int64, ("L",)),
        "below": Expected(np.int64, (2,)),
    }
    try:
        arrays = {name: array.view(np.uint64) for name, array in read_npz(file, expected).items()}
    except ArrayError as error:
        raise FileError(str(error)) from error
    stretches, lines = (int(bound) for bound in arrays["below"])
    return Seen(Sketch(stretches, arrays["stretches"]), Sketch(lines, arrays["lines"]))


def import_text(imported: ImportRecord) -> str:
    """import.json: where an imported network comes from."""
    return json_text(asdict(imported))


def read_import(data: bytes) -> ImportRecord:
    """Inverse of :func:`import_text`."""
    try:
        return _IMPORT.validate_json(data)
    except ValidationError as error:
        raise FileError(f"not the record of an import ({_first_line(error)})") from error


def cells_text(network: Network) -> str:
    """cells.json: what each layer is, where it is not what the configuration says."""
    return json_text(cells_record(network.cells))


def read_cells(data: bytes, config: Config) -> tuple[Cell, ...]:
    """Inverse of :func:`cells_text`: one cell for each layer of the configuration."""
    try:
        cells = cells_from_record(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise FileError(f"not a list of cells ({_first_line(error)})") from error
    if len(cells) != len(config.network.layers):
        raise FileError(f"has {len(cells)} layers, config.yml {len(config.network.layers)}")
    return cells


def read_network(
    file: IO[bytes], config: Config, card: CorpusCard, cells: tuple[Cell, ...]
) -> Network:
    """weights.npz, in the sizes that configuration, alphabet and cells ask for."""
    shapes = weight_shapes(len(card.alphabet), config.network.layers, cells)
    expected = {name: Expected(np.float32, shape) for name, shape in shapes.items()}
    try:
        return network_from_arrays(read_npz(file, expected), cells)
    except ArrayError as error:
        raise FileError(str(error)) from error


def read_trace(file: IO[bytes], config: Config, card: CorpusCard, cells: tuple[Cell, ...]) -> Trace:
    """sample.npz or probe.npz; T and S, the lengths of text and context, are free."""
    alphabet = len(card.alphabet)
    expected = {
        "ids": Expected(np.int32, ("T",)),
        "context": Expected(np.int32, ("S",)),
        "probabilities": Expected(np.float32, ("T", alphabet)),
        "before.probabilities": Expected(np.float32, (alphabet,)),
    }
    for number, (units, cell) in enumerate(zip(config.network.layers, cells, strict=True), start=1):
        for state in cell.states:
            expected[f"layer{number}.{state}"] = Expected(np.float32, ("T", units))
        for state in cell.carried:
            expected[f"layer{number}.before.{state}"] = Expected(np.float32, (units,))
    if config.corpus.documents is not None:
        expected["starts"] = Expected(np.int32, ("D",))
    try:
        arrays = read_npz(file, expected)
    except ArrayError as error:
        raise FileError(str(error)) from error
    starts = arrays.get("starts", np.zeros(0, np.int32))
    if starts.size and not (
        starts[0] > 0 and starts[-1] < len(arrays["ids"]) and (np.diff(starts) > 0).all()
    ):
        raise FileError("starts are no places of documents in order")
    for name in ("ids", "context"):
        if arrays[name].size and not 0 <= arrays[name].min() <= arrays[name].max() < alphabet:
            raise FileError(f"{name} names characters outside the alphabet of {alphabet}")
    return trace_from_arrays(arrays, config.training.mode)


_CARD = TypeAdapter(CorpusCard)
_ORIGIN = TypeAdapter(Origin)
_IMPORT = TypeAdapter(ImportRecord)
_EVALUATION = TypeAdapter(Evaluation)
NEWER = "restarted_after"  # runs before 0.2 do not have it
_EVALUATION_FIELDS = tuple(Evaluation.__dataclass_fields__)


def _public_path(path: str) -> str:
    """A relative path as it is, of an absolute one only the name."""
    flavours: tuple[type[PurePath], ...] = (PurePosixPath, PureWindowsPath)
    absolute = any(flavour(path).is_absolute() for flavour in flavours)
    return PurePosixPath(path).name if absolute else path


def _six_digits(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _number(value: Any) -> Any:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!a} is not a number")
    return value


def _first_line(error: Exception) -> str:
    return ascii(str(error).strip().partition("\n")[0])[1:-1]
