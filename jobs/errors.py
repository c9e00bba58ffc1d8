"""Exit codes and the one exception that a user may cause.

The table is documented in README.md ("Exit codes") and tested in tests/jobs/cli/test_main.py; 65-78
follow the BSD ``sysexits.h`` convention, which cron wrappers and systemd know.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells cron, systemd or CI. Unknown codes mean failure."""

    OK = 0
    BUG = 1  # an exception nobody foresaw: the only case with a traceback
    USAGE = 2
    DIFFERENT = 3  # a gate failed, or `diff --exit-code` found differences
    UNSOUND = 4  # training gave NaN, or nothing better than unigram frequencies
    BAD_DATA = 65  # corpus unusable, artefact corrupt, history would shrink
    NO_INPUT = 66  # no such file, no such run
    CANNOT_CREATE = 73
    IO_ERROR = 74
    LOCKED = 75
    NO_PERMISSION = 77
    BAD_CONFIG = 78


class NeuronarioError(Exception):
    """An error that the user can mend; shown as one line, never with a traceback.

    The message says what is wrong, where, what is allowed and what to do.
    """

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.code = code
