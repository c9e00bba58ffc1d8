"""The configuration: one YAML file, every key validated, unknown keys refused.

This module says what may be configured and what the defaults are; reading a file and wording the
problems is in ``jobs/config_file.py``.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

SCHEMA = 1

Fraction = Annotated[float, Field(gt=0.0, lt=0.5, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class Section(BaseModel):
    """Base of every section: immutable, closed, and strict about types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CorpusConfig(Section):
    """Which text: a file or the built-in generator."""

    path: str | None = None  # text file; relative paths start at the configuration file
    builtin: Literal["xml"] | None = None
    builtin_characters: Annotated[int, Field(ge=1_000, le=10_000_000)] = 250_000
    encoding: str = "utf-8"
    first_characters: PositiveInt | None = None  # use only the head of the text
    held_out: Fraction = 0.1  # share at the end that is never trained on
    max_bytes: PositiveInt = 200_000_000
    max_alphabet: Annotated[int, Field(ge=1, le=65_536)] = 4_096

    @model_validator(mode="after")
    def _exactly_one_source(self) -> "CorpusConfig":
        if (self.path is None) == (self.builtin is None):
            raise ValueError("give exactly one of `path` (a text file) and `builtin` (xml)")
        return self


class NetworkConfig(Section):
    """Sizes of the LSTM layers, first layer first."""

    layers: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4_096)], ...], Field(min_length=1, max_length=8)
    ]


class TrainingConfig(Section):
    """How the network learns; ``window`` is the notebook's regime, ``stream`` carries the state."""

    regime: Literal["stream", "window"] = "stream"
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 20
    batch: Annotated[int, Field(ge=1, le=65_536)] = 32  # windows, or parallel streams
    window: Annotated[int, Field(ge=1, le=4_096)] = 20  # window regime: characters per window
    stride: Annotated[int, Field(ge=1, le=4_096)] = 20  # window regime: from window to window
    loss: Literal["last", "every"] = "every"  # `last` only in the window regime
    chunk: Annotated[int, Field(ge=1, le=4_096)] = 50  # stream regime: truncated back-propagation
    learning_rate: Positive = 0.001
    schedule: Literal["constant", "cosine"] = "constant"
    clip_norm: NotNegative = 0.0  # global gradient norm; 0 = no clipping
    l1: NotNegative = 0.0  # activity penalty on the hidden states
    patience: Annotated[int, Field(ge=0, le=100_000)] = 0  # epochs without gain; 0 = no early stop
    start: Literal["fresh", "previous"] = "fresh"

    @model_validator(mode="after")
    def _loss_fits_regime(self) -> "TrainingConfig":
        if self.regime == "stream" and self.loss == "last":
            raise ValueError(
                "`loss: last` needs `regime: window`; a stream learns from every character"
            )
        return self


class SampleConfig(Section):
    """The text that the network writes."""

    characters: Annotated[int, Field(ge=1, le=100_000)] = 500
    temperature: Positive = 1.0


class ProbeConfig(Section):
    """The pinned part of the held-out text that the statistics are made on."""

    characters: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000


class ConceptConfig(Section):
    """A user's own concept: characters inside a match of a regular expression."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9 -]*$")]
    pattern: Annotated[str, Field(min_length=1, max_length=400)]
    sentence: Annotated[str, Field(max_length=200)] = ""


class ReportConfig(Section):
    """What the pages show."""

    alignment: Literal["read", "predict"] = "read"  # colour by the state after reading / before
    min_mean_activation: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] = 0.0
    symbols: Annotated[tuple[str, ...], Field(max_length=3)] = ()  # three characters; () = chosen
    language: Literal["en", "es"] = "en"  # of the concept sentences
    pygments: str | None = None  # a language whose token kinds become concepts
    concepts: Annotated[tuple[ConceptConfig, ...], Field(max_length=50)] = ()


class SiteConfig(Section):
    """Where and under which name the site is published."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "Neuronario"
    url: str = ""  # public address; "" = works from any place
    directory: str = "site"  # relative paths start at the working directory


class StoreConfig(Section):
    """Where the runs are kept."""

    directory: str = "runs"  # relative paths start at the working directory


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


def corpus_path(config: Config, folder: Path) -> Path | None:
    """The text file, resolved against the configuration file's folder; None for the generator."""
    return None if config.corpus.path is None else folder / config.corpus.path
