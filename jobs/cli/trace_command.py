"""``neuronario trace``: the states of a run's network on any text, as files for other tools."""

import sys
import time
from pathlib import Path
from typing import Any, Literal

import click

from jobs.cli.options import Command, config_option, store_folder, store_option

EVERY = 10.0  # seconds between two lines where no bar can be drawn


class TraceCommand(click.Command):
    """Takes ``--unknown replace CHARACTER``, a value of two words, which click does not know."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, after ``replace`` and its character became one word."""
        joined: list[str] = []
        words = iter(args)
        for word in words:
            before = joined[-1] if joined else ""
            if word == "--unknown=replace" or (word == "replace" and before == "--unknown"):
                word = f"{word} {next(words, '')}"  # noqa: PLW2901
            joined.append(word)
        return super().parse_args(ctx, joined)


class Rows:
    """How many rows are done, on standard error: a bar on a terminal, else a line at times."""

    def __init__(self, *, quiet: bool, what: str = "traced") -> None:
        self._quiet, self._what = quiet, what
        self._bar: Any = None  # click's progress bar
        self._said = time.monotonic()

    def told(self, done: int, total: int) -> None:
        """``done`` rows of ``total`` are done."""
        if self._quiet:
            return
        if sys.stderr.isatty():
            if self._bar is None:
                self._bar = click.progressbar(length=total, show_pos=True, file=sys.stderr)
            self._bar.update(done - self._bar.pos)
            if done == total:
                self._bar.render_finish()
        elif done == total or time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            click.echo(f"{done:,} of {total:,} characters {self._what}", err=True)


def _treatment(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, str]:
    """What to do with unknown characters, and the one that replaces them."""
    treatment, _, character = value.partition(" ")
    if value in ("skip", "fail"):
        return value, ""
    if treatment == "replace" and len(character) == 1:
        return treatment, character
    raise click.BadParameter("give skip, or replace and one character, or fail")


def _encoding(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """The name of an encoding of texts."""
    from jobs.config.values import known_encoding

    try:
        return value if value is None else known_encoding(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def unknown_option(function: Command) -> Command:
    """``--unknown``: the treatment and its character; the command is a :class:`TraceCommand`."""
    return click.option(
        "--unknown",
        metavar="skip|replace CHARACTER|fail",
        default="fail",
        show_default=True,
        callback=_treatment,
        help="What becomes of characters that the network does not know.",
    )(function)


def encoding_option(function: Command) -> Command:
    """``--encoding`` of what is read."""
    return click.option(
        "--encoding", callback=_encoding, help="Of the text [default: as the run's own text]."
    )(function)


@click.command(cls=TraceCommand)
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@click.option(
    "--text", "text", type=click.Path(path_type=Path), required=True, help="The text to read."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Target folder: a new or an empty one.",
)
@click.option("--safetensors", is_flag=True, help="One .safetensors file instead of .npy files.")
@unknown_option
@encoding_option
@click.option("--quiet", is_flag=True, help="Show no progress.")
def trace(
    run_name: str,
    config_path: Path | None,
    store_path: Path | None,
    text: Path,
    out: Path,
    safetensors: bool,
    unknown: tuple[Literal["fail", "skip", "replace"], str],
    encoding: str | None,
    quiet: bool,
) -> None:
    """Write the states, cells, gates and probabilities of RUN's network on a text as arrays."""
    from jobs.pipeline.trace_files import TraceOptions, trace_stored_run

    options = TraceOptions(
        text=text,
        out=out,
        encoding=encoding,
        unknown=unknown[0],
        replacement=unknown[1],
        safetensors=safetensors,
    )
    store = store_folder(config_path, store_path)
    description = trace_stored_run(store, run_name, options, Rows(quiet=quiet).told)
    characters = description["arrays"]["ids"]["shape"][0]
    click.echo(f"{characters:,} characters in {out}")
