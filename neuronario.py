"""The command ``neuronario``: hands over to ``jobs/cli/main.py``.

The packages of this project have common names. Where another package of such a name is found first
(by PYTHONPATH, or in the folder of ``python -m``), this says so instead of failing somewhere in it.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

BAD_INSTALLATION = 78
# A file that no other package of the name has. Not the place: an editable installation keeps a copy
# of this module apart from the packages.
LANDMARKS = {"jobs": "pipeline/pipeline.py", "report": "make_report.py"}


def main() -> None:
    """Start the command line, if the packages are ours."""
    for name, landmark in LANDMARKS.items():
        found = place_of(name)
        if found is None or not (found / landmark).is_file():
            print(f"neuronario: {refusal(name, found)}", file=sys.stderr)
            sys.exit(BAD_INSTALLATION)
    from jobs.cli.main import main as start

    start()


def place_of(name: str) -> Path | None:
    """The folder of the package that ``import name`` would find; nothing of it is run."""
    spec = find_spec(name)
    folders = list(spec.submodule_search_locations or [spec.origin or ""]) if spec else []
    return Path(folders[0]).resolve() if folders else None


def refusal(name: str, found: Path | None) -> str:
    """What to say of a package that is not ours."""
    if found is None:
        return f"its package {name} is missing; install neuronario anew"
    return (
        f"the package {name} in {found.parent} hides neuronario's own; take that folder from "
        "PYTHONPATH, start from another folder, or install by pipx or uv tool"
    )


if __name__ == "__main__":
    main()
