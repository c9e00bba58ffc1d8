"""Which cells are made, in which order they come into the store, what ends a sweep."""

import pytest

from jobs.config.sweep_file import load_sweep
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.runtime import current_runtime
from jobs.pipeline import sweep as sweep_room
from jobs.pipeline import sweep_cell
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.sweep import (
    SweepOptions,
    _dealt,
    _make_cells,
    describe_sweep,
    forget,
    plan_sweep,
    run_sweep,
)
from jobs.pipeline.sweep_cell import CellOutcome, CellTask, CellWork, made_run, run_cell
from jobs.store.layout import prepare_store
from jobs.store.run_names import open_run
from jobs.store.store import commit_failure, commit_run, run_ids, stage_inputs
from jobs.store.sweeps import sweep_names, write_sweep
from tests.support.command_line import write_config
from tests.support.tiny_run import PAGES, tiny_card, tiny_content, tiny_inputs

UNSOUND = CellOutcome(ExitCode.UNSOUND, "no better than character frequencies")


def work(folder, seed, *, failed=False):
    """A cell whose run stands in its own store already."""
    content, place = tiny_content(seed), folder / "cells" / str(seed)
    if failed:
        commit_failure(place, content.config, content.card, (), tiny_inputs(seed), "unsound")
    else:
        commit_run(place, content, PAGES, tiny_inputs(seed))
    task = CellTask(f"seed {seed}", content.config, None, tiny_inputs(seed))
    return CellWork(seed, task, place, None)


def take(folder, works, ended, monkeypatch, options=None):
    """Make cells by an engine that ends them as told; the lines of failures."""
    monkeypatch.setattr(sweep_room, "_engine", lambda *_: iter(ended))
    monkeypatch.setattr(sweep_room, "check_packages", lambda _: None)
    progress = ProgressDisplay(quiet=True)
    return list(_make_cells(folder / "store", works, options or SweepOptions(folder), progress))


def test_each_cell_is_in_exactly_one_part():
    cells = list(range(11))
    parts = [_dealt(cells, (number, 4)) for number in (1, 2, 3, 4)]
    assert sorted(cell for part in parts for cell in part) == cells
    assert parts[1] == [1, 5, 9]
    assert _dealt(cells, (1, 1)) == cells


def test_cells_that_end_out_of_order_come_in_in_order(tmp_path, monkeypatch):
    works = [work(tmp_path, seed) for seed in (0, 1, 2)]
    ended = [(one, CellOutcome(ExitCode.OK)) for one in reversed(works)]
    assert take(tmp_path, works, ended, monkeypatch) == []
    seeds = [open_run(tmp_path / "store", run).config.seed for run in run_ids(tmp_path / "store")]
    assert seeds == [0, 1, 2]
    assert not list((tmp_path / "cells").iterdir())


def test_an_unsound_cell_is_recorded_and_told_and_the_others_come_in(tmp_path, monkeypatch):
    works = [work(tmp_path, 0, failed=True), work(tmp_path, 1)]
    ended = [(works[0], UNSOUND), (works[1], CellOutcome(ExitCode.OK))]
    lines = take(tmp_path, works, ended, monkeypatch)
    assert lines == ["seed 0: no better than character frequencies"]
    runs = [open_run(tmp_path / "store", run) for run in run_ids(tmp_path / "store")]
    assert [run.manifest.status for run in runs] == ["failed", "ok"]


def test_any_other_failure_ends_the_sweep_and_what_is_finished_stays(tmp_path, monkeypatch):
    works = [work(tmp_path, 0), work(tmp_path, 1)]
    full = CellOutcome(ExitCode.IO_ERROR, "No space left on device")
    ended = [(works[0], CellOutcome(ExitCode.OK)), (works[1], full)]
    with pytest.raises(NeuronarioError, match="seed 1: No space left") as caught:
        take(tmp_path, works, ended, monkeypatch)
    assert caught.value.code == ExitCode.IO_ERROR
    assert len(run_ids(tmp_path / "store")) == 1


def test_a_worker_that_would_make_other_bytes_is_refused(tmp_path, monkeypatch):
    inputs = tiny_inputs(0)  # of a "test processor"
    monkeypatch.setattr(sweep_cell, "corpus_card", lambda _: tiny_card())
    task = CellTask("seed 0", tiny_content(0).config, None, inputs)
    outcome = run_cell(task, tmp_path / "cell")
    assert outcome.code == ExitCode.BAD_CONFIG
    assert "runtime.cpu_model: " in outcome.message and "\n" not in outcome.message
    assert not (tmp_path / "cell").exists()


def test_a_finished_cell_is_found_and_not_made_again(tmp_path, monkeypatch):
    content = tiny_content(0)
    monkeypatch.setattr(sweep_cell, "corpus_card", lambda _: tiny_card())
    monkeypatch.setattr(sweep_cell, "report_digest", lambda: "cd" * 32)
    inputs = stage_inputs(content.config, tiny_card(), current_runtime(), "cd" * 32)
    run = commit_run(tmp_path / "cell", content, PAGES, inputs)
    task = CellTask("seed 0", content.config, None, inputs)
    assert run_cell(task, tmp_path / "cell") == CellOutcome(ExitCode.OK)
    assert run_ids(tmp_path / "cell") == [run.id]
    assert made_run(tmp_path / "cell", inputs).id == run.id
    assert made_run(tmp_path / "cell", tiny_inputs(1)) is None


def test_a_text_that_is_not_there_ends_before_anything_is_written(tmp_path):
    write_config(tmp_path, corpus={"builtin": None, "path": "none.txt"})
    (tmp_path / "sweep.yml").write_text("config: neuronario.yml\nseeds: [0]\n")
    options = SweepOptions(tmp_path / "sweep.yml", tmp_path / "store", quiet=True)
    with pytest.raises(NeuronarioError) as caught:
        list(describe_sweep(options))
    assert caught.value.code == ExitCode.NO_INPUT
    with pytest.raises(NeuronarioError):
        run_sweep(options)
    assert not (tmp_path / "store" / "sweeps").exists()


def test_a_sweep_that_is_forgotten_leaves_nothing_of_its_own(tmp_path):
    write_config(tmp_path)
    (tmp_path / "sweep.yml").write_text("config: neuronario.yml\nseeds: [0]\n")
    options = SweepOptions(tmp_path / "sweep.yml", tmp_path / "store", quiet=True)
    assert not forget(options)
    plan = plan_sweep(load_sweep(options.path), options.store)
    prepare_store(options.store)
    write_sweep(options.store, plan.record)
    begun = options.store / "work" / "cells" / plan.cells[0].keys.trace[:16]
    other = options.store / "work" / "cells" / "another"
    for place in (begun, other):
        place.mkdir(parents=True)
    assert forget(options)
    assert sweep_names(options.store) == [] and not begun.exists() and other.exists()
    assert not forget(options)
