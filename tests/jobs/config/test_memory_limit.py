"""The smallest limit above this process counts, whichever version of control groups set it."""

import resource
from pathlib import Path

import pytest

import jobs.config.memory_limit as module
from jobs.config.memory_limit import memory_limit


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(module, "OWN_GROUPS", tmp_path / "own")
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_a_limit_the_machine_counts(groups: Path) -> None:
    assert memory_limit().reason == "this machine has"
    put(groups / "own", "0::/a\n")
    put(groups / "groups/a/memory.max", "max\n")
    assert memory_limit().reason == "this machine has"


@pytest.mark.parametrize("place", ["system.slice/diary.service", "system.slice", "."])
def test_a_limit_anywhere_above_counts(groups: Path, place: str) -> None:
    put(groups / "own", "0::/system.slice/diary.service\n")
    put(groups / "groups/system.slice/diary.service/memory.max", "max\n")
    put(groups / "groups" / place / "memory.max", "1000000\n")  # systemd's MemoryMax
    assert memory_limit().bytes == 1_000_000


def test_the_first_version_of_control_groups(groups: Path) -> None:
    put(groups / "own", "9:name=systemd:/\n4:cpu,memory:/job/1\n0::/\n")
    put(groups / "groups/memory/job/memory.limit_in_bytes", "2000000\n")
    put(groups / "groups/memory/memory.limit_in_bytes", "9223372036854771712\n")
    limit = memory_limit()
    assert (limit.bytes, limit.reason) == (
        2_000_000,
        "the control group /job (memory.limit_in_bytes) allows",
    )


def test_a_path_that_leads_out_of_the_container_means_its_root(groups: Path) -> None:
    put(groups / "own", "0::/../../host\n")
    put(groups / "groups/memory.max", "3000000\n")
    assert memory_limit().bytes == 3_000_000


def test_the_limit_on_address_space(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4_000_000, -1))
    assert memory_limit().bytes == 4_000_000
    assert "ulimit -v" in memory_limit().reason
