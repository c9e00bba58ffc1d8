"""A site is never replaced by one that shows less history."""

from pathlib import Path

import pytest

from jobs.config.schema import RetentionConfig
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.check import check_store
from jobs.store.prune import prune, remove_run
from jobs.store.published_history import (
    RUNS,
    check_not_shorter,
    keep_line,
    kept_line,
    known_runs,
    runs_file,
)
from jobs.store.store import Execution, commit_run
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs

LINE = {"run": "x", "bits": 1.5, "labels": None, "layers": [{"share": 0.25}]}


def make_store(place: Path, runs: int) -> Path:
    for seed in range(runs):
        run = commit_run(
            place,
            tiny_content(seed),
            PAGES,
            tiny_inputs(seed),
            execution=Execution(finished="2026-01-01T00:00:00Z"),
        )
        keep_line(place, run.id, LINE)
    return place


def publish(store: Path, site: Path) -> None:
    (site / RUNS).parent.mkdir(parents=True, exist_ok=True)
    (site / RUNS).write_bytes(runs_file(store))


def test_a_growing_history_may_be_published(tmp_path: Path) -> None:
    store, site = make_store(tmp_path / "a", 2), tmp_path / "site"
    check_not_shorter(site, store)
    publish(store, site)
    make_store(store, 1)
    check_not_shorter(site, store)


def test_a_lost_store_is_noticed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    publish(make_store(tmp_path / "a", 3), site)
    fresh = make_store(tmp_path / "b", 1)
    with pytest.raises(NeuronarioError, match="shows 2 runs that") as caught:
        check_not_shorter(site, fresh)
    assert caught.value.code == ExitCode.BAD_DATA


def test_pruning_does_not_shorten_the_history(tmp_path: Path) -> None:
    store, site = make_store(tmp_path / "a", 3), tmp_path / "site"
    publish(store, site)
    rules = RetentionConfig(last=1, daily=0, weekly=0, monthly=0)
    prune(store, rules, dry_run=False)
    assert len(list((store / "runs").iterdir())) == 2, "the latest and its parent"
    assert len(known_runs(store)) == 3
    check_not_shorter(site, store)


def test_runs_that_were_never_published_may_go(tmp_path: Path) -> None:
    store, site = make_store(tmp_path / "a", 2), tmp_path / "site"
    for path in (store / "history").iterdir():
        path.unlink()
    publish(store, site)
    remove_run(store, known_runs(store)[0])
    check_not_shorter(site, store)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'["../x"]', b"\xff", b"[" * 99_999])
def test_a_damaged_list_of_a_site_is_65(tmp_path: Path, content: bytes) -> None:
    store, site = make_store(tmp_path / "a", 1), tmp_path / "site"
    publish(store, site)
    (site / RUNS).write_bytes(content)
    with pytest.raises(NeuronarioError, match="damaged") as caught:
        check_not_shorter(site, store)
    assert caught.value.code == ExitCode.BAD_DATA


def test_every_damaged_byte_of_a_kept_line_is_found(tmp_path: Path) -> None:
    store = make_store(tmp_path / "a", 1)
    name = known_runs(store)[0]
    path = store / "history" / f"{name}.json"
    whole = path.read_bytes()
    assert kept_line(store, name) == LINE
    assert check_store(store) == []
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1
        for damaged in (bytes(flipped), whole[:position]):
            path.write_bytes(damaged)
            assert kept_line(store, name) is None
    assert [finding.path for finding in check_store(store)] == [f"history/{name}.json"]
