"""Importing TensorFlow without its greetings: a quiet job must not write to standard error.

The library prints about missing graphics drivers before any of its log settings is in force, from
C++, so the file descriptor itself is turned away for the moment of the import.
"""

import importlib
import os
import sys
import tempfile

from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.packages import TRAINING, check_packages, requirement
from jobs.machine.program_cache import keep_programs
from jobs.printable import printable


def start_tensorflow() -> None:
    """Import TensorFlow; what it prints meanwhile is shown only if the import fails.

    Raises:
        NeuronarioError: 78, it is not installed, of another version, or cannot be loaded.
    """
    if sys.modules.get("tensorflow"):
        return
    check_packages(TRAINING)
    keep_programs()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no information, no warnings
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as greetings:
        os.dup2(greetings.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
        except ImportError as error:  # a shared library that is missing, a package of its own
            raise NeuronarioError(
                f"tensorflow is installed but cannot be loaded: {printable(str(error))}; "
                f"install it anew: pip install --force-reinstall '{requirement('tensorflow')}'",
                ExitCode.BAD_CONFIG,
            ) from error
        except BaseException:
            greetings.seek(0)
            os.write(kept, greetings.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
