"""How much memory this process may have: the machine's, or what a limit on the way leaves of it."""

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

OWN_GROUPS = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")
UNIFIED_FILE, OLD_FILE = "memory.max", "memory.limit_in_bytes"  # version 2, version 1


@dataclass(frozen=True)
class MemoryLimit:
    """The smallest limit that holds here."""

    bytes: int
    reason: str  # in words, as "this machine has"


def memory_limit() -> MemoryLimit:
    """The smallest of the machine's memory, every control group above this process (a service's
    MemoryMax is one), and the limit on address space (``ulimit -v``).
    """
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [MemoryLimit(physical, "this machine has"), *_group_limits()]
    space = resource.getrlimit(resource.RLIMIT_AS)[0]
    if space != resource.RLIM_INFINITY:
        limits.append(MemoryLimit(space, "ulimit -v (RLIMIT_AS) allows"))
    return min(limits, key=lambda limit: limit.bytes)


def _group_limits() -> Iterator[MemoryLimit]:
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if not controllers:  # version 2, alone or beside version 1
            for root in (GROUPS, GROUPS / "unified"):
                yield from _upwards(root, group, UNIFIED_FILE)
        elif "memory" in controllers.split(","):
            yield from _upwards(GROUPS / "memory", group, OLD_FILE)


def _upwards(root: Path, group: str, name: str) -> Iterator[MemoryLimit]:
    """The limits of ``group`` and of each group above it, the root's included.

    In a container the path may be the host's and not be there: the root is what counts then.
    """
    inner = PurePosixPath(group.lstrip("/"))
    if ".." in inner.parts:
        inner = PurePosixPath()
    for path in (inner, *inner.parents):
        try:
            text = (root / path / name).read_text().strip()
        except (OSError, ValueError):
            continue
        if text.isdigit():  # else: max
            where = "/" if path == PurePosixPath() else f"/{path}"
            yield MemoryLimit(int(text), f"the control group {where} ({name}) allows")
