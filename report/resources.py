"""Where the report's templates, hand-written pages and MkDocs settings are."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jobs.errors import ExitCode, NeuronarioError


@dataclass(frozen=True)
class Resources:
    """Read-only files that come with the program."""

    templates: Path
    site_src: Path
    mkdocs_yml: Path
    checkout: bool  # a source tree: generated pages are mirrored into its site_src/


@cache
def resources() -> Resources:
    """The files beside the package in a checkout, else those inside the installed package.

    Raises:
        NeuronarioError: 66, the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for root, checkout in ((package.parent, True), (package / "bundled", False)):
        here = Resources(
            root / "templates", root / "site_src", root / "mkdocs.yml", checkout=checkout
        )
        if here.templates.is_dir() and here.site_src.is_dir() and here.mkdocs_yml.is_file():
            return here
    raise NeuronarioError(
        f"the report's templates are missing beside and inside {package}; reinstall neuronario",
        ExitCode.NO_INPUT,
    )
