from datetime import UTC, datetime, timedelta

import pytest

from jobs.cli.listing import listing_text
from jobs.config.schema import RetentionConfig, TrainingConfig
from jobs.errors import ExitCode
from jobs.store.check import check_store
from jobs.store.prune import prune
from jobs.store.run_names import read_run
from jobs.store.store import Execution, commit_run, list_runs, newest_run, run_ids, stage_keys
from jobs.store.sweeps import (
    SweepCell,
    SweepRecord,
    configuration_key,
    forget_sweep,
    newest_sweep,
    read_found,
    read_sweep,
    stored_sweep,
    sweep_key,
    write_found,
    write_sweep,
)
from tests.support.store_at import code_of
from tests.support.tiny_run import PAGES, tiny_config, tiny_content, tiny_inputs

KEEP_ONE = RetentionConfig(last=1, daily=0, weekly=0, monthly=0)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def add(store, seed, *, swept, day=0):
    when = (LONG_AGO + timedelta(days=day)).isoformat()
    execution = Execution(finished=when, sweep=swept)
    return commit_run(store, tiny_content(seed), PAGES, tiny_inputs(seed), execution=execution)


def record(seeds, key="0badcafe"):
    return SweepRecord(
        schema=1,
        key=key,
        cells=tuple(
            SweepCell(
                seed=seed,
                settings={},
                configuration=configuration_key(tiny_config(seed)),
                keys=stage_keys(tiny_inputs(seed)),
            )
            for seed in seeds
        ),
    )


def test_a_record_is_read_back(tmp_path):
    write_sweep(tmp_path, record([0, 1]))
    assert read_sweep(tmp_path, "0badcafe") == record([0, 1])
    write_found(tmp_path, "0badcafe", b"{}")
    assert read_found(tmp_path, "0badcafe") == b"{}"
    forget_sweep(tmp_path, "0badcafe")
    assert code_of(lambda: read_sweep(tmp_path, "0badcafe"))[0] == ExitCode.NO_INPUT
    assert read_found(tmp_path, "0badcafe") is None


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema": 1, "key": "0badcafe"}'])
def test_a_damaged_record_is_named_and_protects_nothing(tmp_path, data):
    add(tmp_path, 0, swept=True)
    write_sweep(tmp_path, record([0]))
    (tmp_path / "sweeps" / "0badcafe.json").write_bytes(data)
    assert code_of(lambda: read_sweep(tmp_path, "0badcafe"))[0] == ExitCode.BAD_DATA
    assert [row.sweep for row in list_runs(tmp_path)] == [""]
    assert [finding.path for finding in check_store(tmp_path)] == ["sweeps/0badcafe.json"]


def test_a_cell_is_found_by_its_key(tmp_path):
    run = add(tmp_path, 1, swept=True)
    sweep = stored_sweep(tmp_path, record([0, 1]))
    assert [None if found is None else found.id for found in sweep.runs] == [None, run.id]


def test_the_seed_is_no_part_of_a_configuration_and_the_training_is():
    one = tiny_config(1)
    assert configuration_key(one) == configuration_key(tiny_config(2))
    other = one.model_copy(update={"training": TrainingConfig(l1=0.001)})
    assert configuration_key(other) != configuration_key(one)
    assert sweep_key([one]) != sweep_key([tiny_config(2)])


def test_the_newest_sweep_of_a_configuration_has_two_seeds(tmp_path):
    key = configuration_key(tiny_config())
    for seed in (0, 1, 2):
        add(tmp_path, seed, swept=True)
    assert newest_sweep(tmp_path, key) is None
    write_sweep(tmp_path, record([0, 1], "aaaaaaaa"))
    write_sweep(tmp_path, record([2], "cccccccc"))  # one seed has no spread
    for measured in ("aaaaaaaa", "cccccccc"):
        write_found(tmp_path, measured, b"{}")
    assert newest_sweep(tmp_path, key).record.key == "aaaaaaaa"
    write_sweep(tmp_path, record([1, 2], "bbbbbbbb"))
    assert newest_sweep(tmp_path, key).record.key == "aaaaaaaa"  # the other is not measured yet
    write_found(tmp_path, "bbbbbbbb", b"{}")
    assert newest_sweep(tmp_path, key).record.key == "bbbbbbbb"
    assert newest_sweep(tmp_path, "0" * 16) is None


def test_a_run_of_a_sweep_is_latest_only_where_there_is_no_other(tmp_path):
    only = add(tmp_path, 0, swept=True)
    assert newest_run(tmp_path) == only.id
    own = add(tmp_path, 1, swept=False)
    add(tmp_path, 2, swept=True)
    add(tmp_path, 3, swept=True)
    assert newest_run(tmp_path) == own.id
    after = add(tmp_path, 4, swept=False)
    assert after.manifest.parent == own.id
    assert read_run(tmp_path, "previous").id == own.id
    assert code_of(lambda: read_run(tmp_path, "latest~2"))[0] == ExitCode.NO_INPUT


def test_runs_of_a_recorded_sweep_stay_and_push_nothing_out(tmp_path):
    own = add(tmp_path, 9, swept=False)
    cells = [add(tmp_path, seed, swept=True, day=1) for seed in range(4)]
    write_sweep(tmp_path, record([0, 1, 2]))
    decisions = prune(tmp_path, KEEP_ONE, dry_run=False)
    assert run_ids(tmp_path) == [own.id, *(cell.id for cell in cells[:3])]
    by_run = {one.run: one.reasons for one in decisions}
    assert by_run[cells[0].id] == ("sweep 0badcafe",)
    assert "last 1" in by_run[own.id]
    forget_sweep(tmp_path, "0badcafe")
    prune(tmp_path, KEEP_ONE, dry_run=False)
    assert run_ids(tmp_path) == [own.id]


def test_a_store_of_sweeps_alone_is_pruned_like_any(tmp_path):
    cells = [add(tmp_path, seed, swept=True, day=seed) for seed in range(3)]
    prune(tmp_path, KEEP_ONE, dry_run=False)
    assert cells[2].id in run_ids(tmp_path)
    assert cells[0].id not in run_ids(tmp_path)


def test_rows_tell_what_a_sweep_made(tmp_path):
    add(tmp_path, 0, swept=True)
    add(tmp_path, 1, swept=False)
    write_sweep(tmp_path, record([1]))
    assert [(row.swept, row.sweep) for row in list_runs(tmp_path)] == [
        (True, ""),
        (False, "0badcafe"),
    ]


def test_the_list_tells_the_runs_of_a_sweep_by_their_seeds(tmp_path):
    add(tmp_path, 3, swept=True)
    add(tmp_path, 4, swept=False)
    write_sweep(tmp_path, record([3]))
    lines = listing_text(list_runs(tmp_path), as_json=False).splitlines()
    assert lines[1].endswith("[sweep 0badcafe, seed 3]")
    assert "sweep" not in lines[2]
