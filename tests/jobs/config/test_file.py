"""Configuration files: every problem at once, with file, line, key, value and what is allowed."""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config.file import (
    config_problems,
    effective_yaml,
    load_config,
    preset_names,
    preset_path,
)
from jobs.config.schema import Config, CorpusConfig
from jobs.errors import ExitCode, NeuronarioError
from tests.support.bad_configurations import BAD, GOOD


def config_of_text(text: str) -> Config:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yml"
        path.write_text(text, encoding="ascii")
        return load_config(path).config


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    path = folder / "my.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    lines = [str(problem) for problem in config_problems(path)]
    assert all("\n" not in line and line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


@pytest.mark.parametrize(("text", "complaint"), BAD.values(), ids=BAD.keys())
def test_bad_configurations(tmp_path: Path, text: str, complaint: str) -> None:
    problems = problems_of(tmp_path, text)
    assert len(problems) == 1, problems
    assert problems[0].startswith(complaint)
    with pytest.raises(NeuronarioError) as caught:
        load_config(tmp_path / "my.yml")
    assert caught.value.code == ExitCode.BAD_CONFIG


def test_all_problems_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        "seed: -1\nseed: 2\ncorpus: {path: 5}\nnetwork:\n  layers:\n  - 5\n  - 0\n  - x\n"
        "training: {lr: 1, regime: streem}\nschema: 9\n",
    )
    keys = [re.match(r"\d+: ([\w.\[\]]+)", line).group(1) for line in problems]  # type: ignore[union-attr]
    assert keys == [
        "seed",
        "seed",
        "corpus.path",
        "network.layers[1]",
        "network.layers[2]",
        "training.regime",
        "training.lr",
        "schema",
    ]


def test_anchor_bomb_is_refused_unexpanded(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    problems = problems_of(tmp_path, "\n".join(lines))
    assert problems[0].startswith("1: anchor &a0 is not allowed")
    assert len(problems) == 40 + 39 * 9
    assert problems[2] == "2: alias *a0 is not allowed; repeat it"


def test_large_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.yml"
    path.write_text("#" * 100_001)
    assert code_of(path) == ExitCode.BAD_CONFIG


@pytest.mark.parametrize("data", [GOOD.encode("utf-16"), b"corpus: {path: \xff}\n"])
def test_other_encodings(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "my.yml"
    path.write_bytes(data)
    with pytest.raises(NeuronarioError, match="not UTF-8 at byte") as caught:
        config_problems(path)
    assert caught.value.code == ExitCode.BAD_CONFIG


def code_of(path: Path) -> ExitCode:
    with pytest.raises(NeuronarioError) as caught:
        load_config(path)
    assert path.name in str(caught.value)
    return caught.value.code


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "link.yml").symlink_to(preset_path("default"))
    assert code_of(tmp_path / "missing.yml") == ExitCode.NO_INPUT
    assert code_of(tmp_path / "pipe.yml") == ExitCode.BAD_CONFIG
    assert code_of(tmp_path / "folder.yml") == ExitCode.BAD_CONFIG
    assert code_of(tmp_path / "link.yml") == ExitCode.BAD_CONFIG


def test_absurd_size_shows_the_predicted_memory(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path, GOOD + "probe: {characters: 10000000}\nnetwork:\n  layers: [4096]\n"
    )
    assert len(problems) == 1
    # 10,000,500 characters x (5 values x 4096 units + 100 probabilities) x 4 bytes = 823 GB
    assert "2: probe.characters: needs about 82" in problems[0]
    assert "traces 823.2 GB); this machine has" in problems[0]


def test_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert problems_of(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()) == []


def test_scalars_follow_yaml_1_2(tmp_path: Path) -> None:
    path = tmp_path / "my.yml"
    path.write_text(
        "corpus: {path: 2026-11-24}\nsite: {name: no}\nstore: {directory: 0x10}\n"
        "training: {learning_rate: 1e-3}\n"
    )
    config = load_config(path).config
    assert (config.corpus.path, config.site.name) == ("2026-11-24", "no")
    assert config.store.directory == "0x10"
    assert config.training.learning_rate == 0.001


def test_presets() -> None:
    assert preset_names() == ["anbn", "counter-lines", "default", "dyck", "legible", "notebook"]
    default = load_config(preset_path("default")).config
    assert default == Config(corpus=CorpusConfig(builtin="xml"))  # as the schema's own defaults
    notebook = load_config(preset_path("notebook")).config
    assert notebook.network.layers == (50, 50)
    training = notebook.training
    assert (training.regime, training.window, training.stride) == ("window", 20, 20)
    assert (training.loss, training.epochs, training.batch) == ("last", 50, 30)
    assert (training.l1, training.learning_rate, training.clip_norm) == (0.0, 0.001, 0.0)
    assert (training.schedule, training.patience, training.start) == ("constant", 0, "fresh")
    assert (notebook.sample.characters, notebook.sample.temperature) == (500, 1.0)
    assert notebook.report.alignment == "predict"
    assert notebook.report.min_mean_activation == 0.0


@pytest.mark.parametrize("name", ["anbn", "counter-lines", "dyck"])
def test_presets_of_texts_whose_truth_is_known(name: str) -> None:
    config = load_config(preset_path(name)).config
    assert config.corpus.builtin == name
    assert config.corpus.builtin_characters * config.corpus.held_out >= config.probe.characters


def test_the_legible_preset_is_the_default_but_for_width_and_penalty(tmp_path: Path) -> None:
    path = tmp_path / "my.yml"
    path.write_text("extends: legible\ncorpus: {path: my.xml}\n")
    config, default = load_config(path).config, load_config(preset_path("default")).config
    assert (config.network.layers, config.training.l1) == ((100, 100), 0.001)
    assert config.training.model_copy(update={"l1": 0.0}) == default.training
    assert config.probe == default.probe


def test_the_default_preset_names_every_key() -> None:
    text = preset_path("default").read_text()
    missing = [
        key
        for section in Config.model_fields.values()
        for name, field in getattr(section.annotation, "model_fields", {}).items()
        for key in [field.alias or name]
        if not re.search(rf"^  (# )?{key}:", text, re.MULTILINE) and key != "path"
    ]
    assert missing == []


def test_extending_a_preset_on_ones_own_file(tmp_path: Path) -> None:
    path = tmp_path / "my.yml"
    path.write_text("extends: notebook\ncorpus: {path: my.xml}\ntraining: {epochs: 3}\n")
    loaded = load_config(path)
    notebook = load_config(preset_path("notebook")).config
    assert loaded.folder == tmp_path
    assert (loaded.config.corpus.path, loaded.config.corpus.builtin) == ("my.xml", None)
    assert loaded.config.training == notebook.training.model_copy(update={"epochs": 3})
    assert loaded.config.report == notebook.report


def test_extending_a_file_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "base.yml").write_text("extends: default\ncorpus: {path: my.xml}\nseed: 3\n")
    path = tmp_path / "my.yml"
    path.write_text("extends: shared/base.yml\nseed: 4\n")
    loaded = load_config(path)
    assert loaded.folder == folder  # the path starts where it is written
    assert loaded.config.seed == 4


def test_a_problem_in_the_extended_file_is_placed_there(tmp_path: Path) -> None:
    base = tmp_path / "base.yml"
    base.write_text("corpus: {builtin: xml}\nseed: 1\nseed: 2\nreport: {language: fr}\n")
    path = tmp_path / "my.yml"
    path.write_text("extends: base.yml\nsample: {characters: 0}\n")
    lines = [str(problem) for problem in config_problems(path)]
    assert [line.split(" ")[0] for line in lines] == [f"{base}:3:", f"{base}:4:", f"{path}:2:"]


@pytest.mark.parametrize("name", ["default", "notebook"])
def test_effective_configuration_round_trips(name: str) -> None:
    config = load_config(preset_path(name)).config
    text = effective_yaml(config)
    assert config_of_text(text) == config
    assert effective_yaml(config_of_text(text)) == text
    keys = re.findall(r"^(\w+):", text, re.MULTILINE)
    assert keys == sorted(keys)
    assert set(keys) == {"schema"} | set(Config.model_fields) - {"schema_version"}


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=80)
TRICKY = st.sampled_from(["1e3", "0x1", ".5", "1_0", "no", "~", "null", "true", "1:30", "=", "- a"])


@settings(max_examples=60)
@given(name=PRINTABLE | TRICKY, rate=st.floats(1e-8, 100), seed=st.integers(0, 2**32 - 1))
def test_any_effective_configuration_round_trips(name: str, rate: float, seed: int) -> None:
    config = Config.model_validate(
        {
            "corpus": {"builtin": "xml"},
            "site": {"name": name},
            "training": {"learning_rate": rate},
            "seed": seed,
        }
    )
    text = effective_yaml(config)
    assert text.isascii()
    assert config_of_text(text) == config
