"""A kill, or an error of the disk, at every step of a job that touches the disk."""

from pathlib import Path

import pytest

from tests.system.faults.conftest import Scene, every
from tests.system.faults.injection import ERRORS, Faults
from tests.system.faults.job import check_invariants, in_a_process, job

CODES = {"ENOSPC": {74}, "EIO": {74}, "EROFS": {73}, "EACCES": {77}}


def case(scene: Scene, place: Path, faults: Faults, allowed: set[int]) -> bool:
    folder = scene.copy(place)
    ending = in_a_process(job(folder, 1), faults)
    check_invariants(folder, ending, allowed, scene.sites, scene.content_ids)
    return ending.hit


def test_kill_at_every_step(scene: Scene, tmp_path: Path) -> None:
    killed = 0
    for at in every(len(scene.steps) + 1, 7):
        folder = scene.copy(tmp_path)
        ending = in_a_process(job(folder, 1), Faults("SIGKILL", at))
        killed += ending.code == 137
        check_invariants(folder, ending, {0, 137}, scene.sites, scene.content_ids)
    assert killed >= len(every(len(scene.steps), 7)) - 1
    print(f"{killed} kills")


def test_kill_at_the_steps_that_decide(scene: Scene, tmp_path: Path) -> None:
    deciding = [
        number
        for number, name in enumerate(scene.steps, start=1)
        if name in ("rename", "exchange", "sync")
    ]
    assert len(deciding) >= 3
    for at in {place + offset for place in deciding for offset in (0, 1)}:
        folder = scene.copy(tmp_path)
        ending = in_a_process(job(folder, 1), Faults("SIGKILL", at))
        check_invariants(folder, ending, {0, 137}, scene.sites, scene.content_ids)


@pytest.mark.parametrize("persistent", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", sorted(ERRORS))
def test_an_error_at_every_step(scene: Scene, tmp_path: Path, fault: str, persistent: bool) -> None:
    hits = 0
    steps = [number for number, name in enumerate(scene.steps, 1) if name in ERRORS[fault]]
    for at in (steps[index - 1] for index in every(len(steps), 19)):
        # clearing up after success may fail without harm: then the job has done its work
        hits += case(scene, tmp_path, Faults(fault, at, persistent=persistent), {0, *CODES[fault]})
    assert hits == len(every(len(steps), 19))
