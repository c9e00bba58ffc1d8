"""tag, untag, baseline, prune on a store of tiny runs."""

import json

import pytest
from click.testing import CliRunner

from jobs.cli.main import cli
from jobs.errors import ExitCode, NeuronarioError
from jobs.store.run_names import reference_names
from tests.support.store_at import add_run


@pytest.fixture
def store(tmp_path):
    for seed in range(3):
        add_run(tmp_path / "store", seed)
    return tmp_path / "store"


def call(store, *words):
    done = CliRunner().invoke(cli, [*words, "--store", str(store)], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output


def test_a_tag_is_given_and_taken_away(store):
    call(store, "tag", "latest", "before-move")
    call(store, "baseline")
    assert reference_names(store) == ["baseline", "before-move"]
    assert call(store, "untag", "before-move") == "before-move: taken away\n"
    assert call(store, "baseline", "--clear") == "baseline: taken away\n"
    assert reference_names(store) == []


@pytest.mark.parametrize(
    "words", [("untag", "nothing"), ("untag", "../x"), ("baseline", "--clear")]
)
def test_what_is_not_there_cannot_be_taken_away(store, words):
    with pytest.raises(NeuronarioError, match="no ") as caught:
        call(store, *words)
    assert caught.value.code == ExitCode.NO_INPUT


def test_untag_names_what_was_meant(store):
    call(store, "tag", "latest", "before-move")
    with pytest.raises(NeuronarioError, match="did you mean before-move"):
        call(store, "untag", "before-mvoe")


def test_prune_in_json_gives_a_reason_for_each_run(store):
    found = json.loads(call(store, "prune", "--dry-run", "--json"))
    assert found["dry_run"] is True
    assert [run["action"] for run in found["runs"]] == ["keep"] * 3
    assert all(run["reasons"] and "bytes" in run for run in found["runs"])
