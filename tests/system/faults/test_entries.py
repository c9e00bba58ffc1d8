"""A kill at every step of an exchange entry by entry: the next start finishes it."""

from pathlib import Path

import pytest
import yaml

from jobs.disk.mark import MARK, foreign_files, read_mark
from tests.system.faults.conftest import Scene, every
from tests.system.faults.injection import Faults
from tests.system.faults.job import TALLY, in_a_process, job

KEPT = {"CNAME": "example.org", "assets/own.css": "mine", ".well-known/a": "mine"}


@pytest.fixture
def by_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.disk.replaceable._reason_for_inside", lambda folder: "a test")


def keeping(folder: Path) -> None:
    """Put the user's files into the site, and their names into the configuration."""
    for name, text in KEPT.items():
        (folder / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "site" / name).write_text(text)


def job_that_keeps(folder: Path):
    action = job(folder, 1)
    path = folder / "neuronario.yml"
    plain = yaml.safe_load(path.read_text())
    plain["site"] = {"keep": ["CNAME", "assets/own.css", ".well-known"]}
    path.write_text(yaml.safe_dump(plain))
    return action


@pytest.mark.parametrize(
    "two_renames",
    [False, pytest.param(True, marks=pytest.mark.long)],
    ids=["exchange", "two renames"],
)
def test_kill_at_every_step(
    scene: Scene,
    tmp_path: Path,
    by_entries: None,
    monkeypatch: pytest.MonkeyPatch,
    two_renames: bool,
) -> None:
    if two_renames:
        monkeypatch.setattr("jobs.disk.exchange.exchange_names", lambda first, second: False)
    folder = scene.copy(tmp_path)
    keeping(folder)
    whole = in_a_process(job_that_keeps(folder))
    assert whole.code == 0, whole.err
    first = whole.steps.index("sync")  # before it, nothing of the site has been touched
    kills = 0
    for at in every(len(whole.steps) - first, 3):
        TALLY.cases += 1
        folder = scene.copy(tmp_path)
        keeping(folder)
        ending = in_a_process(job_that_keeps(folder), Faults("SIGKILL", first + at))
        kills += ending.code == 137
        again = in_a_process(job_that_keeps(folder))
        assert again.code == 0, again.err
        site = folder / "site"
        assert {name: (site / name).read_text() for name in KEPT} == KEPT, f"at step {at}"
        assert (site / "seed.txt").read_text() == "1"
        ours = read_mark(site)
        assert ours is not None and sorted(foreign_files(site, ours)) == sorted(KEPT)
        assert {path.name for path in site.iterdir()} >= {MARK, "index.html"}
        assert not list(site.glob(".neuronario.work"))
    assert kills > 5
