"""Freed memory goes back."""

import ctypes
from pathlib import Path

import pytest

from jobs.machine.memory import return_freed_memory


def resident() -> int:
    """Bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="not glibc on Linux",
)
def test_what_is_freed_between_objects_that_stay_goes_back():
    blocks = [bytearray(10_000) for _ in range(10_000)]  # 100 MB in blocks of the heap
    for block in blocks:
        block[::4096] = b"x" * 3  # so that every page is there
    kept = blocks[::1000] + blocks[-1:]
    del blocks, block
    before = resident()

    return_freed_memory()

    assert len(kept) == 11
    assert before - resident() > 50_000_000
