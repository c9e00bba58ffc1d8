"""``neuronario trace``: what a run's network does on any text, as files that other tools read."""

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.filesize import decimal

from jobs import __version__
from jobs.corpus.text_file import TextFile, read_text_file
from jobs.corpus.unknown_characters import UnknownCharacter, encoded, unknown_characters, where
from jobs.disk.array_files import ArraySpec, ArrayWriter, NpyFolder, SafetensorsFile
from jobs.disk.files import move_folder, remove_folder, write_error
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.cell import GATES
from jobs.model.network import Network
from jobs.pipeline.places import check_trace
from jobs.pipeline.signals import answer_signals
from jobs.printable import shown
from jobs.store.run import Run
from jobs.store.run_names import read_run

Unknown = Literal["fail", "skip", "replace"]  # what becomes of unknown characters

MOST_BYTES = 200_000_000  # of a text; its trace is a thousand times larger
NAMED = 3  # unknown characters that an error names
SAFETENSORS = "trace.safetensors"
ALIGNMENT = (
    "row t of every array is the network after reading character ids[t]; probabilities[t] are of "
    "the character after it. before.* is the network before ids[0]: zero states."
)
MEANINGS = {
    "ids": "index into the alphabet of each character",
    "positions": "place in the text of each character, from 0; those that are unknown are left out",
    "probabilities": "softmax over the alphabet, at temperature 1",
    "hidden": "hidden state h",
    "cell": "cell state c",
    **dict.fromkeys(GATES, "after its sigmoid, in (0, 1)"),
}


@dataclass(frozen=True)
class TraceOptions:
    """What is traced and what becomes of characters that the network does not know."""

    text: Path
    out: Path  # a folder, which does not exist or is empty
    encoding: str | None = None  # None: that of the run's own text
    unknown: Unknown = "fail"
    replacement: str = ""  # of the alphabet
    safetensors: bool = False


def trace_stored_run(
    store: Path, name: str, options: TraceOptions, on_rows: Callable[[int, int], None]
) -> dict[str, Any]:
    """As :func:`trace_run`, for a run of a store; a signal that ends the process leaves nothing."""
    check_trace(options.out, store)
    staged: list[Path] = []

    def on_end(number: int) -> None:
        print(f"ended by signal {number}; nothing was written", file=sys.stderr, flush=True)
        for folder in staged:
            remove_folder(folder)

    latest = "no row is written yet"

    def told(done: int, total: int) -> None:
        nonlocal latest
        latest = f"{done:,} of {total:,} characters traced"
        on_rows(done, total)

    answer_signals(on_end, lambda: print(latest, file=sys.stderr, flush=True))
    return trace_run(read_run(store, name), options, staged.append, told)


def trace_run(
    run: Run,
    options: TraceOptions,
    on_begin: Callable[[Path], None],
    on_rows: Callable[[int, int], None],
) -> dict[str, Any]:
    """Write the trace of a text; the folder appears whole or not at all.

    Memory holds the text and some blocks of rows, never the arrays.

    Args:
        run: whose network reads.
        options: the text and the target.
        on_begin: told the hidden folder beside the target in which the files are made.
        on_rows: told after each block how many rows of how many are written.

    Returns:
        the description that was written beside the arrays.

    Raises:
        NeuronarioError: 2, the replacement is no character of the alphabet; 65, unknown characters
            or an unusable text; 66, no such text; 73, something is in the target's place, or it
            cannot be made; 74, the disk has no room; 77, no permission.
    """
    check_vacant(options.out)
    alphabet = run.card.alphabet
    check_replacement(options.unknown, options.replacement, run)
    file = read_text_file(
        options.text,
        options.encoding or run.card.encoding,
        MOST_BYTES,
        encoding_key="--encoding",
        limit_key="",
    )
    unknown = unknown_characters(file.text, alphabet)
    if unknown and options.unknown == "fail":
        named = [(one.count, where(file.text, one)) for one in unknown]
        raise unknown_refused(shown(options.text), named, run)
    skipped = sum(one.count for one in unknown) if options.unknown == "skip" else 0
    characters = len(file.text) - skipped
    if characters == 0:
        raise NeuronarioError(
            f"{shown(options.text)}: no character to trace; give a text in the alphabet of run "
            f"{run.id}",
            ExitCode.BAD_DATA,
        )
    network = run.network
    specs = array_specs(network, characters, positions=skipped > 0)
    check_room(options.out, sum(spec.bytes for spec in specs.values()))
    description = describe(run, options, file, unknown, specs)
    start_tensorflow()  # turns standard error away for a while: before a signal has to be answered
    staged = staging_folder(options.out)
    on_begin(staged)
    try:
        writer: ArrayWriter = (
            SafetensorsFile(staged / SAFETENSORS, specs, description)
            if options.safetensors
            else NpyFolder(staged, specs, description)
        )
        try:
            replacement = options.replacement if options.unknown == "replace" else ""
            for places, ids in encoded(file.text, alphabet, replacement):
                writer.append("ids", ids)
                if skipped:
                    writer.append("positions", places)
            del file
            _trace(run, network, writer, lambda rows: on_rows(rows, characters))
            writer.finish()
        finally:
            writer.close()
        move_folder(staged, options.out)
    finally:
        with suppress(NeuronarioError):  # do not hide the first error
            remove_folder(staged)
    return description


def check_replacement(unknown: Unknown, replacement: str, run: Run) -> None:
    """Refuse, with 2, a replacement that the network does not know."""
    alphabet = run.card.alphabet
    if unknown == "replace" and replacement not in alphabet:
        raise NeuronarioError(
            f"--unknown replace: {replacement!a} is not in the alphabet of run "
            f"{run.id} either; give one of its {len(alphabet):,} characters",
            ExitCode.USAGE,
        )


def check_vacant(out: Path) -> None:
    """Refuse, with 73, to write where something is."""
    try:
        empty = out.is_dir() and not any(out.iterdir())
        vacant = not out.is_symlink() and (empty or not out.exists())
    except OSError as error:
        raise write_error(out, error) from error
    if not vacant:
        raise NeuronarioError(
            f"{shown(out)} is not an empty folder; name a new one with --out, or empty it",
            ExitCode.CANNOT_CREATE,
        )


def check_room(out: Path, needed: int, what: str = "the trace takes") -> None:
    """Refuse, with 74, what the disk has no room for."""
    parent = next(folder for folder in out.absolute().parents if folder.exists())
    free = shutil.disk_usage(parent).free
    if needed > free:
        raise NeuronarioError(
            f"{what} {decimal(needed)}, {shown(parent)} has {decimal(free)} "
            "free; give a shorter text, or name a folder on a larger disk with --out",
            ExitCode.IO_ERROR,
        )


def staging_folder(out: Path) -> Path:
    """A new hidden folder beside ``out``."""
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        name = tempfile.mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}.", suffix=".tmp")
        Path(name).chmod(0o755)
    except OSError as error:
        raise write_error(out, error) from error
    return Path(name)


def unknown_refused(text: str, unknown: Sequence[tuple[int, str]], run: Run) -> NeuronarioError:
    """That the network does not know some characters of ``text``, and which, in one line.

    Args:
        text: its name.
        unknown: of each character how often, and in words what and where.
        run: whose network reads.
    """
    count, kinds = sum(times for times, _ in unknown), len(unknown)
    named = "; ".join(words for _, words in unknown[:NAMED])
    more = f"; and {kinds - NAMED:,} more" if kinds > NAMED else ""
    return NeuronarioError(
        f"{text}: {count:,} character{'s' * (count > 1)} ({kinds:,} distinct) not in the "
        f"alphabet of run {run.id}: {named}{more}; mend the text, or use --unknown skip, or "
        "--unknown replace CHARACTER",
        ExitCode.BAD_DATA,
    )


def unknown_record(unknown: Unknown, replacement: str, counts: Sequence[int]) -> dict[str, Any]:
    """What became of unknown characters, each with its count: plain JSON values."""
    return {
        "treatment": unknown,
        "replacement": replacement if unknown == "replace" else None,
        "characters": sum(counts),
        "distinct": len(counts),
    }


def array_specs(network: Network, characters: int, *, positions: bool) -> dict[str, ArraySpec]:
    """Every array of a trace, named as in :meth:`jobs.model.trace.Trace.arrays`."""
    single = np.dtype("<f4")
    specs = {"ids": ArraySpec(np.dtype("<i4"), (characters,))}
    if positions:
        specs["positions"] = ArraySpec(np.dtype("<i8"), (characters,))
    specs["probabilities"] = ArraySpec(single, (characters, network.alphabet_size))
    specs["before.probabilities"] = ArraySpec(single, (network.alphabet_size,))
    for number, layer in enumerate(network.layers, start=1):
        for state in layer.cell.states:
            specs[f"layer{number}.{state}"] = ArraySpec(single, (characters, layer.units))
        for state in layer.cell.carried:
            specs[f"layer{number}.before.{state}"] = ArraySpec(single, (layer.units,))
    return specs


def describe(
    run: Run,
    options: TraceOptions,
    file: TextFile,
    unknown: tuple[UnknownCharacter, ...],
    specs: dict[str, ArraySpec],
) -> dict[str, Any]:
    """What the arrays are: plain JSON values."""
    mode = run.config.training.mode
    return {
        "format": "neuronario-trace 1",
        "neuronario": __version__,
        "run": run.id,
        "content_id": run.manifest.content_id,
        "cells": [cell.name for cell in run.network.cells],
        "regime": mode.regime,
        "window": mode.window,
        "alignment": ALIGNMENT,
        "alphabet": list(run.card.alphabet),
        "text": {
            "name": shown(options.text.name),
            "encoding": options.encoding or run.card.encoding,
            "characters": len(file.text),
            "sha256": hashlib.sha256(file.text.encode("utf-8", "surrogatepass")).hexdigest(),
            "notes": list(file.notes),
        },
        "unknown": unknown_record(
            options.unknown, options.replacement, [one.count for one in unknown]
        ),
        "arrays": {
            name: {
                "dtype": spec.dtype.name,
                "shape": list(spec.shape),
                "meaning": MEANINGS[name.rpartition(".")[2]],
            }
            for name, spec in specs.items()
        },
    }


def _trace(run: Run, network: Network, writer: ArrayWriter, on_rows: Callable[[int], None]) -> None:
    from jobs.engine.trace_text import write_trace

    write_trace(
        network,
        writer.written("ids"),
        writer,
        mode=run.config.training.mode,
        context=np.zeros(0, np.int32),
        on_rows=on_rows,
    )
