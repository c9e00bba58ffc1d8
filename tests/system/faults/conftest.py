"""Fixtures of the fault suite, and its count at the end of a test session."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.store.store import list_runs
from tests.system.faults.job import TALLY, digest, in_a_process, job, stub_stages

ALL = os.environ.get("FAULTS") == "all"  # every case, which takes an hour; else a selection


@dataclass(frozen=True)
class Scene:
    """A folder with one finished job, and what a second one leads to if nothing goes wrong."""

    before: Path
    sites: set[str]
    content_ids: list[str]
    steps: tuple[str, ...]  # of the second job

    def copy(self, place: Path) -> Path:
        folder = place / "job"
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(self.before, folder)
        return folder


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stub_stages(patch, tmp_path_factory.mktemp("resources"))
        yield


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, stubs: None) -> Scene:
    before = tmp_path_factory.mktemp("before")
    first = in_a_process(job(before, 0))
    assert first.code == 0, first.err
    sites = {digest(before / "site")}
    place = tmp_path_factory.mktemp("after")
    after = Scene(before, sites, [], ()).copy(place)
    second = in_a_process(job(after, 1))
    assert second.code == 0, second.err
    sites.add(digest(after / "site"))
    assert len(sites) == 2
    return Scene(
        before, sites, [row.content_id for row in list_runs(after / "store")], second.steps
    )


def every(count: int, step: int) -> list[int]:
    """1, 1 + step, ... up to ``count``; all of them with FAULTS=all in the environment."""
    return list(range(1, count + 1, 1 if ALL else step))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY.cases:
        terminalreporter.write_line(f"faults: {TALLY}")
