"""``neuronario import``: the whole report on a model that was trained elsewhere."""

from pathlib import Path

import click

from jobs.cli.options import config_option, default_config_path, store_option, wait_option


@click.command("import")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--text",
    "text",
    type=click.Path(path_type=Path),
    required=True,
    help="A text of the kind that the model was trained on.",
)
@click.option(
    "--alphabet",
    type=click.Path(path_type=Path),
    help="Its characters by id: a JSON list, or one line each [default: found by trying].",
)
@click.option(
    "--window",
    type=click.IntRange(1, 4_096),
    help="Read windows of so many characters, each from a zero state [default: carry the state].",
)
@config_option
@store_option
@click.option("--site", "site_path", type=click.Path(path_type=Path), help="Where to publish.")
@click.option("--force", is_flag=True, help="Run even if nothing changed.")
@click.option("--no-publish", is_flag=True, help="Make the run, leave the site alone.")
@wait_option
@click.option("--quiet", is_flag=True, help="Print nothing unless the import fails.")
def import_verb(
    model: Path,
    text: Path,
    alphabet: Path | None,
    window: int | None,
    config_path: Path | None,
    store_path: Path | None,
    site_path: Path | None,
    force: bool,
    no_publish: bool,
    wait_seconds: int,
    quiet: bool,
) -> None:
    """Report on MODEL without training: .keras, .h5, .pt, .safetensors, .npz, or a TensorFlow
    checkpoint.

    The file is read as data; nothing in it is run. A job that reports on it again and again names
    it in its configuration instead (network.from).
    """
    from jobs.pipeline.pipeline import run_job
    from jobs.pipeline.session import JobOptions, ModelToImport

    options = JobOptions(
        config_path=config_path or default_config_path(),
        store=store_path,
        site=site_path,
        force=force,
        publish=not no_publish,
        quiet=quiet,
        wait_seconds=wait_seconds,
        model=ModelToImport(model, text, alphabet, window or 0),
    )
    run_id = run_job(options)
    if run_id and not quiet:
        click.echo(run_id)
