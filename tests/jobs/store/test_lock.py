"""The store's lock: one holder, free after any death, readers never wait."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.disk.replaceable import Place
from jobs.errors import ExitCode, NeuronarioError
from jobs.store import lock
from jobs.store.layout import Layout
from jobs.store.lock import holder, locked, locked_site
from jobs.store.store import list_runs

HOLD = """
import sys, time
from pathlib import Path
from jobs.store.lock import locked
with locked(Path(sys.argv[1]), "train, epoch 3 of 20"):
    print("held", flush=True)
    time.sleep(60)
"""
TRY = """
import sys, time
from pathlib import Path
from jobs.errors import NeuronarioError
from jobs.store.lock import locked
print("ready", flush=True)
sys.stdin.readline()
try:
    with locked(Path(sys.argv[1]), "trying"):
        print("won", flush=True)
        sys.stdin.readline()
except NeuronarioError as error:
    print("lost", int(error.code), flush=True)
"""


def start(program: str, store: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_second_job_is_told_who_is_at_work_and_75(tmp_path: Path) -> None:
    other = start(HOLD, tmp_path)
    try:
        assert said(other) == "held"
        with pytest.raises(NeuronarioError) as caught, locked(tmp_path, "second"):
            pass
        assert caught.value.code == ExitCode.LOCKED
        message = str(caught.value)
        assert f"process {other.pid} on " in message
        assert "since 20" in message
        assert "(train, epoch 3 of 20)" in message
        found = holder(tmp_path)
        assert found is not None
        assert found.process == other.pid
        assert list_runs(tmp_path) == [], "readers do not wait"
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_is_free_after_any_death(tmp_path: Path, number: signal.Signals) -> None:
    other = start(HOLD, tmp_path)
    assert said(other) == "held"
    other.send_signal(number)
    other.wait()
    assert holder(tmp_path) is None
    with locked(tmp_path, "next"):
        assert holder(tmp_path) is not None


def test_children_do_not_keep_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path, "parent"):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with locked(tmp_path, "next"):
            pass
    finally:
        child.kill()
        child.wait()


def test_of_simultaneous_starts_exactly_one_wins(tmp_path: Path) -> None:
    processes = [start(TRY, tmp_path) for _ in range(6)]
    for process in processes:
        assert said(process) == "ready"
    for process in processes:
        tell(process)
    results = [said(process) for process in processes]
    for process, result in zip(processes, results, strict=True):
        if result == "won":
            tell(process)
        process.wait(timeout=20)
    assert sorted(results) == ["lost 75"] * 5 + ["won"]


def test_waiting_for_the_lock(tmp_path: Path) -> None:
    other = start(TRY, tmp_path)
    said(other)
    tell(other)
    assert said(other) == "won"
    tell(other)  # it ends soon
    with locked(tmp_path, "patient", wait_seconds=20):
        pass
    other.wait()


def test_what_the_job_does_is_kept_up_to_date(tmp_path: Path) -> None:
    with locked(tmp_path, "train") as lock:
        lock.describe("train, epoch 12 of 20")
        assert holder(tmp_path).doing == "train, epoch 12 of 20"  # type: ignore[union-attr]
        lock.describe("short")
        assert json.loads(Layout(tmp_path).lock.read_text())["doing"] == "short"
    assert Layout(tmp_path).lock.read_text() == ""


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[", b"[]", b'{"process": "x"}', b"[" * 9_000]
)
def test_an_unreadable_lock_file_still_excludes(tmp_path: Path, content: bytes) -> None:
    with locked(tmp_path, "first"):
        Layout(tmp_path).lock.write_bytes(content)
        with (
            pytest.raises(NeuronarioError, match="another process") as caught,
            locked(tmp_path, ""),
        ):
            pass
        assert caught.value.code == ExitCode.LOCKED


def test_the_lock_is_released_when_the_job_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path, "failing"):
        raise ZeroDivisionError
    with locked(tmp_path, "next"):
        pass


def test_a_link_in_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    store = tmp_path / "store"
    store.mkdir()
    (store / "lock").symlink_to(target)
    with pytest.raises(NeuronarioError), locked(store, "x"):
        pass
    assert target.read_text() == "mine"


def test_a_store_inside_a_file_is_73(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NeuronarioError) as caught, locked(tmp_path / "file" / "store", "x"):
        pass
    assert caught.value.code == ExitCode.CANNOT_CREATE


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.store.lock.file_system", lambda path: "nfs4")
    with pytest.raises(NeuronarioError, match="nfs4") as caught, locked(tmp_path, "x"):
        pass
    assert caught.value.code == ExitCode.CANNOT_CREATE
    monkeypatch.setattr("jobs.store.lock.file_system", lambda path: "ext4")
    with locked(tmp_path, "x"):
        pass


def test_a_site_has_one_lock_for_all_stores(tmp_path: Path) -> None:
    place = Place(tmp_path / "site")
    with locked_site(place, "run of one"):
        with pytest.raises(NeuronarioError, match="run of one") as caught:  # noqa: SIM117
            with locked_site(place, "run of another"):
                pass
        assert caught.value.code == ExitCode.LOCKED
    assert list(tmp_path.iterdir()) == []  # nothing stays beside the site
    with locked_site(place, "run of another"):
        pass


def test_a_lock_on_a_file_that_was_removed_excludes_nobody_and_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "site")
    opened = []

    def removed_meanwhile(path: Path) -> int:
        handle = real(path)
        opened.append(handle)
        if len(opened) == 1:  # the last holder ends between the opening and the lock
            path.unlink()
        return handle

    real = lock._open
    monkeypatch.setattr(lock, "_open", removed_meanwhile)
    with locked_site(place, "a job"):
        assert (place.workspace / "lock").exists()
    assert len(opened) == 2
