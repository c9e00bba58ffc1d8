"""A training that can go on after a kill: everything an epoch hands to the next, in one file.

Random numbers need no state here: the order of an epoch is a function of seed and epoch.
"""

import hashlib
import json
import zipfile
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.disk.files import write_npz
from jobs.model.cell import Cell
from jobs.model.history import EpochRecord
from jobs.model.network import Float, Network, network_from_arrays

FORMAT = 1
STORED = {"network": "network", "best": "best", "first_moment": "mean", "second_moment": "square"}


@dataclass(frozen=True)
class Checkpoint:
    """A training after a whole epoch."""

    network: Network
    best: Network  # the weights of the best epoch so far
    first_moment: Network  # Adam's, in the shape of the weights
    second_moment: Network
    steps: int  # taken by the optimiser
    history: tuple[EpochRecord, ...]


def training_key(corpus: Corpus, config: Config, start: Network | None) -> str:
    """What a checkpoint must have been made from to be continued: hexadecimal SHA-256."""
    digest = hashlib.sha256()
    settings = {
        "format": FORMAT,
        "seed": config.seed,
        "layers": config.network.layers,
        **({} if config.network.cell == "lstm" else {"cell": config.network.cell}),
        "training": config.training.model_dump(mode="json", exclude={"on_seen", "device"}),
        "corpus": corpus.sha256,
        "held_out_start": corpus.held_out_start,
        "characters": corpus.characters,
    }
    if corpus.documents_sha256 is not None:
        settings["documents"] = corpus.documents_sha256
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for name, array in sorted(start.arrays().items()) if start else ():
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def write_checkpoint(path: Path, checkpoint: Checkpoint, key: str) -> None:
    """Replace the checkpoint at ``path``, atomically.

    Raises:
        NeuronarioError: 73, 74 or 77 where it cannot be written.
    """
    write_npz(path, {"key": np.array(key), **checkpoint_arrays(checkpoint)})


def checkpoint_arrays(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """All of a checkpoint as named arrays."""
    arrays: dict[str, np.ndarray] = {
        "steps": np.array(checkpoint.steps, np.int64),
        "history": np.array([astuple(record) for record in checkpoint.history], np.float64),
    }
    for field, stored in STORED.items():
        network: Network = getattr(checkpoint, field)
        arrays |= {f"{stored}/{name}": array for name, array in network.arrays().items()}
    return arrays


def checkpoint_of(arrays: dict[str, np.ndarray], cells: tuple[Cell, ...]) -> Checkpoint:
    """Inverse of :func:`checkpoint_arrays`; ``cells`` as in :func:`read_checkpoint`.

    Raises:
        KeyError, ValueError: something is missing or does not fit.
    """
    return Checkpoint(
        **{field: _stored_network(arrays, stored, cells) for field, stored in STORED.items()},
        steps=int(arrays["steps"].item()),
        history=tuple(_record(row) for row in arrays["history"]),
    )


def read_checkpoint(path: Path, key: str, cells: tuple[Cell, ...]) -> Checkpoint | None:
    """The checkpoint at ``path``; None where there is none, it is damaged or of another training.

    ``cells`` are those of the layers.

    A damaged checkpoint costs the epochs it held, never the run.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file.items())
        if arrays["key"].item() != key:
            return None
        return checkpoint_of(arrays, cells)
    except (OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError):
        return None
    except zipfile.BadZipFile:
        return None


def _stored_network(arrays: dict[str, np.ndarray], stored: str, cells: tuple[Cell, ...]) -> Network:
    prefix = f"{stored}/"
    named: dict[str, Float] = {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    return network_from_arrays(named, cells)


def _record(row: np.ndarray) -> EpochRecord:
    values = {
        field.name: field.type(value)  # type: ignore[operator]
        for field, value in zip(fields(EpochRecord), row.tolist(), strict=True)
    }
    return EpochRecord(**values)
