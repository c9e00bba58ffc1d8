"""Compiled programs kept from run to run, so that the second job of a machine compiles nothing.

TensorFlow writes and reads the programs; here is where, and whether they can be trusted, since
they are machine code. The folder belongs to this user alone; it is named after processor and
TensorFlow, because a program fits no other; a program whose digest is not on record (written by a
job that was killed, damaged since) is removed before TensorFlow sees it. Without such a folder
everything works, with some seconds of compilation.
"""

import atexit
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from jobs.disk.files import write_text
from jobs.errors import NeuronarioError
from jobs.machine.runtime import cpu_identity, installed_version

VARIABLE = "NEURONARIO_CACHE"  # another folder; empty: none
MOST_BYTES = 200_000_000  # of all programs; one is about 1 MB
SUFFIX = ".sha256"


def keep_programs() -> None:
    """Tell TensorFlow, before it starts, where to keep its compiled programs."""
    folder = program_folder()
    if folder is None or "tf_xla_persistent_cache_directory" in os.environ.get("TF_XLA_FLAGS", ""):
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not belongs_to_us(folder):
            return
        discard_unknown(folder)
        discard_oldest(folder, MOST_BYTES)
        flags = (
            f"--tf_xla_persistent_cache_directory={folder} "
            "--tf_xla_persistent_cache_device_types=XLA_CPU_JIT,CPU"
        )
        os.environ["TF_XLA_FLAGS"] = f"{os.environ.get('TF_XLA_FLAGS', '')} {flags}".strip()
        atexit.register(record_programs, folder)


def program_folder() -> Path | None:
    """Where programs of this processor and this TensorFlow are kept; None: nowhere."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        base = Path(named) if named else None
    elif os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME"):
        base = user_cache_path("neuronario", appauthor=False)
    else:
        base = None  # a job without a home
    # TensorFlow splits its flags at blanks
    if base is None or not base.is_absolute() or any(sign.isspace() for sign in str(base)):
        return None
    fits = hashlib.sha256(f"{cpu_identity()} {installed_version('tensorflow')}".encode())
    return base / f"programs-{fits.hexdigest()[:16]}"


def belongs_to_us(folder: Path) -> bool:
    """Nobody else could have put a program there."""
    status = folder.lstat()
    return not folder.is_symlink() and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def discard_unknown(folder: Path) -> None:
    """Remove every program that is not, byte for byte, what was recorded of it."""
    for program in programs(folder):
        with suppress(OSError):
            record = record_of(program)
            if not record.exists() or record.read_text("ascii").strip() != digest(program):
                program.unlink()
                record.unlink(missing_ok=True)


def discard_oldest(folder: Path, most_bytes: int) -> None:
    """Remove the oldest programs until the rest takes at most ``most_bytes``."""
    newest_first = sorted(programs(folder), key=lambda path: -path.stat().st_mtime)
    total = 0
    for program in newest_first:
        total += program.stat().st_size
        if total > most_bytes:
            program.unlink()
            record_of(program).unlink(missing_ok=True)


def record_programs(folder: Path) -> None:
    """Write the digest of each program that has none. TensorFlow's own renames are atomic."""
    for program in programs(folder):
        with suppress(OSError, NeuronarioError):
            if not record_of(program).exists():
                write_text(record_of(program), digest(program) + "\n")


def programs(folder: Path) -> list[Path]:
    """All of the folder."""
    return sorted(folder.glob("*.pb"))


def record_of(program: Path) -> Path:
    """Where the digest of ``program`` stands."""
    return program.with_name(program.name + SUFFIX)


def digest(program: Path) -> str:
    """SHA-256 of the file, in hexadecimal."""
    return hashlib.sha256(program.read_bytes()).hexdigest()
