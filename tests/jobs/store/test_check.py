"""Damage of a store is found before it is believed."""

import os
import shutil
from pathlib import Path

import pytest

from jobs.errors import ExitCode
from jobs.store.check import check_store
from jobs.store.layout import Layout
from jobs.store.run_names import set_reference
from jobs.store.store import (
    Execution,
    commit_run,
    list_runs,
    next_run_id,
    read_run,
)
from tests.support.store_at import add_run, code_of
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs


def use(run_place: Path) -> None:
    """Everything that a reader does with a store."""
    rows = list_runs(run_place)
    assert len(rows) == 2
    run = read_run(run_place, rows[0].run)
    run.content()
    run.pages()
    for path in run.manifest.files():
        run.read_bytes(path)


ARTEFACTS = [
    "MANIFEST.json",
    "config.yml",
    "corpus.json",
    "weights.npz",
    "sample.npz",
    "probe.npz",
    "sample.txt",
    "train.jsonl",
    "pages/index.md",
    "volatile.json",
    "run.log",
]


@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_flipped_and_missing_bytes_are_found(tmp_path: Path, artefact: str) -> None:
    place = tmp_path / "store"
    run = commit_run(place, tiny_content(), PAGES, tiny_inputs(), execution=Execution(log="line\n"))
    add_run(place, 1)
    path = run.folder / artefact
    whole = path.read_bytes()
    use(place)
    step = max(1, len(whole) // 6)  # tests/system/faults goes through every byte
    damages = [whole[:length] for length in range(0, len(whole), step)]
    damages.append(whole + b"\n")
    for position in range(0, len(whole), step):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        damages.append(bytes(flipped))
    for damage in damages:
        path.write_bytes(damage)
        assert code_of(lambda: use(place))[0] == ExitCode.BAD_DATA
        assert [row.run for row in list_runs(place)] == [run.id, read_run(place).id]
        assert any(finding.run == run.id for finding in check_store(place))
    path.write_bytes(whole)
    assert check_store(place) == []


def test_missing_swapped_added_and_linked_files_are_found(place: Path) -> None:
    run = add_run(place)
    folder = run.folder
    (folder / "sample.npz").rename(folder / "x")
    assert {finding.problem for finding in check_store(place)} >= {
        "No such file or directory",
        "is not in the manifest",
    }
    assert list_runs(place)[0].status == "broken: sample.npz is missing"
    (folder / "probe.npz").rename(folder / "sample.npz")
    (folder / "x").rename(folder / "probe.npz")
    assert code_of(lambda: read_run(place).sample)[0] == ExitCode.BAD_DATA
    shutil.rmtree(folder)
    add_run(place)
    (read_run(place).folder / "pages/index.md").unlink()
    (read_run(place).folder / "pages/index.md").symlink_to("/etc/hostname")
    assert code_of(lambda: read_run(place).pages())[0] == ExitCode.BAD_DATA
    assert any(finding.path == "pages/index.md" for finding in check_store(place))


def test_a_fifo_in_place_of_a_file_does_not_hang(place: Path) -> None:
    run = add_run(place)
    (run.folder / "config.yml").unlink()
    os.mkfifo(run.folder / "config.yml")
    assert code_of(lambda: read_run(place).config)[0] == ExitCode.BAD_DATA
    (run.folder / "MANIFEST.json").unlink()
    os.mkfifo(run.folder / "MANIFEST.json")
    assert list_runs(place)[0].status.startswith("broken: ")


def test_a_renamed_run_is_found(place: Path) -> None:
    run = add_run(place)
    run.folder.rename(run.folder.parent / f"000007-{run.id[7:]}")
    assert list_runs(place)[0].status.startswith("broken: its manifest is that of run 000001")
    assert check_store(place)


@pytest.mark.parametrize(
    "text", ["", "000001\n", "../../etc 0123456789abcdef\n", "{id} 0000000000000000\n", "{id}"]
)
def test_damaged_references_are_found(place: Path, text: str) -> None:
    run = add_run(place)
    set_reference(place, "baseline", run)
    assert check_store(place) == []
    (place / "refs" / "baseline").write_text(text.format(id=run.id))
    assert code_of(lambda: read_run(place, "baseline"))[0] == ExitCode.BAD_DATA
    assert check_store(place)
    assert list_runs(place)[0].references == ()


def test_a_killed_commit_is_cleared_by_the_next(place: Path) -> None:
    left = Layout(place).work / f"{next_run_id(place, tiny_inputs())}.new"
    left.mkdir(parents=True)
    (left / "half.npz").write_bytes(b"x")
    run = add_run(place)
    assert check_store(place) == []
    assert not (run.folder / "half.npz").exists()
