"""On what the job runs: the fingerprint within which results are bit-identical.

Versions come from the installed packages' metadata, so that nothing heavy is imported.
"""

import os
import platform
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from jobs import __version__

# The sizes of TensorFlow's thread pools decide how some sums are ordered, and so the last bits.
# They are pinned: on one core or on many the same seed gives the same weights.
POOL_THREADS = 2  # they start programs, so that both shards of a batch run side by side
# One more within programs: with two, XLA halves larger operations, and the halves only push each
# other from the cores on which both shards run.
INNER_THREADS = 1
# Where set, they choose with which instructions sums are made: the last digits of a report move.
KERNEL_VARIABLES = (
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
    "TF_ENABLE_ONEDNN_OPTS",
    "ONEDNN_MAX_CPU_ISA",
)
CPU_KEYS = ("vendor_id", "model name", "flags", "Features", "CPU part")  # x86 and ARM


@dataclass(frozen=True)
class Runtime:
    """Processor and software; equal fingerprints promise equal bytes, others only close values."""

    os: str
    arch: str
    cpu_model: str
    threads: int  # processors that this process may use
    python: str
    numpy: str
    tensorflow: str  # "" where it is not installed
    pool_threads: int = POOL_THREADS  # of TensorFlow's pools; other numbers change last bits
    inner_threads: int = INNER_THREADS
    graphics_card: str = ""  # that the network was trained on, with what decides its bits

    def stored(self) -> dict[str, Any]:
        """As digests and runs hold it; what was added later is left out where it says nothing, so
        that what an earlier version wrote stays what it was.
        """
        plain = asdict(self)
        if not self.graphics_card:
            del plain["graphics_card"]
        return plain


def current_runtime(graphics_card: str = "") -> Runtime:
    """The fingerprint of this process, which trains on ``graphics_card`` or, "", on none."""
    return Runtime(
        os=platform.system(),
        arch=platform.machine(),
        cpu_model=cpu_model(),
        threads=available_threads(),
        python=platform.python_version(),
        numpy=installed_version("numpy"),
        tensorflow=installed_version("tensorflow"),
        graphics_card=graphics_card,
    )


def available_threads() -> int:
    """Processors that this process may use, its affinity respected where the system knows it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name; "" where the system does not tell it."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor()


def cpu_identity(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name and what it can do; "" where the system does not tell it."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    pairs = (line.partition(":") for line in lines)
    return "\n".join(
        sorted({f"{key.strip()}:{value}" for key, _, value in pairs if key.strip() in CPU_KEYS})
    )


def lacks_avx(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this is an x86 processor that says what it can do, and AVX is not among it.

    TensorFlow's packages are built with these instructions and abort without them.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    flags = [
        line.partition(":")[2].split()
        for line in cpu_identity(cpuinfo).splitlines()
        if line.startswith("flags:")
    ]
    return bool(flags) and any("avx" not in known for known in flags)


def installed_version(distribution: str) -> str:
    """The installed version of a distribution; "" where there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def doctor_lines() -> list[str]:
    """One ``name: value`` line for each thing that explains a difference between two machines."""
    facts: dict[str, object] = {"neuronario": __version__, **current_runtime().stored()}
    for name in ("mkdocs", "mkdocs-material", "properdocs", "zensical", "pydantic", "scipy"):
        facts[name] = installed_version(name) or "not installed"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    facts["memory"] = decimal(memory)
    try:
        facts["free disk here"] = decimal(shutil.disk_usage(Path.cwd()).free)
    except OSError:
        facts["free disk here"] = "unknown: the working folder is gone"
    facts["tensorflow"] = facts["tensorflow"] or "not installed"
    facts |= {name: os.environ[name] for name in KERNEL_VARIABLES if os.environ.get(name)}
    return [f"{name}: {value}" for name, value in facts.items()]
