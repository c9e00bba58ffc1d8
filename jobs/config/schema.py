"""The configuration: one YAML file, every key validated, unknown keys refused.

This module says what may be configured and what the defaults are; what a single value may be is in
``jobs/config/values.py``, reading a file and wording the problems in ``jobs/config/file.py``.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    model_validator,
)

from jobs.config.values import (
    ConceptName,
    Encoding,
    Fraction,
    KeptFiles,
    Lexer,
    OutputFolder,
    Paths,
    Pattern,
    PlainPath,
    PrintableText,
    Rate,
    ShareDropped,
    Symbols,
    Temperature,
    WebAddress,
    Weight,
    known_documents,
)
from jobs.model.cell import CELLS, Cell, CellName
from jobs.model.reading_mode import Alignment, ReadingMode, Regime, reading_mode

SCHEMA = 1


class Section(BaseModel):
    """Base of every section: immutable, closed, and strict about types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SeparatorConfig(Section):
    """Documents that a text of its own stands between."""

    separator: str  # as it stands there; in no document


class CorpusConfig(Section):
    """Which text: files or the built-in generator."""

    # file, folder, pattern, - (standard input), or several; relative: from the configuration file
    path: Paths = None
    builtin: Literal["xml", "anbn", "dyck", "counter-lines"] | None = None
    builtin_characters: Annotated[int, Field(ge=1_000, le=10_000_000)] = 250_000
    encoding: Encoding = "utf-8"
    first_characters: PositiveInt | None = None  # use only the head of the text
    held_out: Fraction = 0.1  # share that is never trained on
    hold_out: Literal["tail", "blocks"] = "tail"  # the end, or blocks by their own hash
    # where one text ends and another begins; None: all is one text
    documents: Annotated[
        Literal["file"] | SeparatorConfig | None, BeforeValidator(known_documents)
    ] = None
    max_bytes: PositiveInt = 200_000_000
    max_alphabet: Annotated[int, Field(ge=1, le=65_536)] = 4_096

    @model_validator(mode="after")
    def _exactly_one_source(self) -> "CorpusConfig":
        if (self.path is None) == (self.builtin is None):
            raise ValueError(
                "give exactly one of `path` (a text file) and `builtin` "
                "(xml, anbn, dyck or counter-lines)"
            )
        if self.documents is not None and self.path is None:
            raise ValueError("`documents` needs `path`: what is generated is one text")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """``path`` as a list; () for the generator."""
        if self.path is None:
            return ()
        return (self.path,) if isinstance(self.path, str) else self.path


class NetworkConfig(Section):
    """Sizes and cell of the layers, first layer first; or the model file that has them."""

    layers: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4_096)], ...], Field(min_length=1, max_length=8)
    ] = (50, 50)
    cell: CellName = "lstm"  # of all layers
    # A model file to import instead of training; its sizes then stand in `layers`. Relative paths
    # start at the configuration file that names them.
    from_file: Annotated[PlainPath | None, Field(alias="from")] = None
    alphabet: PlainPath | None = None  # its characters by id; without it found by trying

    @model_validator(mode="after")
    def _alphabet_of_a_file(self) -> "NetworkConfig":
        if self.alphabet is not None and self.from_file is None:
            raise ValueError("`alphabet` is that of a model file: it needs `from`")
        if self.cell != "lstm" and self.from_file is not None:
            raise ValueError("`cell` is that of the model file: leave it out beside `from`")
        return self

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cell of each layer that is trained."""
        return (CELLS[self.cell],) * len(self.layers)


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
    dropout: ShareDropped = 0.0  # of what a layer hands upwards
    l1: Weight = 0.0  # activity penalty on the hidden states
    patience: Annotated[int, Field(ge=0, le=100_000)] = 0  # epochs without gain; 0 = no early stop
    workers: Annotated[int, Field(ge=1, le=250)] = 1  # equal parts of a batch; machines: TF_CONFIG
    # auto: a graphics card where it pays, else the processor; gpu: a card, or no training
    device: Literal["auto", "cpu", "gpu"] = "auto"
    start: Literal["fresh", "previous"] = "fresh"
    on_seen: Literal["mark", "refuse"] = "mark"  # where such weights have read held-out text

    @model_validator(mode="after")
    def _settings_fit(self) -> "TrainingConfig":
        if self.regime == "stream" and self.loss == "last":
            raise ValueError(
                "`loss: last` needs `regime: window`; a stream learns from every character"
            )
        if self.device == "gpu" and self.workers > 1:
            raise ValueError("`device: gpu` trains on one card: it needs `workers: 1`")
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

    name: ConceptName
    pattern: Pattern
    sentence: Annotated[PrintableText, Field(max_length=200)] = ""


class ReportConfig(Section):
    """What the pages show."""

    alignment: Alignment = "read"  # colour by the state after reading / before
    min_mean_activation: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] = 0.0
    symbols: Symbols = ()  # () = chosen
    language: Literal["en", "es"] = "en"  # of the concept sentences
    pygments: Lexer = None  # its token kinds
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
    url: WebAddress = ""  # public; "" = works from any place
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

    url: WebAddress = ""  # "" = nobody is told


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
        if plain["corpus"]["documents"] is None:
            del plain["corpus"]["documents"]
        if plain["training"]["on_seen"] == "mark":
            del plain["training"]["on_seen"]
        if plain["training"]["device"] == "auto":
            del plain["training"]["device"]
        if self.network.cell == "lstm":
            del plain["network"]["cell"]
        return plain
