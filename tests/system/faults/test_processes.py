"""The job as a process among others: signals, simultaneous starts, odd surroundings, full disks."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.store.lock import holder
from jobs.store.store import list_runs
from tests.support.places import ROOT
from tests.system.faults.conftest import ALL, Scene
from tests.system.faults.job import Ending, check_invariants, digest


def start(folder: Path, *arguments: str, **keywords: object) -> subprocess.Popen[str]:
    """The stub job in ``folder``, seed 1, as a process of its own."""
    environment = keywords.pop("env", dict(os.environ))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.system.faults.runner", str(folder), "1", *arguments],
        **{
            "env": {**environment, "PYTHONPATH": str(ROOT)},  # type: ignore[dict-item]
            "cwd": ROOT,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
            **keywords,  # type: ignore[dict-item]
        },
    )


def ending(process: subprocess.Popen[str]) -> Ending:
    said = process.communicate(timeout=120)[0] or ""
    code = process.returncode
    return Ending(128 - code if code < 0 else code, said, (), False)


def check(scene: Scene, folder: Path, found: Ending, allowed: set[int]) -> None:
    check_invariants(folder, found, allowed, scene.sites, scene.content_ids)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


STAGES = ("train", "report", "store", "site")
SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGXCPU")
MOMENTS = [(number, stage) for number in SIGNALS for stage in STAGES]
FEW = [*MOMENTS[:4], ("SIGINT", "train"), ("SIGHUP", "store"), ("SIGKILL", "site")]


@pytest.mark.parametrize(("number", "stage"), MOMENTS if ALL else FEW)
def test_signals_end_the_job_at_any_stage(
    scene: Scene, tmp_path: Path, number: str, stage: str
) -> None:
    folder = scene.copy(tmp_path)
    process = start(folder, stage)
    wait_for(folder / "there", process)
    assert holder(folder / "store") is not None
    process.send_signal(getattr(signal, number))
    found = ending(process)
    if number in ("SIGTERM", "SIGINT", "SIGHUP"):
        assert "ended by signal" in found.err, "a quiet job says why it ended"
    check(scene, folder, found, {128 + getattr(signal, number)})


def test_a_running_job_tells_its_progress(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    process = start(folder, "store")
    wait_for(folder / "there", process)
    process.send_signal(signal.SIGUSR1)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("store, ")
    process.kill()
    check(scene, folder, ending(process), {137})


@pytest.mark.parametrize("count", [2, 6] if ALL else [4])
def test_of_simultaneous_starts_one_wins(scene: Scene, tmp_path: Path, count: int) -> None:
    folder = scene.copy(tmp_path)
    endings = [ending(process) for process in [start(folder) for _ in range(count)]]
    codes = sorted(found.code for found in endings)
    assert codes[0] == 0
    assert set(codes) <= {0, 75}
    for found in endings:
        if found.code == 75:
            assert found.err.startswith("neuronario: ")
            assert " is in use by " in found.err
    check(scene, folder, endings[0], {0, 75})


def test_readers_read_while_a_job_runs(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    process = start(folder, "store")
    wait_for(folder / "there", process)
    assert [row.status for row in list_runs(folder / "store")] == ["ok"]
    second = ending(start(folder))
    assert second.code == 75
    assert f"process {process.pid} on " in second.err
    process.kill()
    check(scene, folder, ending(process), {137})


CRON = {"PATH": "/usr/bin:/bin", "LANG": "C", "SHELL": "/bin/sh"}


SURROUNDINGS = [
    CRON,
    {**CRON, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {**CRON, "TZ": "Pacific/Apia"},
    {**CRON, "TZ": "nonsense"},
    {**CRON, "HOME": "/nonexistent", "TMPDIR": "/nonexistent"},
    {**CRON, "TERM": "xterm", "COLUMNS": "x", "CI": "true", "GITHUB_ACTIONS": "true"},
    {**CRON, "SOURCE_DATE_EPOCH": "0"},
    {**CRON, "SOURCE_DATE_EPOCH": "-1"},
    {**CRON, "PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "1"},
]


@pytest.mark.parametrize("environment", SURROUNDINGS if ALL else SURROUNDINGS[:3])
def test_surroundings_change_nothing(
    scene: Scene, tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = scene.copy(tmp_path)
    found = ending(start(folder, env=environment))
    assert found.err == "", "quiet"
    check(scene, folder, found, {0})


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777] if ALL else [0o777])
def test_any_umask(scene: Scene, tmp_path: Path, umask: int) -> None:
    folder = scene.copy(tmp_path)
    check(scene, folder, ending(start(folder, umask=umask)), {0})


@pytest.mark.parametrize(
    "name", ["with space", "é😀", "new\nline", "-dash", "%s{}"] if ALL else ["%s{} é\n😀"]
)
def test_any_folder(scene: Scene, tmp_path: Path, name: str) -> None:
    folder = scene.copy(tmp_path)
    moved = folder.with_name(name)
    if moved.exists():
        shutil.rmtree(moved)
    folder.rename(moved)
    check(scene, moved, ending(start(moved)), {0})


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_standard_streams(scene: Scene, tmp_path: Path, closed: int) -> None:
    folder = scene.copy(tmp_path)
    command = f'exec "$@" {closed}{"<" if closed == 0 else ">"}&-'
    process = subprocess.Popen(
        [
            "sh",
            "-c",
            command,
            "sh",
            sys.executable,
            "-m",
            "tests.system.faults.runner",
            str(folder),
            "1",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    check(scene, folder, ending(process), {0})


def test_a_full_disk_behind_standard_error(scene: Scene, tmp_path: Path) -> None:
    folder = scene.copy(tmp_path)
    with Path("/dev/full").open("w") as full:
        found = ending(start(folder, stdout=full, stderr=full))
    check(scene, folder, Ending(found.code, "", (), False), {0})


@pytest.mark.parametrize("size", [1_000, 5_000, 20_000] if ALL else [5_000])
def test_a_limit_on_the_size_of_files(scene: Scene, tmp_path: Path, size: int) -> None:
    folder = scene.copy(tmp_path)

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    check(scene, folder, ending(start(folder, preexec_fn=limit)), {0, 74})


@contextmanager
def mounted(place: Path, *arguments: str) -> Iterator[Path]:
    """``place`` as a mount point; skips the test where that is not allowed."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", *arguments, str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def root_only() -> None:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")


@pytest.mark.parametrize("kilobytes", [8, 16, 24, 40, 64, 96, 128] if ALL else [16, 64])
def test_a_really_full_disk(scene: Scene, tmp_path: Path, root_only: None, kilobytes: int) -> None:
    place = tmp_path / "disk"
    with mounted(place, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        folder = scene.copy(place)
        free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
        filler = place / "filler"
        filler.write_bytes(b"\0" * (free - kilobytes * 1_024))
        found = ending(start(folder))
        assert found.code in (0, 74)
        if found.code == 74:
            assert "No space left on device" in found.err
        else:
            assert kilobytes > 24, "a run does not fit into so little"
        filler.unlink()
        check(scene, folder, found, {0, 74})


@pytest.mark.parametrize("name", ["store", "site"])
def test_a_read_only_disk(scene: Scene, tmp_path: Path, root_only: None, name: str) -> None:
    folder = scene.copy(tmp_path)
    before = digest(folder / name)
    target = folder / name
    with mounted(target, "--bind", str(target)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(target)], check=True)
        found = ending(start(folder))
        assert found.code in (73, 74, 77), found.err
        assert digest(target) == before
    check(scene, folder, found, {73, 74, 77})
