"""How a failure is worded on standard error: for people, and for GitHub's runner as an annotation.

A runner obeys lines that begin with ``::``, so nothing that came from a text may begin one.
"""

import os
import sys
import traceback

from jobs.printable import printable


def on_github() -> bool:
    """Whether this process runs in a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def say_error(message: str) -> None:
    """Print why the job failed: ``neuronario: message``, on GitHub an error annotation."""
    if on_github():
        print(f"::error title=neuronario::{escaped(message)}", file=sys.stderr)
    else:
        print(f"neuronario: {message}", file=sys.stderr)


def say_traceback() -> None:
    """Print the traceback of the exception being handled; its text cannot give commands."""
    for line in traceback.format_exc().splitlines():
        print(printable(line), file=sys.stderr)


def missing_package(error: Exception) -> str:
    """What to say of a Python package that is not installed; "" for any other error.

    A module of this project that is not there is a bug like others.
    """
    package = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    package = package.partition(".")[0]
    if package in ("", "jobs", "report"):
        return ""
    return (
        f"the Python package {package} is not installed; install neuronario anew, with all that "
        "it needs: pip install --force-reinstall neuronario, or in a checkout: make site"
    )


def escaped(message: str) -> str:
    """``message`` as the data of a workflow command: one line, whatever it holds."""
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
