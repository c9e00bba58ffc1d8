"""The verbs of many runs at once: sweep over seeds and settings, collect stores."""

from pathlib import Path

import click

from jobs.cli.options import (
    config_option,
    scheduler_option,
    store_folder,
    store_option,
    wait_option,
    workers_option,
)
from jobs.errors import ExitCode, NeuronarioError


class PartOf(click.ParamType[tuple[int, int]]):
    """``i/n``: the i-th of n parts."""

    name = "i/n"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The two numbers, or a usage error."""
        number, slash, parts = str(value).partition("/")
        if slash and number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts):
            return int(number), int(parts)
        raise click.BadParameter(
            f"{value} is no part; needs i/n, i from 1 to n, as 1/4.", ctx, param
        )


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@store_option
@click.option("--part", type=PartOf(), default="1/1", help="Only the i-th of n parts of the cells.")
@workers_option("each with the memory of a job")
@scheduler_option
@click.option("--dry-run", is_flag=True, help="List the cells and what is there; make nothing.")
@click.option("--forget", is_flag=True, help="No longer keep the runs of this sweep from pruning.")
@wait_option
@click.option("--quiet", is_flag=True, help="Print nothing unless the sweep fails.")
def sweep(
    path: Path,
    store_path: Path | None,
    part: tuple[int, int],
    workers: int,
    scheduler: str,
    dry_run: bool,
    forget: bool,
    wait_seconds: int,
    quiet: bool,
) -> None:
    """Make a run for every seed and setting of FILE that the store does not have; publish none.

    What was killed goes on where it was. `neuronario site RUN` publishes any of the runs.
    """
    from jobs.pipeline.sweep import SweepOptions, describe_sweep, run_sweep
    from jobs.pipeline.sweep import forget as forget_sweep

    if scheduler and workers > 1:
        raise click.UsageError("give --workers or --scheduler, not both")
    options = SweepOptions(path, store_path, part, workers, scheduler, quiet, wait_seconds)
    if dry_run:
        for line in describe_sweep(options):
            click.echo(line)
        return
    if forget:
        known = forget_sweep(options)
        click.echo("forgotten; the retention rules decide on its runs" if known else "not known")
        return
    result = run_sweep(options)
    if not quiet:
        for line in result.lines:
            click.echo(line)
        click.echo(f"{result.made} runs made, {result.there} were there")
    if result.failed:
        for line in result.failed:
            click.echo(f"unsound: {line}", err=True)
        raise NeuronarioError(
            f"{len(result.failed)} cells could not be trained; the others are in the store",
            ExitCode.UNSOUND,
        )


@click.command()
@click.argument(
    "sources", metavar="STORE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@config_option
@store_option
@wait_option
def collect(
    sources: tuple[Path, ...], config_path: Path | None, store_path: Path | None, wait_seconds: int
) -> None:
    """Take the runs of other stores into this one: whole ones only, and no content twice.

    The other stores stay as they are. Damaged runs are named, and the exit code is then 65.
    """
    from jobs.store.adopt import collect_store
    from jobs.store.layout import check_format, prepare_store
    from jobs.store.lock import locked

    store = store_folder(config_path, store_path)
    for source in sources:
        if not check_format(source):
            raise NeuronarioError(f"{source} is no store of neuronario", ExitCode.NO_INPUT)
        if source.resolve() == store.resolve():
            raise NeuronarioError(f"{source} is the store itself", ExitCode.USAGE)
    refused = 0
    with locked(store, "collect", wait_seconds=wait_seconds):
        prepare_store(store)
        for source in sources:
            found = collect_store(store, source)
            click.echo(f"{source}: {found.taken} runs taken, {found.known} known")
            for line in found.refused:
                click.echo(f"{source}: {line}", err=True)
            refused += len(found.refused)
    if refused:
        raise NeuronarioError(
            f"{refused} not taken; mend or delete them there and collect again", ExitCode.BAD_DATA
        )
