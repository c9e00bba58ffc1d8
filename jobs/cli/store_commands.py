"""The verbs that look after a store of runs: list, show, compare, check, prune, tag, status."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from jobs.cli.options import (
    config_option,
    default_config_path,
    json_option,
    store_folder,
    store_option,
)
from jobs.errors import ExitCode, NeuronarioError


@click.command("list")
@config_option
@store_option
@json_option
def list_command(config_path: Path | None, store_path: Path | None, as_json: bool) -> None:
    """List the runs of the store, oldest first; a broken run is one broken row."""
    from jobs.cli.listing import listing_text
    from jobs.store.store import list_runs

    rows = list_runs(store_folder(config_path, store_path))
    click.echo(listing_text(rows, as_json=as_json), nl=False)


@click.command()
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@json_option
def show(run_name: str, config_path: Path | None, store_path: Path | None, as_json: bool) -> None:
    """Show one run: settings, corpus, results, sampled text. RUN: id, prefix, latest, latest~2."""
    from jobs.cli.listing import run_text
    from jobs.store.store import read_run

    run = read_run(store_folder(config_path, store_path), run_name)
    click.echo(run_text(run, as_json=as_json), nl=False)


@click.command()
@click.argument("old", metavar="A", default="previous")
@click.argument("new", metavar="B", default="latest")
@config_option
@store_option
@json_option
@click.option("--md", "as_markdown", is_flag=True, help="Print Markdown, one line per change.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if the runs differ.")
@click.option("--gate", type=click.Path(path_type=Path), help="Limits; exit 3 if one is broken.")
def diff(
    old: str,
    new: str,
    config_path: Path | None,
    store_path: Path | None,
    as_json: bool,
    as_markdown: bool,
    exit_code: bool,
    gate: Path | None,
) -> None:
    """Say what changed from run A to run B; equal runs print nothing."""
    from jobs.pipeline.reports import DiffFormat, diff_runs

    store = store_folder(config_path, store_path)
    form: DiffFormat = "json" if as_json else "markdown" if as_markdown else "text"
    answer = diff_runs(store, old, new, form, gate)
    click.echo(answer.text, nl=False)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if gate and summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(answer.step_summary)
    for reason in answer.broken_limits:
        click.echo(f"gate: {reason}", err=True)
    if answer.broken_limits or (exit_code and not answer.equal):
        raise click.exceptions.Exit(ExitCode.DIFFERENT)


@click.command()
@config_option
@store_option
def check(config_path: Path | None, store_path: Path | None) -> None:
    """Read every byte of the store and name what is damaged; exit 65 if anything is."""
    from jobs.store.check import check_store

    store = store_folder(config_path, store_path)
    findings = check_store(store)
    for finding in findings:
        click.echo(str(finding))
    if findings:
        raise NeuronarioError(
            f"{store}: {len(findings)} finding{'s' * (len(findings) > 1)}; restore the files "
            "from a backup, or delete the folders of the damaged runs",
            ExitCode.BAD_DATA,
        )
    click.echo(f"{store}: intact")


@click.command()
@config_option
@store_option
@click.option("--dry-run", is_flag=True, help="Only say what would be done, and why.")
@json_option
def prune(config_path: Path | None, store_path: Path | None, dry_run: bool, as_json: bool) -> None:
    """Remove and thin old runs by the retention rules of the configuration."""
    from jobs.config.file import load_config
    from jobs.store.lock import locked
    from jobs.store.prune import prune as prune_store
    from jobs.store.prune import summary

    config = load_config(config_path or default_config_path()).config
    store = store_path or Path(config.store.directory)
    with locked(store, "prune"):
        decisions = prune_store(store, config.retention, dry_run=dry_run)
    if as_json:
        plain = {"dry_run": dry_run, "runs": [asdict(decision) for decision in decisions]}
        click.echo(json.dumps(plain, indent=1, sort_keys=True))
        return
    for decision in decisions:
        click.echo(f"{decision.run}  {decision.action:<8}{', '.join(decision.reasons)}")
    click.echo(f"{summary(decisions)}{' (dry run: nothing was touched)' * dry_run}")


@click.command()
@click.argument("run_name", metavar="RUN")
@click.argument("name")
@config_option
@store_option
def tag(run_name: str, name: str, config_path: Path | None, store_path: Path | None) -> None:
    """Give RUN a name; a tagged run is never removed."""
    _set_reference(store_folder(config_path, store_path), run_name, name)


@click.command()
@click.argument("name")
@config_option
@store_option
def untag(name: str, config_path: Path | None, store_path: Path | None) -> None:
    """Take a tag away; the run stays until the retention rules remove it."""
    _remove_reference(store_folder(config_path, store_path), name)


@click.command()
@click.argument("run_name", metavar="RUN", required=False)
@click.option("--clear", is_flag=True, help="There is no baseline any more.")
@config_option
@store_option
def baseline(
    run_name: str | None, clear: bool, config_path: Path | None, store_path: Path | None
) -> None:
    """Make RUN [default: latest] the baseline that gates compare with."""
    if clear and run_name:
        raise click.UsageError("give RUN or --clear, not both")
    store = store_folder(config_path, store_path)
    if clear:
        _remove_reference(store, "baseline")
    else:
        _set_reference(store, run_name or "latest", "baseline")


@click.command()
@config_option
@store_option
def status(config_path: Path | None, store_path: Path | None) -> None:
    """Say whether a job is running on the store, and what it is doing."""
    from jobs.store.lock import holder

    store = store_folder(config_path, store_path)
    who = holder(store)
    if who is None:
        click.echo(f"{store}: idle")
    else:
        click.echo(f"{store}: process {who.process} on {who.host} since {who.since}: {who.doing}")


def _set_reference(store: Path, run_name: str, name: str) -> None:
    from jobs.store.lock import locked
    from jobs.store.run_names import set_reference
    from jobs.store.store import read_run

    run = read_run(store, run_name)
    with locked(store, "tag"):
        set_reference(store, name, run)
    click.echo(f"{name}: {run.id}")


def _remove_reference(store: Path, name: str) -> None:
    from jobs.store.layout import check_format
    from jobs.store.lock import locked
    from jobs.store.run_names import check_reference, remove_reference

    check_format(store)
    check_reference(store, name)
    with locked(store, "untag"):
        remove_reference(store, name)
    click.echo(f"{name}: taken away")
