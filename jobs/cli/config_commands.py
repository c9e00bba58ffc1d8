"""The verbs that look before anything is run: at a configuration, at this installation."""

from datetime import date
from pathlib import Path

import click

from jobs.cli.options import config_option, default_config_path
from jobs.errors import ExitCode, NeuronarioError
from jobs.printable import printable


@click.group()
def config() -> None:
    """Work with the configuration."""


@config.command("check")
@click.argument("path", type=click.Path(path_type=Path), required=False)
def config_check(path: Path | None) -> None:
    """List every problem of the configuration at once; then look at its text and concepts.

    Looks at the places of store and site too, from this folder.
    """
    from jobs.config.file import config_problems
    from jobs.pipeline.checks import check_inputs, look_at_outputs

    target = path or default_config_path()
    problems = config_problems(target)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise NeuronarioError(
            f"{target}: {len(problems)} problem{'s' * (len(problems) > 1)}", ExitCode.BAD_CONFIG
        )
    look_at_outputs(target)
    for line in check_inputs(target):
        click.echo(printable(line))
    click.echo(f"{target}: fine")


@config.command("show")
@config_option
def config_show(config_path: Path | None) -> None:
    """Print the effective configuration, defaults filled in."""
    from jobs.config.file import effective_yaml, load_config

    click.echo(effective_yaml(load_config(config_path or default_config_path()).config), nl=False)


def today() -> date:
    """The day on this machine's clock."""
    return date.today()


@click.command()
@config_option
def doctor(config_path: Path | None) -> None:
    """Say what this installation runs on and where it writes."""
    from jobs.machine.graphics_card import card_lines
    from jobs.machine.packages import material_notice
    from jobs.machine.program_cache import program_folder
    from jobs.machine.runtime import doctor_lines
    from jobs.pipeline.checks import look_at_outputs

    for line in (*doctor_lines(), *card_lines()):
        click.echo(line)
    click.echo(f"compiled programs: {program_folder() or 'not kept'}")
    try:
        places = look_at_outputs(config_path or default_config_path())
    except NeuronarioError as error:
        places = [
            f"a job would end with {int(error.code)}: {line}" for line in str(error).split("\n")
        ]
    for line in places:
        click.echo(line)
    notice = material_notice(today())
    if notice:
        click.echo(notice)
