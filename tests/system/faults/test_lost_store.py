"""A store that was lost, deleted or set back must not shorten what is published."""

import shutil
from pathlib import Path

from jobs.store.store import list_runs
from tests.system.faults.conftest import Scene
from tests.system.faults.job import TALLY, digest, in_a_process, job


def test_a_lost_store_is_not_published(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    assert in_a_process(job(folder, 1)).code == 0
    before = digest(folder / "site")
    shutil.rmtree(folder / "store")
    TALLY.cases += 1
    found = in_a_process(job(folder, 2))
    assert found.code == 65
    assert "shows 2 runs that" in found.err
    assert digest(folder / "site") == before
    assert len(list_runs(folder / "store")) == 1, "the run itself is kept"


def test_a_store_that_was_set_back_is_not_published(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    shutil.copytree(folder / "store", tmp_path / "backup")
    assert in_a_process(job(folder, 1)).code == 0
    before = digest(folder / "site")
    shutil.rmtree(folder / "store")
    shutil.copytree(tmp_path / "backup", folder / "store")
    TALLY.cases += 1
    found = in_a_process(job(folder, 2))
    assert found.code == 65
    assert "shows 1 run that" in found.err
    assert digest(folder / "site") == before


def test_deleting_the_site_starts_a_new_history(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    shutil.rmtree(folder / "store")
    shutil.rmtree(folder / "site")
    TALLY.cases += 1
    assert in_a_process(job(folder, 1)).code == 0
    assert (folder / "site" / "seed.txt").read_text() == "1"


def test_pruned_runs_stay_in_the_published_history(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    for seed in range(1, 5):
        config = job(folder, seed)
        with (folder / "neuronario.yml").open("a", encoding="utf-8") as file:
            file.write("retention: {last: 1, daily: 0, weekly: 0, monthly: 0}\n")
        found = in_a_process(config)
        assert found.code == 0, found.err
    assert len(list_runs(folder / "store")) == 2, "the latest and its parent"
    text = (folder / "site" / "assets" / "generated" / "runs.json").read_text()
    assert text.count("-") == 5, "five runs were published"
    TALLY.cases += 1
