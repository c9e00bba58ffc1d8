"""What surrounds a job that writes: the store's lock, progress, signals, the health check."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs.config.file import ConfigFile
from jobs.config.schema import Config
from jobs.errors import ExitCode
from jobs.pipeline.healthcheck import HealthCheck
from jobs.pipeline.places import check_store
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.signals import answer_signals
from jobs.store.lock import locked


@dataclass(frozen=True)
class ModelToImport:
    """What the command line says about a model file; paths start at the working directory."""

    model: Path
    text: Path | None = None  # None: as configured
    alphabet: Path | None = None
    window: int = 0  # characters per window; 0: the state is carried on


@dataclass(frozen=True)
class JobOptions:
    """What the command line says about one job."""

    config_path: Path
    store: Path | None = None  # None: as configured
    site: Path | None = None  # None: as configured
    force: bool = False
    resume: bool = True
    publish: bool = True
    quiet: bool = False
    wait_seconds: int = 0  # for another job to end
    model: "ModelToImport | None" = None  # what `neuronario import` names, over the configuration

    def store_folder(self, config: Config) -> Path:
        """Where the runs are."""
        return self.store or Path(config.store.directory)

    def site_folder(self, config: Config) -> Path:
        """Where the site is published."""
        return self.site or Path(config.site.directory)


@contextmanager
def running_job(
    options: JobOptions, config_file: ConfigFile, ping_address: str = ""
) -> Iterator[ProgressDisplay]:
    """Hold the store for the body of a ``with``, and tell the world how it goes.

    Args:
        options: which store, how long to wait for it, whether to be quiet.
        config_file: of the job.
        ping_address: of a health check that is told of start and end; "": none.

    Raises:
        NeuronarioError: 75, another job holds the store; 73 or 77, the store cannot be there; else
            as :func:`jobs.store.lock.locked`.
    """
    config = config_file.config
    store = options.store_folder(config)
    check_store(store, options.config_path, config_file)
    with (
        locked(store, "starting", wait_seconds=options.wait_seconds) as lock,
        ProgressDisplay(quiet=options.quiet, on_change=lock.describe) as progress,
    ):
        check = HealthCheck(ping_address, progress.warn)
        answer_signals(lambda number: _end(progress, number, check), progress.show_status)
        check.start()
        for warning in open_to_everybody([options.config_path, store, options.site_folder(config)]):
            progress.warn(warning)
        try:
            yield progress
        except BaseException as error:
            check.finish(int(getattr(error, "code", ExitCode.BUG)))
            progress.failed()
            raise
        check.finish(0)


def open_to_everybody(paths: list[Path]) -> Iterator[str]:
    """A warning for each path that any user of the machine can write; one that is not there: none.

    Who can write the configuration or the store decides what is published in this user's name.
    """
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if mode & stat.S_IWOTH:
            yield f"{path} can be written by every user of this machine; chmod o-w takes that away"


def _end(progress: ProgressDisplay, number: int, check: HealthCheck) -> None:
    progress.note(f"ended by signal {number}; the next run continues after the last whole epoch")
    progress.failed()
    check.finish(128 + number, hurry=True)
