"""Runs: written whole, read back equal, named, numbered, never half-written."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jobs.disk import files
from jobs.errors import ExitCode, NeuronarioError
from jobs.model.cell import GRU, RNN, Cell
from jobs.model.imported import ImportRecord
from jobs.store import store
from jobs.store.check import check_store
from jobs.store.layout import Layout
from jobs.store.run_names import set_reference
from jobs.store.store import (
    Execution,
    commit_failure,
    commit_run,
    list_runs,
    next_run_id,
    read_run,
    with_pages,
)
from tests.support.store_at import add_run, code_of
from tests.support.tiny_run import PAGES, other_text, tiny_content, tiny_inputs


def test_what_is_committed_is_read_back(place: Path) -> None:
    add_run(place)
    found, given = read_run(place, "latest").content(), tiny_content()
    assert found.config == given.config
    assert found.card == given.card
    assert found.history == given.history
    assert found.evaluation == given.evaluation
    for name in ("network", "sample", "probe"):
        ours, theirs = getattr(given, name).arrays(), getattr(found, name).arrays()
        assert ours.keys() == theirs.keys()
        for key, array in ours.items():
            np.testing.assert_array_equal(array, theirs[key])
            assert array.dtype == theirs[key].dtype
    assert read_run(place).pages() == PAGES


@pytest.mark.parametrize("cells", [(GRU, GRU), (RNN, replace(GRU, gate_activation="hard_sigmoid"))])
def test_layers_that_are_no_lstm_are_read_back(place: Path, cells: tuple[Cell, ...]) -> None:
    given = tiny_content(cells=cells)
    commit_run(place, given, PAGES, tiny_inputs())
    run = read_run(place)
    assert run.network.cells == cells and run.manifest.files()["cells.json"]
    for name in ("network", "sample", "probe"):
        ours, theirs = getattr(given, name).arrays(), getattr(run, name).arrays()
        assert ours.keys() == theirs.keys()
        for key, array in ours.items():
            np.testing.assert_array_equal(array, theirs[key])
    for mine, found in zip(given.probe.layers, run.probe.layers, strict=True):
        assert found.cell.shape == mine.cell.shape and list(found.gates) == list(mine.gates)


def test_what_the_configuration_says_needs_no_list_of_cells(place: Path) -> None:
    given = tiny_content(cells=(GRU, GRU))
    network = given.config.network.model_copy(update={"cell": "gru"})
    given = replace(given, config=given.config.model_copy(update={"network": network}))
    run = commit_run(place, given, PAGES, tiny_inputs())
    assert "cells.json" not in run.manifest.files()
    assert read_run(place).network.cells == (GRU, GRU)


def test_cells_that_do_not_fit_are_refused(place: Path) -> None:
    given = tiny_content(cells=(GRU, RNN))
    short = replace(given, network=replace(given.network, layers=given.network.layers[:1]))
    run = commit_run(place, short, PAGES, tiny_inputs())
    for read in (lambda: run.network, lambda: run.probe):
        code, said = code_of(read)
        assert code == ExitCode.BAD_DATA and "cells.json: has 1 layers, config.yml 2" in said


def test_equal_jobs_give_equal_bytes(tmp_path: Path) -> None:
    first = commit_run(
        tmp_path / "a",
        tiny_content(),
        PAGES,
        tiny_inputs(),
        execution=Execution(started="2026-01-01T00:00:00Z", host="one"),
    )
    second = commit_run(
        tmp_path / "b",
        tiny_content(),
        PAGES,
        tiny_inputs(),
        execution=Execution(started="2027-01-01T00:00:00Z", host="two", log="x"),
    )
    assert first.manifest.content_id == second.manifest.content_id
    assert first.id == second.id
    for path in first.manifest.files():
        if path not in ("volatile.json", "run.log"):
            assert first.read_bytes(path) == second.read_bytes(path), path
    assert add_run(tmp_path / "c", 1).manifest.content_id != first.manifest.content_id


def test_nothing_private_is_kept(place: Path) -> None:
    content = tiny_content()
    plain = content.config.model_copy(
        update={
            "corpus": content.config.corpus.model_copy(update={"path": "/home/canary/text.xml"}),
            "store": content.config.store.model_copy(update={"directory": "/canary"}),
            "site": content.config.site.model_copy(update={"directory": "/canary"}),
            "ping": content.config.ping.model_copy(update={"url": "https://x.org/canary"}),
        }
    )
    run = commit_run(place, replace_config(content, plain), PAGES, tiny_inputs())
    for path in [*run.manifest.files(), "MANIFEST.json"]:
        assert b"canary" not in (run.folder / path).read_bytes(), path
    assert run.config.corpus.path == "text.xml"


def replace_config(content: store.RunContent, config: object) -> store.RunContent:
    return store.RunContent(**{**vars(content), "config": config})


def test_runs_are_numbered_by_a_counter(place: Path) -> None:
    assert next_run_id(place, tiny_inputs()).startswith("000001-")
    ids = [add_run(place, seed).id for seed in range(3)]
    assert [run_id[:6] for run_id in ids] == ["000001", "000002", "000003"]
    assert ids[2] == read_run(place).id
    shutil.rmtree(place / "runs" / ids[1])
    assert next_run_id(place, tiny_inputs())[:6] == "000004"
    assert read_run(place).manifest.parent == ids[1]


def test_names(place: Path) -> None:
    ids = [add_run(place, seed).id for seed in range(4)]
    for name, expected in {
        "latest": 3,
        "previous": 2,
        "latest~0": 3,
        "latest~3": 0,
        "previous~1": 1,
        ids[1]: 1,
        "000002": 1,
    }.items():
        assert read_run(place, name).id == ids[expected], name
    set_reference(place, "baseline", read_run(place, ids[0]))
    set_reference(place, "good.one", read_run(place, ids[1]))
    assert read_run(place, "baseline").id == ids[0]
    assert read_run(place, "good.one").id == ids[1]
    assert read_run(place, str(place / "runs" / ids[2])).id == ids[2]
    assert [row.references for row in list_runs(place)] == [("baseline",), ("good.one",), (), ()]


@pytest.mark.parametrize(
    "name",
    ["", "0", "latest~4", "latest~99999999", "baseline", "..", "../x", "a/b", "x" * 300, "-", "\0"],
)
def test_unknown_names_are_66(place: Path, name: str) -> None:
    for seed in range(2):
        add_run(place, seed)
    code, message = code_of(lambda: read_run(place, name))
    assert code == ExitCode.NO_INPUT, message


def test_unknown_names_get_a_suggestion(place: Path) -> None:
    run = add_run(place)
    assert "did you mean latest?" in code_of(lambda: read_run(place, "lastest"))[1]
    close = f"000001-{run.id[7:-1]}z"
    assert f"did you mean {run.id}?" in code_of(lambda: read_run(place, close))[1]


def test_an_empty_store_says_what_to_do(place: Path) -> None:
    assert list_runs(place) == []
    code, message = code_of(lambda: read_run(place))
    assert code == ExitCode.NO_INPUT
    assert "`neuronario run` makes one" in message


@pytest.mark.parametrize(
    "tag", ["latest", "baseline/x", "../x", "", "A", "a" * 41, "-a", "000001", "a\n", "a b", "\0"]
)
def test_tags_that_are_refused(place: Path, tag: str) -> None:
    run = add_run(place)
    assert code_of(lambda: set_reference(place, tag, run))[0] == ExitCode.USAGE
    assert not [path for path in (place / "refs").rglob("*") if path.is_file()]


def test_reading_the_manifest_reads_no_arrays(place: Path) -> None:
    run = add_run(place)
    (run.folder / "probe.npz").write_bytes(b"damaged")
    found = read_run(place)
    assert found.sample.characters == 12
    assert code_of(lambda: found.probe)[0] == ExitCode.BAD_DATA


def test_new_pages_make_a_new_run_without_training(place: Path) -> None:
    parent = add_run(place)
    first = add_run(place, 1)
    new = with_pages(place, first, {"index.md": b"new"}, tiny_inputs(1, templates="ee" * 32))
    assert new.pages() == {"index.md": b"new"}
    assert (new.manifest.rendered_from, new.manifest.parent) == (first.id, parent.id)
    assert new.manifest.keys.trace == first.manifest.keys.trace
    assert new.manifest.keys.report != first.manifest.keys.report
    assert (new.folder / "probe.npz").samefile(first.folder / "probe.npz"), "no second copy"
    assert read_run(place, "latest").id == new.id
    assert read_run(place, "previous").id == parent.id, "the same network is not compared"
    assert check_store(place) == []


def test_the_origin_of_an_imported_network_is_kept(place: Path) -> None:
    imported = ImportRecord(
        file="m.pt", sha256="ab" * 32, bytes=10, reader="PyTorch state dict", notes=("folded",),
        alphabet="sorted", alphabet_bits=1.5, alphabet_unigram_bits=4.0,
        alphabet_next_best_bits=None, alphabet_checked=100, unverified=("\n", "é"),
        unverified_share=0.01, no_characters=1, self_check=1e-7, self_check_characters=400,
    )  # fmt: skip
    content = store.RunContent(**{**vars(tiny_content()), "history": (), "imported": imported})
    run = commit_run(place, content, PAGES, tiny_inputs())
    again = read_run(place, run.id)
    assert (again.imported, again.history) == (imported, ())
    rendered = with_pages(place, again, PAGES, tiny_inputs(templates="ef" * 32))
    assert read_run(place, rendered.id).content().imported == imported
    assert add_run(place, seed=3).imported is None
    path = run.folder / "import.json"
    path.write_bytes(path.read_bytes().replace(b"m.pt", b"x.pt"))
    assert code_of(lambda: read_run(place, run.id).imported)[0] == ExitCode.BAD_DATA


def test_damage_is_not_handed_on_by_new_pages(place: Path) -> None:
    run = add_run(place)
    (run.folder / "probe.npz").write_bytes(b"damaged")
    code, _ = code_of(lambda: with_pages(place, run, {}, tiny_inputs()))
    assert code == ExitCode.BAD_DATA
    assert len(list_runs(place)) == 1


def test_a_failed_training_is_kept_but_never_latest(place: Path) -> None:
    run = add_run(place)
    content = tiny_content()
    failed = commit_failure(
        place, content.config, content.card, content.history, tiny_inputs(), "loss became NaN"
    )
    assert read_run(place).id == run.id
    assert [row.status for row in list_runs(place)] == ["ok", "failed"]
    code, message = code_of(lambda: failed.network)
    assert code == ExitCode.NO_INPUT
    assert "loss became NaN" in message
    assert check_store(place) == []


def test_nan_in_the_history_survives(place: Path) -> None:
    content = tiny_content()
    broken = store.RunContent(
        **{**vars(content), "history": (files_record(float("nan")),)}  # type: ignore[arg-type]
    )
    run = commit_run(place, broken, PAGES, tiny_inputs())
    assert np.isnan(run.history[0].loss)
    assert "NaN" not in (run.folder / "train.jsonl").read_text()


def files_record(loss: float) -> object:
    from jobs.model.history import EpochRecord

    return EpochRecord(1, loss, 1.23456789, 2.0, 0.1, 0.001)


def test_history_has_six_significant_digits(place: Path) -> None:
    content = store.RunContent(
        **{**vars(tiny_content()), "history": (files_record(0.123456789),)}  # type: ignore[arg-type]
    )
    line = json.loads(
        (commit_run(place, content, {}, tiny_inputs()).folder / "train.jsonl").read_text()
    )
    assert (line["loss"], line["training_bits"]) == (0.123457, 1.23457)


@pytest.mark.parametrize("where", ["write_npz", "write_bytes", "write_text", "move_folder"])
def test_a_failed_write_leaves_the_store_as_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    run = add_run(place)

    def fail(*_: object) -> None:
        raise NeuronarioError("No space left on device", ExitCode.IO_ERROR)

    monkeypatch.setattr(f"jobs.store.staged_run.{where}", fail)
    assert code_of(lambda: add_run(place, 1))[0] == ExitCode.IO_ERROR
    assert [row.run for row in list_runs(place)] == [run.id]
    assert list(Layout(place).work.iterdir()) == []
    assert check_store(place) == []


def test_pages_with_paths_that_lead_out_write_nothing(place: Path) -> None:
    with pytest.raises(ValueError, match="pattern"):
        commit_run(place, tiny_content(), {"../../../leak.md": b"x"}, tiny_inputs())
    assert not list(place.rglob("leak.md"))
    assert list_runs(place) == []


def test_a_folder_of_something_else_is_refused(place: Path) -> None:
    place.mkdir()
    (place / "thesis.tex").write_text("mine")
    assert code_of(lambda: add_run(place))[0] == ExitCode.CANNOT_CREATE
    assert [path.name for path in place.iterdir()] == ["thesis.tex"]


def test_a_store_of_a_newer_version_is_refused(place: Path) -> None:
    add_run(place)
    (place / "FORMAT").write_text("neuronario-store 2\n")
    for action in (lambda: add_run(place), lambda: list_runs(place), lambda: read_run(place)):
        code, message = code_of(action)
        assert code == ExitCode.BAD_DATA
        assert "update neuronario" in message
    assert check_store(place)[0].path == "FORMAT"


def test_a_lost_format_file_is_found_where_there_are_runs(place: Path) -> None:
    (place / "work").mkdir(parents=True)
    (place / "lock").touch()
    assert check_store(place) == [], "a first job was killed"
    add_run(place)
    (place / "FORMAT").unlink()
    assert [finding.path for finding in check_store(place)] == ["FORMAT"]
    assert code_of(lambda: add_run(place, 1))[0] == ExitCode.CANNOT_CREATE


def test_another_text_is_another_key() -> None:
    assert store.stage_keys(other_text(tiny_inputs(), "00" * 32)) != store.stage_keys(tiny_inputs())


def test_the_store_is_read_without_tensorflow() -> None:
    code = "import sys, jobs.store.store, jobs.store.check; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_files_are_durable_before_the_run_appears(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    write, move = files.write_bytes, files.move_folder
    monkeypatch.setattr(
        "jobs.store.staged_run.write_text",
        lambda path, text: (order.append(path.name), write(path, text.encode())),
    )
    monkeypatch.setattr(
        "jobs.store.staged_run.move_folder", lambda *paths: (order.append("rename"), move(*paths))
    )
    add_run(place)
    assert order == ["volatile.json", "run.log", "MANIFEST.json", "rename"]
