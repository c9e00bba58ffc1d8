"""Importing TensorFlow without its greetings: a quiet job must not write to standard error.

The library prints about missing graphics drivers before any of its log settings is in force, from
C++, so the file descriptor itself is turned away for the moment of the import.
"""

import importlib
import os
import sys
import tempfile

from jobs.program_cache import keep_programs


def start_tensorflow() -> None:
    """Import TensorFlow; what it prints meanwhile is shown only if the import fails."""
    if "tensorflow" in sys.modules:
        return
    keep_programs()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no information, no warnings
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as greetings:
        os.dup2(greetings.fileno(), 2)
        try:
            importlib.import_module("tensorflow")
        except BaseException:
            greetings.seek(0)
            os.write(kept, greetings.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
