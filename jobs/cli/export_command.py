"""``neuronario export``: a run as a folder for other places."""

from pathlib import Path

import click

from jobs.cli.options import config_option, store_folder, store_option


@click.command()
@click.argument("run_name", metavar="RUN", default="latest")
@config_option
@store_option
@click.option(
    "--hf",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Target folder: new, empty, or one that this wrote before.",
)
def export(run_name: str, config_path: Path | None, store_path: Path | None, folder: Path) -> None:
    """Write RUN as a folder for a model hub: a card, the weights, the alphabet, the data files.

    Nothing is uploaded. What is written obeys publish.corpus_text and publish.weights of the run.
    """
    from jobs.pipeline.reports import export_run

    count = export_run(store_folder(config_path, store_path), run_name, folder)
    click.echo(f"{count} files in {folder}")
