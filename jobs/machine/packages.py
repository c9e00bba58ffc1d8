"""Whether the packages that a job needs are there, in versions that it was made for.

Asked before a job begins: a training of hours must not end at a site that cannot be built.
"""

from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.runtime import installed_version

DISTRIBUTION = "neuronario"
MODULES = {
    "tensorflow": "tensorflow",
    "mkdocs": "mkdocs",
    "mkdocs-material": "material",
    "properdocs": "properdocs",
    "zensical": "zensical",
}
TRAINING = ("tensorflow",)
SITE: Mapping[str, tuple[str, ...]] = {  # by site.builder
    "mkdocs": ("mkdocs", "mkdocs-material"),
    "properdocs": ("properdocs", "mkdocs-material"),
    "zensical": ("zensical",),
}

MATERIAL_ENDS = date(2027, 5, 5)  # its last day: no mend of any fault afterwards
MATERIAL_WARNS = date(2027, 2, 1)


def check_packages(names: tuple[str, ...]) -> None:
    """Make sure that packages can be imported and have the right version; imports none.

    Raises:
        NeuronarioError: 78, naming what is asked for. A package that another distribution
            provides (``tensorflow-cpu``) has no version to look at and is taken as it is.
    """
    for name in names:
        wanted = requirement(name)
        version = installed_version(name)
        if find_spec(MODULES[name]) is None:
            raise wrong_package(f"{name} is not installed", wanted)
        if version and not allowed(version, wanted):
            raise wrong_package(f"{name} {version} is installed", wanted)


def wrong_package(finding: str, wanted: str) -> NeuronarioError:
    """The user's error for a package that is missing or of another version."""
    return NeuronarioError(
        f"{finding}, {DISTRIBUTION} needs {wanted}: pip install '{wanted}'", ExitCode.BAD_CONFIG
    )


def requirement(name: str) -> str:
    """What this installation asks for, as ``mkdocs<2,>=1.6.1``; the name alone if it is not told.

    Without conditions: of a package that belongs to an extra, the extra is left out.
    """
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # run from a folder, never installed
        return name
    asked = [one for one in map(Requirement, lines) if one.name == name]
    asked.sort(key=lambda one: one.marker is not None)
    return f"{name}{asked[0].specifier}" if asked else name


def material_notice(today: date) -> str:
    """What ``neuronario doctor`` says of the theme's last day; "" while that is far."""
    if today < MATERIAL_WARNS:
        return ""
    known = "is maintained until" if today <= MATERIAL_ENDS else "has not been maintained since"
    return (
        f"warning: the theme MkDocs Material {known} {MATERIAL_ENDS}; "
        "`site.builder: zensical` does without it (page Operating)"
    )


def allowed(version: str, wanted: str) -> bool:
    """Whether ``version`` is what ``wanted`` asks for; a pre-release counts as its release."""
    try:
        release = Version(version).base_version
    except InvalidVersion:
        return False
    return Requirement(wanted).specifier.contains(release)
