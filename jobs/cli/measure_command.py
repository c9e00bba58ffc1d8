"""``neuronario measure``: the units of a run on a text too large to keep their states."""

from pathlib import Path
from typing import Any, Literal

import click

from jobs.cli.options import (
    config_option,
    local_config,
    scheduler_option,
    store_folder,
    store_option,
    wait_option,
    workers_option,
)
from jobs.cli.trace_command import Rows, TraceCommand, encoding_option, unknown_option
from jobs.config.limits import WARM_UP


@click.command(cls=TraceCommand)
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@click.option(
    "--text",
    "texts",
    metavar="FILE",
    multiple=True,
    required=True,
    help="A file, a folder, a pattern, or - for standard input; may be given several times.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the result; ours alone.",
)
@workers_option("about 1 GB each")
@scheduler_option
@click.option(
    "--warm-up",
    type=click.IntRange(0, 1_000_000),
    default=WARM_UP,
    show_default=True,
    help="Characters that the network reads before each shard, from a zero state.",
)
@unknown_option
@encoding_option
@wait_option
@click.option("--quiet", is_flag=True, help="Print nothing unless it fails.")
def measure(
    run_name: str,
    config_path: Path | None,
    store_path: Path | None,
    texts: tuple[str, ...],
    out: Path,
    workers: int,
    scheduler: str,
    warm_up: int,
    unknown: tuple[Literal["fail", "skip", "replace"], str],
    encoding: str | None,
    wait_seconds: int,
    quiet: bool,
) -> None:
    """Count what the units of RUN do on large texts, and whether their sentences hold there.

    What was killed goes on where it was; the same bytes for one worker, several, or a cluster.
    """
    from jobs.pipeline.measure_plan import MeasureOptions
    from jobs.pipeline.measure_text import Told, measure_stored_run

    if scheduler and workers > 1:
        raise click.UsageError("give --workers or --scheduler, not both")
    options = MeasureOptions(
        texts=texts,
        out=out,
        encoding=encoding,
        unknown=unknown[0],
        replacement=unknown[1],
        warm_up=warm_up,
        workers=workers,
        scheduler=scheduler,
        wait_seconds=wait_seconds,
    )

    def note(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    told = Told(note, Rows(quiet=quiet, what="measured").told)
    store = store_folder(config_path, store_path)
    found = measure_stored_run(store, run_name, options, config_path or local_config(), told)
    if quiet:
        return
    for line in summary_lines(found.summary):
        click.echo(line)
    click.echo(f"unchanged: {out}" if found.unchanged else f"{found.made} shards counted: {out}")


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """What a person wants to know first."""
    bits, seams = summary["bits"], summary["seams"]
    lines = [
        f"{summary['measured_characters']:,} characters: {bits['per_character']:.3f} bits per "
        f"character{_interval(bits['interval'])}; held-out text of the run "
        f"{summary['held_out_bits']:.3f}"
    ]
    if summary["text"]["is_the_training_text"]:
        lines.append("this is the text that the run was trained on")
    for layer in summary["layers"]:
        words = f"layer {layer['layer']}: {layer['units']} units"
        if layer["sentences"]:
            words += (
                f"; sentences tell {layer['median_r2']:.2f} of the state (median R2; on the probe "
                f"{layer['median_r2_on_the_probe']:.2f})"
            )
        if layer["labels"]:
            words += (
                f"; {layer['labels']} labels score {layer['median_label_score']:.2f} (median; on "
                f"the probe {layer['median_label_score_on_the_probe']:.2f})"
            )
        lines.append(words)
    if summary["sentences_left_out"]:
        lines.append(f"sentences left out: {summary['sentences_left_out']}")
    if seams["wider_than_0.01"]:
        lines.append(
            f"warning: at {seams['wider_than_0.01']} of {seams['count']} seams a state still "
            f"depends on more than the warm-up (up to {seams['largest_difference']:.2g}); give a "
            "longer --warm-up"
        )
    return lines


def _interval(limits: list[float] | None) -> str:
    return "" if limits is None else f" ({limits[0]:.3f} to {limits[1]:.3f})"
