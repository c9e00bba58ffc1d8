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
from jobs.machine.graphics_card import VISIBLE, GraphicsCard
from jobs.machine.packages import TRAINING, check_packages, requirement
from jobs.machine.program_cache import keep_programs
from jobs.machine.runtime import cpu_model, lacks_avx
from jobs.printable import printable

# Graphics cards stay out of it: sums are made there in other orders than the fingerprint promises,
# and one that is busy, or small, would end the job. Said before TensorFlow looks for them.
NO_CARDS = {VISIBLE: "-1", "HIP_VISIBLE_DEVICES": "-1"}
# A process that trains on a card (jobs/pipeline/card_training.py) sees that one alone, and takes as
# much of its memory as it needs. The same seed gives the same bits on equal cards: no sums in an
# order of the moment, no products chosen by a race. And a loop over time is handed to the card as
# one graph: a third faster, since a step of a loop is shorter than the handing over of its parts.
CARD_FLAGS = (
    "--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0 --xla_gpu_graph_min_graph_size=1 "
    "--xla_gpu_enable_command_buffer=FUSION,CUBLAS,CUBLASLT,CUDNN,WHILE,CONDITIONAL,CUSTOM_CALL,"
    "DYNAMIC_SLICE_FUSION"
)
ALL_IS_WELL = b"\0all is well"
KEEPER = f"""
import sys
words = sys.stdin.buffer.read()
if not words.endswith({ALL_IS_WELL!r}):
    sys.stderr.buffer.write(words)
"""


def start_tensorflow(card: GraphicsCard | None = None) -> None:
    """Import TensorFlow; what it prints meanwhile is shown only if the import fails.

    Args:
        card: that this process trains on; None: it works on the processor alone.

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
    if card is None:
        keep_programs()
    os.environ.update(NO_CARDS if card is None else _only(card))
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


def _only(card: GraphicsCard) -> dict[str, str]:
    """What shows TensorFlow this card, and how it is to be used."""
    return {
        VISIBLE: card.address,
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {CARD_FLAGS}".strip(),
    }


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
