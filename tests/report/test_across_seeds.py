"""A sweep is measured from the store, and shown on the pages of each of its runs."""

import json

import pytest

from jobs.pipeline.reports import diff_runs, write_report
from jobs.store.run import RunContent
from jobs.store.store import commit_run, stage_inputs, stage_keys
from jobs.store.sweeps import (
    SweepCell,
    SweepRecord,
    configuration_key,
    stored_sweep,
    write_found,
    write_sweep,
)
from report.across_seeds import (
    found_of,
    measure_sweep,
    noise_of,
    pages_among_seeds,
    seed_pages,
    summary_lines,
)
from report.measures.universality.record import to_bytes
from tests.support.compare_runs import network, text_of, view
from tests.support.tiny_run import RUNTIME

TEXT = text_of(1_200)
SIZE = len(set(TEXT))  # the sample has no other characters
STORED = {"index.md": b"as stored\n"}


def add(store, seed):
    own = view(network(seed, SIZE), text=TEXT, seed=seed)
    content = RunContent(
        own.config, own.card, own.network, own.history, own.evaluation, own.sample, own.probe
    )
    inputs = stage_inputs(own.config, own.card, RUNTIME, "cd" * 32)
    return commit_run(store, content, STORED, inputs)


def cell(run, settings):
    return SweepCell(
        seed=run.config.seed,
        settings=settings,
        configuration=configuration_key(run.config),
        keys=stage_keys(run.manifest.inputs),
    )


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A store with two runs of a sweep, and one that is none of it."""
    store = tmp_path_factory.mktemp("swept")
    runs = [add(store, seed) for seed in (0, 1, 2)]
    record = SweepRecord(
        schema=1, key="0badcafe", cells=tuple(cell(run, {"training.l1": 0}) for run in runs[:2])
    )
    write_sweep(store, record)
    found = measure_sweep(stored_sweep(store, record), "program")
    write_found(store, record.key, to_bytes(found))
    return store, runs, found


def test_each_unit_of_each_run_is_measured(swept):
    _, runs, found = swept
    (setting,) = found.settings
    assert setting.contents == tuple(run.manifest.content_id for run in runs[:2])
    assert setting.name == "training.l1 0"
    assert [len(units) for units in setting.measured.units] == [14, 14]
    (line,) = summary_lines(found)
    assert line.startswith("training.l1 0: bits 3.100, sd 0.000, worst 3.100 of 2 seeds; layer 1: ")


def test_a_run_of_the_sweep_is_rendered_with_a_box_on_each_page(swept, tmp_path):
    store, runs, _ = swept
    pages = {page.path: page for page in pages_among_seeds(store, runs[1])}
    text = pages["neurons/l2/n3.md"].text
    assert "In other seeds" in text and " of 1</strong>" in text
    assert "rotated" in text and "untrained networks" in text  # never without its nulls
    assert "Other seeds" in pages["index.md"].text  # a column of the list
    write_report(store, runs[1].id, tmp_path / "report")
    assert "In other seeds" in (tmp_path / "report" / "neurons" / "l2" / "n3.md").read_text()


def test_another_run_of_the_configuration_keeps_its_pages_and_gets_the_page_of_the_seeds(swept):
    store, runs, _ = swept
    assert {page.path: page.data for page in pages_among_seeds(store, runs[2])} == STORED
    (page,) = seed_pages(store, runs[2])
    assert page.path == "sweep.md" and "this site's network" not in page.text
    (page,) = seed_pages(store, runs[0])
    assert "this site's network" in page.text.replace("&#39;", "'")


def test_the_noise_of_a_configuration_is_that_of_its_newest_sweep(swept):
    store, runs, _ = swept
    for run in runs:  # the third is no cell, and has the same configuration
        noise = noise_of(store, run)
        assert (noise.seeds, noise.bits) == (2, 0.0)
    answer = diff_runs(store, runs[0].id, runs[2].id, "text")
    assert "seed differs; another seed alone changes up to 0.000 bits (2 seeds)" in answer.text


def test_without_a_sweep_nothing_changes(tmp_path):
    run = add(tmp_path, 0)
    assert noise_of(tmp_path, run) is None
    assert found_of(tmp_path, run) is None
    assert {page.path: page.data for page in pages_among_seeds(tmp_path, run)} == STORED
    assert list(seed_pages(tmp_path, run)) == []


def test_a_damaged_record_is_as_none(swept, tmp_path):
    found = swept[2]
    run = add(tmp_path, 0)
    other = add(tmp_path, 1)
    record = SweepRecord(schema=1, key="0badcafe", cells=(cell(run, {}), cell(other, {})))
    write_sweep(tmp_path, record)
    for data in (b"", b"{}", json.dumps({"schema": 1}).encode()):
        write_found(tmp_path, "0badcafe", data)
        assert found_of(tmp_path, run) is None
        assert list(seed_pages(tmp_path, run)) == []
    write_found(tmp_path, "0badcafe", to_bytes(found))
    assert found_of(tmp_path, run) is not None
