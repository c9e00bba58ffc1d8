"""A clock that is wrong: runs are numbered by a counter, and no date removes what it should not."""

from pathlib import Path

import pytest

import jobs.pipeline.stages
from jobs.store.check import check_store
from jobs.store.store import list_runs, read_run
from tests.system.faults.conftest import Scene
from tests.system.faults.job import TALLY, in_a_process, job

RETENTION = "retention: {last: 1, daily: 0, weekly: 0, monthly: 0}\n"

CLOCKS = {
    "set back a day": ["2026-11-23T03:00:00Z", "2026-11-22T03:00:00Z"],
    "ten years ahead, then right": ["2036-11-24T03:00:00Z", "2026-11-24T03:00:00Z"],
    "an hour twice": ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"],
    "before and after 2038": ["2038-01-19T03:14:07Z", "2038-01-19T03:14:08Z"],
    "at the epoch": ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
    "unset": ["", ""],
    "at the end of time": ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"],
}


@pytest.mark.parametrize("name", CLOCKS)
def test_any_clock(
    scene: Scene, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = scene.copy(tmp_path)
    store = folder / "store"
    ids = [list_runs(store)[0].run]
    for seed, time in enumerate(CLOCKS[name], start=1):
        TALLY.cases += 1
        monkeypatch.setattr(jobs.pipeline.stages, "utc_now", lambda time=time: time)
        action = job(folder, seed)
        with (folder / "neuronario.yml").open("a", encoding="utf-8") as file:
            file.write(RETENTION)
        found = in_a_process(action)
        assert found.code == 0, found.err
        ids.append(read_run(store).id)
        assert check_store(store) == []
    assert [run_id[:6] for run_id in ids] == ["000001", "000002", "000003"]
    assert read_run(store, "latest").id == ids[-1]
    kept = {row.run for row in list_runs(store)}
    assert {ids[-1], ids[-2]} <= kept, "the latest and its parent"
    for run_id, time in zip(ids[1:], CLOCKS[name], strict=True):
        if time > "2027" or not time:
            assert run_id in kept, "what is dated in the future, or not at all, stays"
