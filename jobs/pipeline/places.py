"""Whether a job may write where it was told to: asked before anything is trained or written."""

import os
from contextlib import suppress
from pathlib import Path

from jobs.config.file import ConfigFile
from jobs.config.schema import Config
from jobs.corpus.sources import STANDARD_INPUT, find_sources
from jobs.disk.mounts import mounted_below
from jobs.disk.replaceable import Neighbour, check_apart, folder_of, refusal, user_places
from jobs.errors import NeuronarioError
from jobs.store.layout import check_format, check_place


def check_store(store: Path, config_path: Path | None, config_file: ConfigFile) -> None:
    """Refuse a store where something else is, or a new one that would hold what is the user's.

    Raises:
        NeuronarioError: 65, 73 or 77.
    """
    check_place(store)
    if not check_format(store):
        check_apart(store, "the store", _texts(config_path, config_file))


def check_site(
    site: Path, store: Path, config_path: Path | None, config_file: ConfigFile | None
) -> None:
    """Refuse a site that is, holds or lies in the store or something of the user's.

    Raises:
        NeuronarioError: 73.
    """
    check_apart(site, "the site", [_store(store), *_texts(config_path, config_file)])


def check_report(folder: Path, store: Path, what: str = "the report") -> None:
    """Refuse a folder that is, holds or lies in the store or what is the user's.

    Raises:
        NeuronarioError: 73.
    """
    check_apart(folder, what, [_store(store), *user_places()])


def check_trace(folder: Path, store: Path) -> None:
    """Refuse a folder for a trace that is, holds or lies in the store or what is the user's.

    Raises:
        NeuronarioError: 73; also for a mount point, which no folder can take the place of.
    """
    if not folder.exists():
        folder_of(folder, "the trace")
    check_apart(folder, "the trace", [_store(store), *user_places()])
    if mounted_below(folder) is not None:
        raise refusal(folder, "the trace", "something is mounted there")


def _store(store: Path) -> Neighbour:
    return Neighbour("the store", store)


def _texts(config_path: Path | None, config_file: ConfigFile | None) -> list[Neighbour]:
    """What every output must lie apart from: the configuration, the corpus, the user's folders."""
    places = user_places()
    if config_path is not None:
        places.append(Neighbour("the configuration", config_path))
    if config_file is not None:
        places += _corpus(config_file.config, config_file.folder)
        network = config_file.config.network
        if network.from_file is not None:
            path = config_file.model_folder / network.from_file
            places.append(Neighbour("the model", path))
    return places


def _corpus(config: Config, folder: Path) -> list[Neighbour]:
    texts = [
        Neighbour("the corpus", folder / name)
        for name in config.corpus.paths
        if name != STANDARD_INPUT and os.path.lexists(folder / name)
    ]
    with suppress(NeuronarioError):  # reading the corpus says what is wrong with it
        patterns = tuple(
            name
            for name in config.corpus.paths
            if name != STANDARD_INPUT and not os.path.lexists(folder / name)
        )
        files = find_sources(patterns, folder)
        above = {file.path.parent for file in files if file.path is not None}
        texts += [Neighbour("the corpus", path, may_hold=True) for path in sorted(above)]
    return texts
