"""The configuration: one YAML file, every key validated, unknown keys refused.

This module says what may be configured and what the defaults are; reading a file and wording the
problems is in ``jobs/config/file.py``.
"""

import codecs
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    model_validator,
)

from jobs.config.limits import LEAST_TEMPERATURE, MOST_TEMPERATURE
from jobs.model.reading_mode import Alignment, ReadingMode, Regime, reading_mode

SCHEMA = 1

# Numbers are computed in float32: none may vanish or become infinite there.
Fraction = Annotated[float, Field(ge=1e-6, lt=0.5, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=1e-8, le=100.0, allow_inf_nan=False)]
Temperature = Annotated[
    float, Field(ge=LEAST_TEMPERATURE, le=MOST_TEMPERATURE, allow_inf_nan=False)
]


def _nothing_or_enough(value: float) -> float:
    if 0.0 < value < 1e-12:
        raise ValueError("too small to have any effect; write 0, or at least 1e-12")
    return value


Weight = Annotated[
    float, Field(ge=0.0, le=1e6, allow_inf_nan=False), AfterValidator(_nothing_or_enough)
]


def _plain_path(value: str) -> str:
    """A path as it stands: nothing in it is replaced, so nothing may look as if it were."""
    if not value or not value.isprintable():
        raise ValueError("needs the path of a file or folder, without control characters")
    if "${" in value or "{{" in value or value.startswith("~"):
        raise ValueError("placeholders and ~ are not replaced; write the path itself")
    return value


def _output_folder(value: str) -> str:
    """A folder that is replaced or pruned as a whole: never a root or the working directory."""
    if Path(_plain_path(value)).name in ("", ".."):
        raise ValueError("needs a folder of its own, not / or . or ..")
    return value


def known_encoding(value: str) -> str:
    """``value`` if it names an encoding of texts, else a ValueError that says what does."""
    try:
        known = codecs.lookup(value)
        "".encode(value)  # codecs that are no text encodings (base64, rot13) refuse this
    except (LookupError, ValueError) as error:
        raise ValueError("no encoding of that name; for example utf-8, latin-1, utf-16") from error
    if known.name.replace("-", "_") in (
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
    ):
        raise ValueError("is not an encoding of texts; for example utf-8, latin-1, utf-16")
    return value


def _known_lexer(value: str | None) -> str | None:
    if value is not None:
        from pygments.lexers import find_lexer_class_by_name
        from pygments.util import ClassNotFound

        try:
            find_lexer_class_by_name(value)
        except ClassNotFound as error:
            raise ValueError("no language that Pygments knows; for example xml, c, html") from error
    return value


def _valid_pattern(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression of Python: {error}") from error
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters are not allowed")
    return value


def _concept_name(value: str) -> str:
    """Letters (with their marks) and digits of any script; it becomes a label and an address."""
    kinds = [unicodedata.category(character)[0] for character in value]
    if not all(kind in "LMN" or mark in " -" for kind, mark in zip(kinds, value, strict=True)):
        raise ValueError("needs letters and digits of any script, blanks and hyphens")
    if kinds[:1] != ["L"] or value != " ".join(value.split()):
        raise ValueError("needs a letter first, and single blanks between words")
    return unicodedata.normalize("NFC", value)


def _web_address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s<>\"'`{}|\\^]+", value):
        raise ValueError("needs an address that starts with https:// or http://, or nothing")
    return value


def _three_symbols(value: tuple[str, ...]) -> tuple[str, ...]:
    if value and (len(set(value)) != 3 or any(len(symbol) != 1 for symbol in value)):
        raise ValueError("needs three different single characters, or an empty list")
    return value


def _paths(value: Any) -> Any:
    """A path, or a list of paths as a tuple; the same words for every way to get it wrong."""
    if value is None:
        return None
    paths = value if isinstance(value, list | tuple) else [value]
    if not paths or not all(isinstance(path, str) for path in paths):
        raise ValueError(
            "needs a path (a file, a folder, a pattern as texts/*.txt, or - for standard input) "
            "or a list of paths"
        )
    for path in paths:
        _plain_path(path)
    if list(paths).count("-") > 1:
        raise ValueError("standard input (-) can be read once only")
    return tuple(paths) if isinstance(value, list | tuple) else value


def _kept_files(value: str) -> str:
    parts = value.rstrip("/").split("/")
    if not value.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise ValueError("needs a path inside the site, as CNAME, google*.html or .well-known")
    return value


KeptFiles = Annotated[str, Field(max_length=200), AfterValidator(_kept_files)]
PlainPath = Annotated[str, AfterValidator(_plain_path)]
OutputFolder = Annotated[str, AfterValidator(_output_folder)]
PrintableText = Annotated[str, AfterValidator(_printable)]


class Section(BaseModel):
    """Base of every section: immutable, closed, and strict about types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CorpusConfig(Section):
    """Which text: files or the built-in generator."""

    # file, folder, pattern, - (standard input), or several; relative: from the configuration file
    path: Annotated[str | tuple[str, ...] | None, BeforeValidator(_paths)] = None
    builtin: Literal["xml", "anbn", "dyck", "counter-lines"] | None = None
    builtin_characters: Annotated[int, Field(ge=1_000, le=10_000_000)] = 250_000
    encoding: Annotated[str, AfterValidator(known_encoding)] = "utf-8"
    first_characters: PositiveInt | None = None  # use only the head of the text
    held_out: Fraction = 0.1  # share that is never trained on
    hold_out: Literal["tail", "blocks"] = "tail"  # the end, or blocks by their own hash
    max_bytes: PositiveInt = 200_000_000
    max_alphabet: Annotated[int, Field(ge=1, le=65_536)] = 4_096

    @model_validator(mode="after")
    def _exactly_one_source(self) -> "CorpusConfig":
        if (self.path is None) == (self.builtin is None):
            raise ValueError(
                "give exactly one of `path` (a text file) and `builtin` "
                "(xml, anbn, dyck or counter-lines)"
            )
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """``path`` as a list; () for the generator."""
        if self.path is None:
            return ()
        return (self.path,) if isinstance(self.path, str) else self.path


class NetworkConfig(Section):
    """Sizes of the LSTM layers, first layer first; or the model file that has them."""

    layers: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4_096)], ...], Field(min_length=1, max_length=8)
    ] = (50, 50)
    # A model file to import instead of training; its sizes then stand in `layers`. Relative paths
    # start at the configuration file that names them.
    from_file: Annotated[PlainPath | None, Field(alias="from")] = None
    alphabet: PlainPath | None = None  # its characters by id; without it found by trying

    @model_validator(mode="after")
    def _alphabet_of_a_file(self) -> "NetworkConfig":
        if self.alphabet is not None and self.from_file is None:
            raise ValueError("`alphabet` is that of a model file: it needs `from`")
        return self


class TrainingConfig(Section):
    """How the network learns; ``window`` is the notebook's regime, ``stream`` carries the state."""

    regime: Regime = "stream"
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 20
    batch: Annotated[int, Field(ge=1, le=65_536)] = 32  # windows, or parallel streams
    window: Annotated[int, Field(ge=1, le=4_096)] = 20  # window regime: characters per window
    stride: Annotated[int, Field(ge=1, le=4_096)] = 20  # window regime: from window to window
    loss: Literal["last", "every"] = "every"  # `last` only in the window regime
    chunk: Annotated[int, Field(ge=1, le=4_096)] = 50  # stream regime: truncated back-propagation
    learning_rate: Rate = 0.02
    schedule: Literal["constant", "cosine"] = "cosine"
    initial_bias: Literal["frequencies", "zero"] = "frequencies"  # of the output layer
    flat_epochs: Annotated[int, Field(ge=0, le=100_000)] = 3  # then one restart; 0 = never
    clip_norm: Weight = 1.0  # global gradient norm; 0 = no clipping
    dropout: Annotated[
        float, Field(ge=0, le=0.9, allow_inf_nan=False), AfterValidator(_nothing_or_enough)
    ] = 0.0  # of what a layer hands upwards
    l1: Weight = 0.0  # activity penalty on the hidden states
    patience: Annotated[int, Field(ge=0, le=100_000)] = 0  # epochs without gain; 0 = no early stop
    start: Literal["fresh", "previous"] = "fresh"

    @model_validator(mode="after")
    def _loss_fits_regime(self) -> "TrainingConfig":
        if self.regime == "stream" and self.loss == "last":
            raise ValueError(
                "`loss: last` needs `regime: window`; a stream learns from every character"
            )
        return self

    @property
    def mode(self) -> ReadingMode:
        """How the network reads a text after training: as in it."""
        return reading_mode(self.regime, self.window)


class SampleConfig(Section):
    """The text that the network writes."""

    characters: Annotated[int, Field(ge=1, le=100_000)] = 500
    temperature: Temperature = 1.0


class ProbeConfig(Section):
    """The pinned part of the held-out text that the statistics are made on."""

    characters: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000


class ConceptConfig(Section):
    """A user's own concept: characters inside a match of a regular expression."""

    name: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_concept_name)]
    pattern: Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_valid_pattern)]
    sentence: Annotated[PrintableText, Field(max_length=200)] = ""


class ReportConfig(Section):
    """What the pages show."""

    alignment: Alignment = "read"  # colour by the state after reading / before
    min_mean_activation: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] = 0.0
    symbols: Annotated[tuple[str, ...], AfterValidator(_three_symbols)] = ()  # () = chosen
    language: Literal["en", "es"] = "en"  # of the concept sentences
    pygments: Annotated[str | None, AfterValidator(_known_lexer)] = None  # its token kinds
    concepts: Annotated[tuple[ConceptConfig, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _concept_names_differ(self) -> "ReportConfig":
        names = [concept.name.casefold() for concept in self.concepts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two concepts have the name `{twice[0]}`; rename one")
        return self


class SiteConfig(Section):
    """Where and under which name the site is published."""

    name: Annotated[PrintableText, Field(min_length=1, max_length=80)] = "Neuronario"
    url: Annotated[str, AfterValidator(_web_address)] = ""  # public; "" = works from any place
    directory: OutputFolder = "site"  # relative paths start at the working directory
    builder: Literal["mkdocs", "properdocs", "zensical"] = "mkdocs"  # what makes HTML of the pages
    keep: Annotated[tuple[KeptFiles, ...], Field(max_length=100)] = ()  # the user's, beside ours


class StoreConfig(Section):
    """Where the runs are kept."""

    directory: OutputFolder = "runs"  # relative paths start at the working directory


class RetentionConfig(Section):
    """Which runs `prune` keeps (restic's semantics: a run kept by any rule stays)."""

    last: Annotated[int, Field(ge=1, le=100_000)] = 10
    daily: Annotated[int, Field(ge=0, le=100_000)] = 14
    weekly: Annotated[int, Field(ge=0, le=100_000)] = 8
    monthly: Annotated[int, Field(ge=0, le=100_000)] = 12
    max_bytes: PositiveInt = 2_000_000_000


class PublishConfig(Section):
    """What may become public."""

    corpus_text: Literal["all", "sample", "none"] = "all"
    weights: bool = True  # for the page "Try it"; never with corpus_text: none


class PingConfig(Section):
    """A health-check service that is told of every job; its address is kept out of every run."""

    url: Annotated[str, AfterValidator(_web_address)] = ""  # "" = nobody is told


class Config(Section):
    """The whole configuration, defaults filled in."""

    schema_version: Annotated[int, Field(alias="schema", ge=1, le=SCHEMA)] = SCHEMA
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    corpus: CorpusConfig
    network: NetworkConfig = NetworkConfig(layers=(50, 50))
    training: TrainingConfig = TrainingConfig()
    sample: SampleConfig = SampleConfig()
    probe: ProbeConfig = ProbeConfig()
    report: ReportConfig = ReportConfig()
    site: SiteConfig = SiteConfig()
    store: StoreConfig = StoreConfig()
    retention: RetentionConfig = RetentionConfig()
    publish: PublishConfig = PublishConfig()
    ping: PingConfig = PingConfig()

    def stored(self) -> dict[str, Any]:
        """The configuration as digests and runs hold it: plain values, by their names in YAML.

        Keys that were added later are left out where they say nothing, so that what an earlier
        version wrote stays what it was.
        """
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        for key in ("from", "alphabet"):
            if plain["network"][key] is None:
                del plain["network"][key]
        return plain
