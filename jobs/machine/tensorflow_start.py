"""Importing TensorFlow without its greetings: a quiet job must not write to standard error.

The library prints about missing graphics drivers before any of its log settings is in force, from
C++, so the file descriptor itself is turned away for the moment of the import: to a small process
that keeps the words, and prints them only if this one ends before all is well. An abort inside the
library, which nothing here survives, so leaves its reasons.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.packages import TRAINING, check_packages, requirement
from jobs.machine.program_cache import keep_programs
from jobs.machine.runtime import cpu_model, lacks_avx
from jobs.printable import printable

# Graphics cards stay out of it: sums are made there in other orders than the fingerprint promises,
# and one that is busy, or small, would end the job. Said before TensorFlow looks for them.
NO_CARDS = {"CUDA_VISIBLE_DEVICES": "-1", "HIP_VISIBLE_DEVICES": "-1"}
ALL_IS_WELL = b"\0all is well"
KEEPER = f"""
import sys
words = sys.stdin.buffer.read()
if not words.endswith({ALL_IS_WELL!r}):
    sys.stderr.buffer.write(words)
"""


def start_tensorflow() -> None:
    """Import TensorFlow; what it prints meanwhile is shown only if the import fails.

    Raises:
        NeuronarioError: 78, it is not installed, of another version, cannot be loaded, or cannot
            run on this processor.
    """
    if sys.modules.get("tensorflow"):
        return
    check_packages(TRAINING)
    if lacks_avx():
        raise NeuronarioError(
            f"this processor ({cpu_model() or 'of unknown name'}) has no AVX instructions, without "
            "which tensorflow aborts; use another machine, or show this one's real processor to "
            "the virtual machine",
            ExitCode.BAD_CONFIG,
        )
    keep_programs()
    os.environ.update(NO_CARDS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no information, no warnings
    with _greetings_kept():
        try:
            importlib.import_module("tensorflow")
        except ImportError as error:  # a shared library that is missing, a package of its own
            problem = NeuronarioError(
                f"tensorflow is installed but cannot be loaded: {printable(str(error))}; "
                f"install it anew: pip install --force-reinstall '{requirement('tensorflow')}'",
                ExitCode.BAD_CONFIG,
            )
            problem.__cause__ = error
        else:
            return
    raise problem


@contextmanager
def _greetings_kept() -> Iterator[None]:
    """Turn standard error away for the body of a ``with``; an exception lets the words out."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", KEEPER], stdin=subprocess.PIPE, stdout=kept
        )
    except (OSError, ValueError):  # no second process can be had: the words come at once
        os.close(kept)
        yield
        return
    assert keeper.stdin is not None
    os.dup2(keeper.stdin.fileno(), 2)
    try:
        yield
        os.write(2, ALL_IS_WELL)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        keeper.stdin.close()
        keeper.wait()
