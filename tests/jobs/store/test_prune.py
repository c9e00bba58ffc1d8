"""Pruning a real store: what goes, what stays readable, what killed jobs left."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.config.schema import RetentionConfig
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.check import check_store
from jobs.store.layout import Layout
from jobs.store.prune import clear_leftovers, prune, remove_run, summary, thin_run
from jobs.store.store import Execution, commit_run, list_runs, read_run
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs

NOW = datetime(2026, 3, 10, tzinfo=UTC)
LAST_TWO = RetentionConfig(last=2, daily=0, weekly=0, monthly=0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for seed in range(4):
        commit_run(
            tmp_path / "store",
            tiny_content(seed),
            PAGES,
            tiny_inputs(seed),
            execution=Execution(finished=f"2026-03-0{seed + 1}T00:00:00Z"),
        )
    return tmp_path / "store"


def numbers(place: Path) -> list[int]:
    return [int(row.run[:6]) for row in list_runs(place)]


def test_a_dry_run_touches_nothing(place: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in place.rglob("*"))
    decisions = prune(place, LAST_TWO, dry_run=True, now=NOW)
    assert [item.action for item in decisions] == ["remove", "remove", "keep", "keep"]
    assert str(decisions[0]).endswith("no rule keeps it")
    assert sorted((path, path.stat().st_mtime_ns) for path in place.rglob("*")) == before


def test_pruned_runs_are_gone_and_the_others_whole(place: Path) -> None:
    decisions = prune(place, LAST_TWO, dry_run=False, now=NOW)
    assert re.fullmatch(
        r"kept 2, thinned 0, removed 2 runs; [1-9][0-9.]* kB freed", summary(decisions)
    )
    assert numbers(place) == [3, 4]
    assert check_store(place) == []
    assert list(Layout(place).work.iterdir()) == []
    assert all(item.action == "keep" for item in prune(place, LAST_TWO, dry_run=False, now=NOW))


@pytest.mark.parametrize("exchange", [True, False])
def test_a_thinned_run_keeps_its_description_and_its_content_id(
    place: Path, exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:  # a system that cannot swap two names
        monkeypatch.setattr("jobs.store.prune.exchange_names", lambda first, second: False)
    before = read_run(place, "000001")
    thin_run(place, before.id)
    after = read_run(place, "000001")
    assert after.manifest.status == "thinned"
    assert after.manifest.content_id == before.manifest.content_id
    assert after.history == before.history
    assert after.evaluation == before.evaluation
    assert sorted(path.name for path in after.folder.iterdir()) == [
        "MANIFEST.json",
        "config.yml",
        "corpus.json",
        "origin.json",
        "run.log",
        "sample.txt",
        "train.jsonl",
        "volatile.json",
    ]
    with pytest.raises(NeuronarioError, match="was thinned") as caught:
        _ = after.network
    assert caught.value.code == ExitCode.NO_INPUT
    assert check_store(place) == []
    assert [row.status for row in list_runs(place)] == ["thinned", "ok", "ok", "ok"]
    thin_run(place, before.id)
    assert check_store(place) == [], "thinning twice changes nothing"


def test_the_budget_thins(place: Path) -> None:
    size = list_runs(place)[0].bytes
    rules = LAST_TWO.model_copy(update={"last": 4, "max_bytes": size * 3})
    decisions = prune(place, rules, dry_run=False, now=NOW)
    assert [item.action for item in decisions] == ["thin", "thin", "keep", "keep"]
    assert sum(row.bytes for row in list_runs(place)) <= size * 3
    assert check_store(place) == []


def test_a_damaged_run_is_not_thinned(place: Path) -> None:
    run = read_run(place, "000001")
    (run.folder / "train.jsonl").write_text("damaged")
    with pytest.raises(NeuronarioError) as caught:
        thin_run(place, run.id)
    assert caught.value.code == ExitCode.BAD_DATA
    assert (run.folder / "weights.npz").exists()


def test_leftovers_go_and_the_newest_checkpoint_stays(place: Path) -> None:
    work = Layout(place).work
    for age, name in enumerate(["1111111111111111", "2222222222222222", "000009-00000000.new"]):
        (work / name).mkdir(parents=True)
        (work / name / "checkpoint.npz").write_bytes(b"x")
        (work / name / ".checkpoint.npz.x.tmp").write_bytes(b"x")
        os.utime(work / name, ns=(age, age))
    (place / ".FORMAT.abc12_xy.tmp").write_bytes(b"x")
    (place / "history").mkdir(exist_ok=True)
    (place / "history" / ".000002-45f5bd8d.json.abc12_xy.tmp").write_bytes(b"x")
    clear_leftovers(place)
    assert [path.name for path in work.iterdir()] == ["2222222222222222"]
    assert not list(place.rglob("*.tmp"))
    assert (work / "2222222222222222" / "checkpoint.npz").exists()


def test_a_thinning_killed_between_its_renames_is_finished(place: Path) -> None:
    run = read_run(place, "000001")
    work = Layout(place).work
    thin_run(place, run.id)
    run.folder.rename(work / f"{run.id}.thin")
    (work / f"{run.id}.gone").mkdir()
    clear_leftovers(place)
    assert numbers(place) == [1, 2, 3, 4]
    assert list(work.iterdir()) == []
    assert check_store(place) == []


def test_a_reader_whose_run_is_pruned_is_told_so(place: Path) -> None:
    removed, thinned = read_run(place, "000001"), read_run(place, "000002")
    remove_run(place, removed.id)
    thin_run(place, thinned.id)
    for run, word in ((removed, "removed by `neuronario prune`"), (thinned, "was thinned")):
        with pytest.raises(NeuronarioError, match=word) as caught:
            _ = run.probe
        assert caught.value.code == ExitCode.NO_INPUT


def test_what_is_not_ours_stays(place: Path) -> None:
    """Whatever lies in the store or in its work folder under another name than a job gives."""
    mine = ["notes.tmp", ".notes.tmp", "work/thesis/text.txt", "work/text.new/a", "history/.x.tmp"]
    for name in mine:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("mine")
    clear_leftovers(place)
    assert all((place / name).read_text() == "mine" for name in mine)
