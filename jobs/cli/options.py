"""Options that several verbs of the command line share, and what they mean when left out."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from jobs.config.presets import preset_path

Command = TypeVar("Command", bound=Callable[..., Any])


class FiniteFloat(click.FloatRange):
    """A number in a range; what is no number (nan) is in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number, or a usage error."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


def config_option(function: Command) -> Command:
    """``--config FILE``; without it neuronario.yml of this folder, else the default preset."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        help="Configuration file [default: ./neuronario.yml, else the built-in default].",
    )(function)


def store_option(function: Command) -> Command:
    """``--store DIR``: where the runs are kept."""
    return click.option(
        "--store",
        "store_path",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the runs [default: store.directory of the configuration].",
    )(function)


def json_option(function: Command) -> Command:
    """``--json``: print JSON instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def wait_option(function: Command) -> Command:
    """``--wait SECONDS``: how long to wait for another job to end before giving up with 75."""
    return click.option(
        "--wait",
        "wait_seconds",
        metavar="SECONDS",
        type=click.IntRange(0, 1_000_000),
        default=0,
        help="Wait so long for another job to end, instead of giving up with 75 at once.",
    )(function)


def workers_option(each: str) -> Callable[[Command], Command]:
    """``--workers N``: processes of this machine; ``each`` says what one of them takes."""
    return click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        help=f"Processes on this machine, {each}.",
    )


def scheduler_option(function: Command) -> Command:
    """``--scheduler ADDRESS``: the workers of a Dask cluster instead."""
    return click.option(
        "--scheduler", metavar="ADDRESS", default="", help="Dask scheduler, as tcp://host:8786."
    )(function)


def default_config_path() -> Path:
    """./neuronario.yml where it exists, else the default preset of the package."""
    return local_config() or preset_path("default")


def local_config() -> Path | None:
    """./neuronario.yml where it exists."""
    local = Path("neuronario.yml")
    return local if local.exists() else None


def store_folder(config_path: Path | None, store_path: Path | None) -> Path:
    """The store that a command reads."""
    if store_path is not None:
        return store_path
    from jobs.config.file import load_config

    return Path(load_config(config_path or default_config_path()).config.store.directory)
