"""The command line: one function a verb, each handing over to the pipeline or the store.

Nothing heavy is imported at the top: `--help`, `list`, `show`, `diff` and `report` start without
TensorFlow.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from jobs import __version__
from jobs.cli import (
    config_commands,
    export_command,
    import_command,
    measure_command,
    store_commands,
    sweep_commands,
    trace_command,
)
from jobs.cli.exit_codes import add_exit_codes
from jobs.cli.failures import missing_package, say_error, say_traceback
from jobs.cli.options import (
    FiniteFloat,
    config_option,
    default_config_path,
    local_config,
    store_folder,
    store_option,
    wait_option,
)
from jobs.config.limits import LEAST_TEMPERATURE, MOST_TEMPERATURE
from jobs.disk.files import write_error
from jobs.errors import ExitCode, NeuronarioError

EPILOG = """\b
Exit codes: 0 done or nothing to do; 2 usage; 3 gate failed or differences found;
4 training unsound; 65 bad data; 66 no such file or run; 73 cannot create; 74 I/O error;
75 another run holds the lock; 77 no permission; 78 configuration or installation invalid;
128+N signal N."""

NO_TEMPORARY_FOLDER = "no folder can be written to; let TMPDIR name one that can"


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="neuronario")
def cli() -> None:
    """Neuronario, a diary of neurons: what every unit of a small network does with your text."""


@cli.command()
@config_option
@store_option
@click.option("--site", "site_path", type=click.Path(path_type=Path), help="Where to publish.")
@click.option("--force", is_flag=True, help="Run even if nothing changed.")
@click.option("--no-resume", is_flag=True, help="Ignore the checkpoint of an interrupted run.")
@click.option("--no-publish", is_flag=True, help="Make the run, leave the site alone.")
@click.option("--explain", is_flag=True, help="Say what changed since the last run; run nothing.")
@wait_option
@click.option("--quiet", is_flag=True, help="Print nothing unless the job fails.")
def run(
    config_path: Path | None,
    store_path: Path | None,
    site_path: Path | None,
    force: bool,
    no_resume: bool,
    no_publish: bool,
    explain: bool,
    wait_seconds: int,
    quiet: bool,
) -> None:
    """The whole job: train, sample, trace, measure, write pages, build and publish the site."""
    from jobs.pipeline.pipeline import explain_job, run_job
    from jobs.pipeline.session import JobOptions

    options = JobOptions(
        config_path=config_path or default_config_path(),
        store=store_path,
        site=site_path,
        force=force,
        resume=not no_resume,
        publish=not no_publish,
        quiet=quiet,
        wait_seconds=wait_seconds,
    )
    if explain:
        for line in explain_job(options):
            click.echo(line)
        return
    run_id = run_job(options)
    if run_id and not quiet:
        click.echo(run_id)


@cli.command()
@config_option
@store_option
@wait_option
@click.option("--quiet", is_flag=True, help="Print nothing unless training fails.")
def train(
    config_path: Path | None, store_path: Path | None, wait_seconds: int, quiet: bool
) -> None:
    """Train only; `run` continues from the checkpoint that this leaves in the store."""
    from jobs.pipeline.pipeline import train_only
    from jobs.pipeline.session import JobOptions

    train_only(
        JobOptions(
            config_path=config_path or default_config_path(),
            store=store_path,
            quiet=quiet,
            wait_seconds=wait_seconds,
        )
    )


@cli.command()
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@click.option("--characters", type=click.IntRange(1, 100_000), default=500, show_default=True)
@click.option(
    "--temperature",
    type=FiniteFloat(LEAST_TEMPERATURE, MOST_TEMPERATURE),
    default=1.0,
    show_default=True,
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--prime", metavar="TEXT", default="", help="Read first, and written on from.")
def sample(
    run_name: str,
    config_path: Path | None,
    store_path: Path | None,
    characters: int,
    temperature: float,
    seed: int,
    prime: str,
) -> None:
    """Print a fresh text written by the network of RUN; it begins with --prime, if given."""
    from jobs.pipeline.sample_text import sample_text

    store = store_folder(config_path, store_path)
    text = sample_text(store, run_name, characters, temperature, seed, prime)
    click.echo(text, nl=False)


@cli.command()
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Target folder."
)
def report(run_name: str, config_path: Path | None, store_path: Path | None, out: Path) -> None:
    """Write the Markdown pages of RUN, with the present templates, into a folder."""
    from jobs.pipeline.reports import write_report

    count = write_report(store_folder(config_path, store_path), run_name, out)
    click.echo(f"{count} files in {out}")


@cli.command()
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@click.option("--site", "site_path", type=click.Path(path_type=Path), help="Where to publish.")
def site(
    run_name: str, config_path: Path | None, store_path: Path | None, site_path: Path | None
) -> None:
    """Build and publish the site of RUN from the pages kept in the store.

    Where: --site, else as --config or ./neuronario.yml says, else as when RUN was made.
    """
    from jobs.pipeline.reports import publish_run

    store = store_folder(config_path, store_path)
    folder, warning = publish_run(store, run_name, site_path, config_path or local_config())
    if warning:
        click.echo(f"warning: {warning}", err=True)
    click.echo(folder)


@cli.command()
@click.option("--site", "site_path", type=click.Path(path_type=Path, file_okay=False))
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 lets the whole network in.",
)
@config_option
def serve(site_path: Path | None, port: int, host: str, config_path: Path | None) -> None:
    """Serve the built site from this machine, to look at it."""
    from jobs.cli.serve import serve_folder

    if site_path is None:
        from jobs.config.file import load_config

        loaded = load_config(config_path or default_config_path())
        site_path = Path(loaded.config.site.directory)
    serve_folder(site_path, port, host)


for verb in (
    config_commands.config,
    config_commands.doctor,
    export_command.export,
    import_command.import_verb,
    sweep_commands.sweep,
    sweep_commands.collect,
    trace_command.trace,
    measure_command.measure,
    store_commands.list_command,
    store_commands.show,
    store_commands.diff,
    store_commands.check,
    store_commands.prune,
    store_commands.tag,
    store_commands.untag,
    store_commands.baseline,
    store_commands.status,
):
    cli.add_command(verb)
add_exit_codes(cli)


def main() -> None:
    """Entry point: every user-caused error becomes one line and its exit code."""
    sys.exit(guarded(_command_line, as_json="--json" in sys.argv))


def _command_line() -> Any:
    try:
        return cli(standalone_mode=False)
    except SystemExit as error:  # click's answer to a reader that left
        raise BrokenPipeError from error
    finally:
        if sys.stdout is not None:
            _flush_answer()


def _flush_answer() -> None:
    """Write what is left now: at its own exit the interpreter would report the error itself."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def guarded(command: Callable[[], Any], *, as_json: bool = False) -> int:
    """Run ``command`` and return the exit code of its fate."""
    code, message = int(ExitCode.OK), ""
    try:
        code = command() or int(ExitCode.OK)  # click returns the code of an Exit
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:
        code, message = 130, "interrupted"
    except click.ClickException as error:
        error.show()
        code = int(ExitCode.USAGE)
    except NeuronarioError as error:
        code, message = int(error.code), str(error)
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads any more: say nothing
        return 141
    except OSError as error:  # the machine, not the program: a full disk behind standard output
        if "No usable temporary directory" in str(error):
            error = OSError(error.errno, NO_TEMPORARY_FOLDER, "temporary files")
        code = int(write_error(Path(error.filename or "output"), error).code)
        message = f"{error.strerror or error}: {error.filename or 'standard output'}"
    except Exception as error:
        code, message = int(ExitCode.BAD_CONFIG), missing_package(error)
        if not message:
            say_traceback()
            code, message = int(ExitCode.BUG), "this is a bug; please report the lines above"
    if message:
        say_error(message)
    if as_json and code:
        print(json.dumps({"type": "exit", "code": code, "message": message}), file=sys.stderr)
    return code
