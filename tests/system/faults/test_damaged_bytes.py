"""Every byte and every length of a run's files, and forged files with fitting digests."""

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml

from jobs.disk.files import json_text
from jobs.disk.npz import ArrayError, Expected, read_npz
from jobs.engine.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.network import initial_network
from jobs.store.manifest import digest
from jobs.store.run import Run
from jobs.store.run_files import FileError
from jobs.store.store import commit_run, list_runs, read_run, run_files
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs
from tests.system.faults.conftest import every
from tests.system.faults.job import TALLY

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.arange(4, dtype=np.int32)}
EXPECTED = {"a": Expected(np.float32, (2, 3)), "b": Expected(np.int32, ("T",))}


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return commit_run(tmp_path / "store", tiny_content(), PAGES, tiny_inputs())


def damages(whole: bytes, step: int) -> Iterator[bytes]:
    """Two flipped bits of every byte, and every shorter length."""
    for position in (index - 1 for index in every(len(whole), step)):
        for bit in (0x01, 0x80):
            flipped = bytearray(whole)
            flipped[position] ^= bit
            yield bytes(flipped)
        yield whole[:position]


def test_a_damaged_npz_is_one_error_or_whole_arrays() -> None:
    whole = npz(**ARRAYS)
    assert read_npz(io.BytesIO(whole), EXPECTED)["b"].tolist() == [0, 1, 2, 3]
    for damaged in damages(whole, 1):
        TALLY.cases += 1
        try:
            found = read_npz(io.BytesIO(damaged), EXPECTED)
        except ArrayError:
            continue
        for name, array in ARRAYS.items():  # damage that the format does not notice: date fields
            np.testing.assert_array_equal(found[name], array)


def header(text: str, data: bytes = b"") -> bytes:
    """An .npz whose array ``a`` has this header."""
    npy = io.BytesIO()
    line = f"{text}\n".encode()
    npy.write(b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + data)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", npy.getvalue())
    return buffer.getvalue()


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


def compressed() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.zeros((2, 3), np.float32))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\x05\x06" + b"\0" * 18,
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 3)}"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", b"short"),
        header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}", b"\0" * 24),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", pickle.dumps([1] * 6)),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", b"\0" * 48),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}", b"\0" * 24),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", b"\0" * 24),
        header("__import__('os').system('true')"),
        header("[" * 5_000),
        npz(),
        npz(b=np.zeros(3, np.float32)),
        npz(a=np.zeros((2, 3), np.float32), b=np.zeros(3, np.float32)),
        npz(**{"a": np.zeros((2, 3), np.float32), "../a": np.zeros(3, np.float32)}),
        compressed(),
    ],
    ids=range(17),
)
def test_no_npz_but_the_expected_is_read(data: bytes) -> None:
    TALLY.cases += 1
    with pytest.raises(ArrayError):
        read_npz(io.BytesIO(data), {"a": Expected(np.float32, (2, 3))})


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    data = npz(a=np.array([Bomb(canary)], dtype=object))
    with pytest.raises(ArrayError):
        read_npz(io.BytesIO(data), {"a": Expected(object, (1,))})
    assert not canary.exists()


def test_a_damaged_checkpoint_costs_epochs_never_the_run(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    network = initial_network(3, (2,), 0)
    record = tiny_content().history[0]
    write_checkpoint(path, Checkpoint(network, network, network, network, 7, (record,)), "k")
    whole = path.read_bytes()
    assert read_checkpoint(path, "k", network.cells) is not None
    for damaged in damages(whole, 37):
        TALLY.cases += 1
        path.write_bytes(damaged)
        found = read_checkpoint(path, "k", network.cells)
        assert found is None or (found.steps == 7 and found.history == (record,))


FILES = ("weights.npz", "sample.npz", "probe.npz", "config.yml", "corpus.json", "train.jsonl")
FILES += ("sample.txt", "pages/index.md", "volatile.json", "MANIFEST.json")


@pytest.mark.parametrize("name", FILES)
def test_every_damaged_file_of_a_run_is_65(run: Run, name: str) -> None:
    store = run.folder.parent.parent
    path = run.folder / name
    whole = path.read_bytes()
    for damaged in damages(whole, max(1, len(whole) // 25)):
        TALLY.cases += 1
        path.write_bytes(damaged)
        with pytest.raises(NeuronarioError) as caught:
            read_run(store, run.id).read_bytes(name)
        assert caught.value.code == ExitCode.BAD_DATA
        assert len(list_runs(store)) == 1


def reseal(run: Run, name: str, data: bytes) -> Run:
    """Replace a file and make the manifest fit: damage that no digest tells."""
    (run.folder / name).write_bytes(data)
    path = run.folder / "MANIFEST.json"
    plain = json.loads(path.read_bytes())
    del plain["manifest_sha256"]
    for output in plain["outputs"]:
        if output["path"] == name:
            output |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_text(json_text({**plain, "manifest_sha256": digest(plain)}))
    return read_run(run.folder.parent.parent, run.id)


def config_with(**update: object) -> bytes:
    plain = yaml.safe_load(run_files.config_text(tiny_content().config))
    return yaml.safe_dump({**plain, **update}).encode()


def card_with(**update: object) -> bytes:
    plain = json.loads(run_files.card_text(tiny_content().card))
    return json.dumps({**plain, **update}).encode()


FORGED = [
    ("config.yml", b""),
    ("config.yml", b"\xff"),
    ("config.yml", b"- " * 3_000),
    ("config.yml", b"a: &a [x]\nb: [*a, *a"),
    ("config.yml", b"!!python/object/apply:os.system ['true']"),
    ("config.yml", b"corpus: 2026-11-24"),
    ("config.yml", config_with(extra=1)),
    ("config.yml", config_with(seed=True)),
    ("config.yml", config_with(seed=float("nan"))),
    ("config.yml", config_with(network={"layers": [10**9]})),
    ("config.yml", config_with(network={"layers": [3, 3]})),
    ("corpus.json", b""),
    ("corpus.json", b"[" * 100_000),
    ("corpus.json", b'{"a": NaN}'),
    ("corpus.json", card_with(alphabet=["ab"])),
    ("corpus.json", card_with(alphabet=["a", "b"], counts=[1, 2])),
    ("corpus.json", card_with(counts=[1])),
    ("corpus.json", card_with(characters="many")),
    ("train.jsonl", b"{}\n"),
    ("train.jsonl", b"[]\n"),
    ("train.jsonl", b"null\n"),
    ("train.jsonl", b'{"epoch": "1"}\n'),
    ("train.jsonl", b"[" * 100_000),
    ("train.jsonl", b'{"epoch": true, "loss": 1}\n'),
    ("train.jsonl", b"\xff\n"),
    ("weights.npz", npz(a=np.zeros(3))),
    ("sample.npz", npz(ids=np.zeros(3, np.int32))),
]


@pytest.mark.parametrize(("name", "data"), FORGED, ids=range(len(FORGED)))
def test_forged_files_are_65_too(run: Run, name: str, data: bytes) -> None:
    TALLY.cases += 1
    forged = reseal(run, name, data)
    with pytest.raises(NeuronarioError) as caught:
        forged.content()
    assert caught.value.code == ExitCode.BAD_DATA
    assert "\n" not in str(caught.value)


def test_ids_outside_the_alphabet_are_65(run: Run) -> None:
    arrays = {**tiny_content().sample.arrays()}
    for bad in (-1, 7, 2**31 - 1):
        arrays["ids"] = np.full(12, bad, np.int32)
        with pytest.raises(NeuronarioError, match="outside the alphabet"):
            _ = reseal(run, "sample.npz", npz(**arrays)).sample


READERS: list[Callable[[bytes], object]] = [
    run_files.read_config,
    run_files.read_card,
    run_files.read_history,
]


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_text_files_with_flipped_bytes_are_read_or_refused(run: Run, read: object) -> None:
    name = {"read_config": "config.yml", "read_card": "corpus.json", "read_history": "train.jsonl"}
    whole = (run.folder / name[read.__name__]).read_bytes()  # type: ignore[attr-defined]
    for damaged in damages(whole, max(1, len(whole) // 60)):
        TALLY.cases += 1
        try:
            read(damaged)  # type: ignore[operator]
        except FileError:
            continue
