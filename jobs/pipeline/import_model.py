"""A network from a model file instead of from training: read, folded, its alphabet found, checked.

What is written here is the way from ``network.from`` (or ``neuronario import``) to the network,
the corpus in its ids and the record of where it all came from.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from jobs.config.file import ConfigFile
from jobs.config.schema import Config
from jobs.corpus.corpus import Corpus
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.tensorflow_start import start_tensorflow
from jobs.model.history import Evaluation
from jobs.model.imported import ImportRecord
from jobs.model.network import Network
from jobs.model.reading_mode import ReadingMode
from jobs.model.trace import Trace
from jobs.pipeline.session import ModelToImport
from jobs.printable import shown
from jobs.store.manifest import JsonObject

if TYPE_CHECKING:
    from jobs.model_files.alphabet_choice import AlphabetChoice
    from jobs.model_files.read_model import ModelFile

READERS = 1  # raise it when a reader would make another network of the same file
CHECKED = 400  # probe characters of the self-check; windows: places
WINDOWS = 64
MOST_CHECKED = 10_000_000  # characters of the text that are looked at for the alphabet
TOLERANCE = 1e-4  # of a probability; float32 against float64


@dataclass(frozen=True)
class ImportedModel:
    """A network that was read from a file, in the ids of ``alphabet``."""

    file: "ModelFile"
    network: Network
    alphabet: tuple[str, ...]  # (V,) sorted by code point
    ids: NDArray[np.int64]  # (V,) the file's id of each character of the alphabet
    choice: "AlphabetChoice"
    notes: tuple[str, ...]  # what was folded or passed over
    alphabet_sha256: str  # of the user's list; "" where there is none

    def configured(self, config: Config) -> Config:
        """``config`` with the sizes that the file has."""
        network = config.network.model_copy(update={"layers": self.network.sizes})
        return config.model_copy(update={"network": network})

    def inputs(self) -> JsonObject:
        """What makes another network: the file's bytes, the list's, how they are read."""
        return {
            "layers": list(self.network.sizes),
            "from": {"file": self.file.name, "sha256": self.file.sha256},
            "alphabet": {"sha256": self.alphabet_sha256},
            "readers": READERS,
        }

    def lines(self) -> list[str]:
        """What a log says of the import."""
        choice = self.choice
        others = (
            ""
            if choice.next_best_bits is None
            else f", next best order {choice.next_best_bits:.3f}"
        )
        lines = [
            f"{self.file.name}: {self.file.model.reader}, layers {list(self.network.sizes)}, "
            f"{len(self.alphabet):,} characters, sha256 {self.file.sha256[:12]}",
            f"alphabet: {choice.source}; {choice.bits:.3f} bits per character on "
            f"{choice.checked:,} characters, unigram {choice.unigram_bits:.3f}{others}",
        ]
        if choice.unverified:
            lines.append(
                f"alphabet: {len(choice.unverified):,} characters are too rare to be verified "
                f"({choice.unverified_share:.2%} of the text)"
            )
        return [*lines, *self.notes]

    def evaluation(self, corpus: Corpus, mode: ReadingMode) -> Evaluation:
        """How well the network predicts the held-out part, in the mode that it reads in.

        Raises:
            NeuronarioError: 65, no better than character frequencies.
        """
        start_tensorflow()
        from jobs.engine.evaluate import held_out_bits
        from jobs.engine.flat_start import unigram_bits

        bits, characters = held_out_bits(
            self.network,
            corpus.held_out_ids,
            mode=mode,
            context=corpus.context(corpus.held_out_start, corpus.held_out_start),
            starts=corpus.held_out_starts,
        )
        unigram = unigram_bits(corpus)
        if not bits < unigram:
            raise NeuronarioError(
                f"{self.file.name}: not imported: it needs {bits:.4g} bits per character of the "
                f"held-out part of {corpus.name}, plain character frequencies {unigram:.4g}; give "
                "the kind of text that it was trained on, or --window if it was trained on windows",
                ExitCode.BAD_DATA,
            )
        return Evaluation(
            held_out_bits=bits,
            held_out_characters=characters,
            unigram_bits=unigram,
            best_epoch=0,
            stopped_early=False,
        )

    def record(self, probe: Trace) -> ImportRecord:
        """The record of the import, after a check of ``probe`` against the file's own weights.

        Raises:
            NeuronarioError: 65, the engine's probabilities are not those of the file's weights.
        """
        difference, characters = self._self_check(probe)
        if not difference <= TOLERANCE:
            raise NeuronarioError(
                f"{self.file.name}: not imported: a probability differs by {difference:.2g} from "
                "what the file's own weights give; please report this file",
                ExitCode.BAD_DATA,
            )
        choice = self.choice
        return ImportRecord(
            file=self.file.name,
            sha256=self.file.sha256,
            bytes=self.file.bytes,
            reader=self.file.model.reader,
            notes=self.notes,
            alphabet=choice.source,
            alphabet_bits=choice.bits,
            alphabet_unigram_bits=choice.unigram_bits,
            alphabet_next_best_bits=choice.next_best_bits,
            alphabet_checked=choice.checked,
            unverified=choice.unverified,
            unverified_share=choice.unverified_share,
            no_characters=sum(character is None for character in choice.characters),
            self_check=difference,
            self_check_characters=characters,
        )

    def _self_check(self, probe: Trace) -> tuple[float, int]:
        """Largest difference of a probability, and at how many characters it was looked for."""
        from jobs.model_files.forward import log_probabilities

        ids = probe.ids  # of documents the first alone: here nothing begins anew
        if probe.starts is not None:
            ids = ids[: [*probe.starts.tolist(), ids.size][0]]
        text = np.concatenate([probe.context, ids])
        before, model = probe.context.size, self.file.model
        if probe.mode.window:
            length = min(probe.mode.window, text.size)
            first = max(0, length - 1 - before)
            places = np.unique(np.linspace(first, ids.size - 1, WINDOWS).astype(np.int64))
            read = text[before + places + 1 - length + np.arange(length)[:, None]]
            *_, last = log_probabilities(model, self.ids[read])
            found = np.exp(last[:, self.ids])
            return float(np.abs(found - probe.probabilities[places]).max()), places.size
        count = min(CHECKED, ids.size)
        largest = 0.0
        read = self.ids[text[: before + count]][:, None]
        for step, logs in enumerate(log_probabilities(model, read)):
            if step >= before:
                row = probe.probabilities[step - before]
                largest = max(largest, float(np.abs(np.exp(logs[0, self.ids]) - row).max()))
        return largest, count


def naming_model(config_file: ConfigFile, wanted: ModelToImport) -> ConfigFile:
    """The configuration with what the command line names: model, text, alphabet and regime."""
    plain = config_file.config.model_dump(by_alias=True)
    plain["network"] |= {
        "from": str(wanted.model.absolute()),
        "alphabet": None if wanted.alphabet is None else str(wanted.alphabet.absolute()),
    }
    if wanted.text is not None:
        plain["corpus"] |= {"path": str(wanted.text.absolute()), "builtin": None}
    plain["training"] |= (
        {"regime": "window", "window": wanted.window}
        if wanted.window
        else {"regime": "stream", "loss": "every"}
    )
    try:
        config = Config.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise NeuronarioError(f"{where}: {first['msg']}", ExitCode.BAD_CONFIG) from error
    return replace(config_file, config=config)


def import_model(config_file: ConfigFile, corpus: Corpus) -> ImportedModel | None:
    """The model that ``network.from`` names, ready for the engine; None where a network is trained.

    Raises:
        NeuronarioError: 65 the file is refused, or no alphabet fits; 66, 77, 74 it cannot be read.
    """
    network_config = config_file.config.network
    if network_config.from_file is None:
        return None
    from jobs.model_files.alphabet_choice import choose_alphabet
    from jobs.model_files.file_model import RefusedError
    from jobs.model_files.fold import folded_network, reordered
    from jobs.model_files.read_model import read_model
    from jobs.model_files.vocabulary import read_alphabet_file

    path = config_file.model_folder / network_config.from_file
    file = read_model(path)
    listed, digest = file.model.vocabulary, ""
    if network_config.alphabet is not None:
        list_path = config_file.alphabet_folder / network_config.alphabet
        try:
            listed, data = read_alphabet_file(list_path)
        except RefusedError as error:
            raise _refusal(list_path, error) from error
        digest = hashlib.sha256(data).hexdigest()
    window = config_file.config.training.mode.window
    try:
        choice = choose_alphabet(file.model, _text_to_check(corpus), listed, window)
        network, notes = folded_network(file.model)
    except RefusedError as error:
        raise _refusal(path, error) from error
    characters = choice.alphabet()
    ids = np.array(sorted(range(len(characters)), key=lambda number: characters[number]), np.int64)
    return ImportedModel(
        file=file,
        network=reordered(network, ids),
        alphabet=tuple(characters[number] for number in ids),
        ids=ids,
        choice=choice,
        notes=notes,
        alphabet_sha256=digest,
    )


def _text_to_check(corpus: Corpus) -> str:
    """The text, or the beginning of a very long one with all further characters behind it."""
    beginning = corpus.text(corpus.ids[:MOST_CHECKED])
    if corpus.characters <= MOST_CHECKED:
        return beginning
    return beginning + "".join(sorted(set(corpus.alphabet) - set(beginning)))


def _refusal(path: Path, error: Exception) -> NeuronarioError:
    return NeuronarioError(f"{shown(path)}: not imported: {error}", ExitCode.BAD_DATA)
