"""The steps of the workflow that keep the history of runs on a branch, and its gate.

They are run as they stand, against a repository on this disk.
"""

import re
import shutil
import subprocess

import pytest

from report.compare.gate_file import read_gate
from tests.support.deployment import BRANCH, Runner, git, workflow


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


@pytest.fixture
def kept(runner):
    """A repository whose history holds one run."""
    tip = runner.fetch()
    assert tip == ""
    runner.first = runner.add_run(0)
    (runner.store / "work").mkdir(exist_ok=True)
    (runner.store / "work" / "checkpoint").write_text("large")
    code, said, _ = runner.keep(tip)
    assert code == 0, said
    return runner


def test_history_goes_from_machine_to_machine_byte_for_byte(kept):
    before = {path: path.read_bytes() for path in kept.store.rglob("*") if path.is_file()}
    kept.clean()
    tip = kept.fetch()
    assert tip == kept.branch()
    after = {path: path.read_bytes() for path in kept.store.rglob("*") if path.is_file()}
    assert after and after == {
        path: data for path, data in before.items() if path.name not in ("checkpoint", "lock")
    }
    second = kept.add_run(1)
    assert kept.keep(tip)[0] == 0
    assert kept.kept() == [kept.first, second]
    assert git("-C", kept.remote, "rev-list", "--count", BRANCH) == "1"


def test_nothing_new_makes_no_new_commit(kept):
    before = kept.branch()
    kept.clean()
    assert kept.keep(kept.fetch())[0] == 0
    assert kept.branch() == before


def test_a_repository_that_does_not_answer_is_not_a_first_run(kept):
    kept.clean()
    kept.remote.rename(kept.hosting / "away")
    code, said, outputs = kept.run("Fetch the history of runs")
    assert (code, outputs) == (75, {}), said
    assert "::error::" in said


@pytest.mark.parametrize(("times", "code"), [(1, 0), (4, 0), (5, 75)])
def test_rejected_pushes_are_tried_again_and_lose_nothing(kept, times, code):
    kept.clean()
    tip = kept.fetch()
    second = kept.add_run(1)
    kept.reject(times)
    assert kept.keep(tip)[0] == code
    assert kept.kept() == [kept.first, second][: 2 if code == 0 else 1]


def test_a_history_that_somebody_else_changed_is_left_alone(kept):
    kept.clean()
    tip = kept.fetch()
    kept.add_run(1)
    tree = git("-C", kept.remote, "rev-parse", f"{BRANCH}^{{tree}}")
    other = git("-C", kept.remote, "commit-tree", "-m", "other", tree)
    git("-C", kept.remote, "update-ref", f"refs/heads/{BRANCH}", other)
    code, said, _ = kept.keep(tip)
    assert (code, kept.branch()) == (75, other), said


def test_a_branch_that_was_removed_meanwhile_is_made_again(kept):
    kept.clean()
    tip = kept.fetch()
    second = kept.add_run(1)
    git("-C", kept.remote, "update-ref", "-d", f"refs/heads/{BRANCH}")
    assert kept.keep(tip)[0] == 0
    assert kept.kept() == [kept.first, second]


def test_a_store_that_lost_its_history_is_not_kept(kept):
    before = kept.branch()
    kept.clean()
    tip = kept.fetch()
    shutil.rmtree(kept.store)
    kept.add_run(1)
    code, said, _ = kept.keep(tip)
    assert (code, kept.branch()) == (65, before), said
    assert "::error::the store lacks runs" in said


def test_a_pruned_run_may_go_because_its_line_stays(kept):
    from jobs.store.prune import remove_run

    kept.clean()
    tip = kept.fetch()
    second = kept.add_run(1)
    remove_run(kept.store, kept.first)
    code, said, _ = kept.keep(tip)
    assert (code, kept.kept()) == (0, [second]), said


def test_a_damaged_store_is_not_kept(kept):
    before = kept.branch()
    kept.clean()
    tip = kept.fetch()
    (kept.store / "runs" / kept.first / "sample.npz").write_bytes(b"")
    assert kept.keep(tip)[0] == 65
    assert kept.branch() == before


@pytest.mark.parametrize(
    ("answer", "step", "recorded"), [(0, 0, "0"), (3, 0, "3"), (65, 1, "65"), (1, 1, "1")]
)
@pytest.mark.parametrize("own_gate", [True, False])
def test_a_red_gate_still_publishes_and_other_failures_do_not(
    runner, answer, step, recorded, own_gate
):
    program = runner.folder / ".venv" / "bin" / "neuronario"
    program.write_text(f'#!/bin/sh\necho "$@" >> asked\nexit {answer}\n')
    if own_gate:
        (runner.folder / "gate.yml").write_text("max_label_changes: 1\n")
    code, _, outputs = runner.run("Changes and gate")
    assert (code, outputs) == (step, {"code": recorded})
    gate = re.search(r"--gate (\S+)", (runner.folder / "asked").read_text())[1]
    assert read_gate(runner.folder / gate).max_label_changes == (1 if own_gate else None)
    assert (gate == "gate.yml") == own_gate


def test_the_gate_job_waits_for_publishing_and_is_red():
    gate = workflow()["jobs"]["gate"]
    assert gate["needs"] == ["build", "deploy"] and "== '3'" in gate["if"]
    done = subprocess.run(["bash", "-e", "-c", gate["steps"][0]["run"]], check=False)
    assert done.returncode == 3
