"""What can be said of a job before it runs: whether its inputs can be used, and where it writes."""

from pathlib import Path

from jobs.config.file import load_config
from jobs.config.memory import check_memory
from jobs.corpus.load import load_corpus
from jobs.corpus.sources import STANDARD_INPUT
from jobs.pipeline.card_choice import chosen_card
from jobs.pipeline.import_model import import_model
from jobs.pipeline.places import check_site, check_store
from jobs.pipeline.reports import concept_count, place_of_site


def check_inputs(config_path: Path) -> list[str]:
    """What a configuration without problems would be run on, one line each: its text, its concepts.

    Standard input is left alone: it can be read once only.

    Raises:
        NeuronarioError: 65, 66, 74, 77 the text; 78 concepts of one name, too little memory, or no
            card where ``training.device`` asks for one.
    """
    config_file = load_config(config_path)
    config = config_file.config
    lines = [f"concepts: {concept_count(config.report)}"]
    if STANDARD_INPUT in config.corpus.paths:
        return ["corpus: standard input, not looked at", *lines]
    corpus = load_corpus(config.corpus, config_file.folder, config.training)
    check_memory(config, len(corpus.alphabet), corpus.characters)
    card = chosen_card(config, len(corpus.alphabet), corpus.characters)
    if card is not None:
        lines.append(f"training: on {card.name}")
    held_out = corpus.characters - corpus.held_out_start
    lines.insert(
        0,
        f"corpus: {corpus.name}, {corpus.characters:,} characters, {len(corpus.alphabet):,} "
        f"distinct, {held_out:,} held out",
    )
    imported = import_model(config_file, corpus)
    model = [] if imported is None else imported.lines()
    return [*lines, *(f"{corpus.name}: {note}" for note in corpus.notes), *model]


def look_at_outputs(config_path: Path) -> list[str]:
    """Where the job of a configuration writes, one line each; nothing is written.

    Raises:
        NeuronarioError: 66, 77, 78 the configuration; 65, 73 or 77 a place that it may not have.
    """
    config_file = load_config(config_path)
    settings = config_file.config
    store, site = Path(settings.store.directory), Path(settings.site.directory)
    check_store(store, config_path, config_file)
    check_site(site, store, config_path, config_file)
    place = place_of_site(site, settings.site)
    way = f" (its contents are exchanged one by one: {place.inside})" if place.inside else ""
    return [f"store: {store.absolute()}", f"site: {place.folder}{way}"]
