"""Configuration files: every problem at once, with file, line, key, value and what is allowed."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.config import Config, CorpusConfig
from jobs.config_file import (
    config_from_yaml_text,
    config_problems,
    effective_yaml,
    load_config,
    preset_names,
    preset_path,
)
from jobs.errors import ExitCode, NeuronarioError

GOOD = "corpus: {builtin: xml}\n"


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    path = folder / "my.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    lines = [str(problem) for problem in config_problems(path)]
    assert all("\n" not in line and line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


WHOLE = "a whole number from"
# A configuration, and the only complaint there must be about it: line, key, value, what is allowed.
BAD: dict[str, tuple[str, str]] = {
    "empty": ("", "1: empty; needs at least the key `corpus:`"),
    "only a comment": ("# nothing\n", "1: empty; needs at least the key `corpus:`"),
    "not a mapping": ("- corpus\n", "1: not a list of keys; needs at least the key `corpus:`"),
    "not YAML": ("corpus: [\n", "2: not YAML: expected the node content"),
    "control character": ("corpus: \x07\n", "1: not YAML: unacceptable character #x0007"),
    "tab": (GOOD + "sample:\n\tcharacters: 5\n", "3: indented with a tab"),
    "duplicate key": (GOOD + "seed: 1\nseed: 2\n", "3: seed: given twice, first in line 2"),
    "duplicate inner key": (
        GOOD + "sample:\n  characters: 5\n  characters: 6\n",
        "4: sample.characters: given twice, first in line 3",
    ),
    "unknown key": (GOOD + "colour: red\n", "2: colour: unknown key; known here: corpus, network,"),
    "misspelt key": (
        GOOD + "training: {epoch: 3}\n",
        "2: training.epoch: unknown key; did you mean training.epochs?",
    ),
    "key in the wrong place": (
        GOOD + "learning_rate: 0.1\n",
        "2: learning_rate: unknown key; did you mean training.learning_rate?",
    ),
    "number as a key": (GOOD + "3: 4\n", "2: 3: unknown key"),
    "list as a key": (GOOD + "? [a]\n: 1\n", "2: a key must be a word"),
    "no corpus": ("seed: 1\n", "1: corpus: missing; needs a section with the keys path, builtin,"),
    "wrong type": (
        GOOD + "training: 5\n",
        "2: training: 5 is not allowed; a section with the keys regime, epochs,",
    ),
    "empty section": (GOOD + "sample:\n", "2: sample: nothing is not allowed; a section with"),
    "string for int": (
        GOOD + "sample: {characters: '20'}\n",
        f'2: sample.characters: text "20" is not allowed; {WHOLE} 1 to 100,000',
    ),
    "bool for int": (GOOD + "seed: true\n", f"2: seed: true is not allowed; {WHOLE} 0 to"),
    "bool for number": (
        GOOD + "training: {l1: true}\n",
        "2: training.l1: true is not allowed; a n",
    ),
    "float for int": (
        GOOD + "network: {layers: [50, 2.5]}\n",
        f"2: network.layers[1]: 2.5 is not allowed; {WHOLE} 1 to 4,096",
    ),
    "negative": (
        GOOD + "training: {epochs: -1}\n",
        f"2: training.epochs: -1 is not allowed; {WHOLE} 1 to 100,000",
    ),
    "zero": (
        GOOD + "network: {layers: [50, 0]}\n",
        f"2: network.layers[1]: 0 is not allowed; {WHOLE} 1 to 4,096",
    ),
    "zero characters": (GOOD + "sample: {characters: 0}\n", "2: sample.characters: 0 is not allow"),
    "huge layer": (
        GOOD + "network: {layers: [1000000000]}\n",
        "2: network.layers[0]: 1000000000 is not allowed; a whole number from 1 to 4,096 (that "
        "layer's weights and optimiser alone would take about 80.0 EB)",
    ),
    "number without end": (
        GOOD + f"network: {{layers: [{'9' * 4_000}]}}\n",
        "2: network.layers[0]: 99999999999999999999... (4000 digits) is not allowed",
    ),
    "number past conversion": (
        GOOD + f"seed: {'9' * 9_000}\n",
        '2: seed: text "999999999999999999999999999999999999999999999999999999999999..." is not',
    ),
    "empty list": (
        GOOD + "network: {layers: []}\n",
        "2: network.layers: an empty list is not allowed; a list of 1 to 8 items, each item a who",
    ),
    "too many layers": (
        GOOD + f"network: {{layers: {[5] * 9}}}\n",
        "2: network.layers: a list is not allowed; a list of 1 to 8 items",
    ),
    "NaN": (
        GOOD + "training: {learning_rate: .nan}\n",
        "2: training.learning_rate: nan is not allowed; a number above 0",
    ),
    "infinite": (
        GOOD + "training: {clip_norm: .inf}\n",
        "2: training.clip_norm: inf is not allowed; a number from 0",
    ),
    "large seed": (
        GOOD + "seed: 4294967296\n",
        f"2: seed: 4294967296 is not allowed; {WHOLE} 0 to 4,294,967,295",
    ),
    "held-out share": (
        "corpus: {builtin: xml, held_out: 0.7}\n",
        "1: corpus.held_out: 0.7 is not allowed; a number above 0 and below 0.5",
    ),
    "choice": (
        GOOD + "training: {regime: windows}\n",
        '2: training.regime: text "windows" is not allowed; one of stream, window; did you mean '
        "window?",
    ),
    "encoding": (
        "corpus: {path: a.txt, encoding: utf-9}\n",
        '1: corpus.encoding: text "utf-9": no encoding of that name; for example utf-8',
    ),
    "no text encoding": (
        "corpus: {path: a.txt, encoding: rot13}\n",
        '1: corpus.encoding: text "rot13": no encoding of that name',
    ),
    "encoding that interprets": (
        "corpus: {path: a.txt, encoding: unicode_escape}\n",
        '1: corpus.encoding: text "unicode_escape": is not an encoding of texts',
    ),
    "two sources": (
        "corpus: {path: a.txt, builtin: xml}\n",
        "1: corpus: give exactly one of `path` (a text file) and `builtin` (xml)",
    ),
    "no source": ("corpus: {held_out: 0.2}\n", "1: corpus: give exactly one of"),
    "placeholder": (
        "corpus: {path: '${HOME}/a.txt'}\n",
        '1: corpus.path: text "${HOME}/a.txt": placeholders and ~ are not replaced',
    ),
    "NUL in a path": (
        'corpus: {path: "a\\0b"}\n',
        '1: corpus.path: text "a\\x00b": needs the path',
    ),
    "root as site": (
        GOOD + "site: {directory: /}\n",
        '2: site.directory: text "/": needs a folder of its own',
    ),
    "parent as store": (GOOD + "store: {directory: ../..}\n", "2: store.directory: text"),
    "site in the store": (
        GOOD + "site: {directory: runs/site}\n",
        "1: `site.directory` and `store.directory` must lie apart",
    ),
    "script as address": (
        GOOD + "site: {url: 'javascript:alert(1)'}\n",
        '2: site.url: text "javascript:alert(1)": needs an address that starts with https://',
    ),
    "conflict": (
        GOOD + "training: {loss: last}\n",
        "2: training: `loss: last` needs `regime: window`",
    ),
    "symbols": (
        GOOD + "report: {symbols: [a, b]}\n",
        "2: report.symbols: a list: needs three different single characters",
    ),
    "regular expression": (
        GOOD + "report: {concepts: [{name: year, pattern: '('}]}\n",
        '2: report.concepts[0].pattern: text "(": not a regular expression of Python: missing )',
    ),
    "concept name": (
        GOOD + "report: {concepts: [{name: '<b>', pattern: a}]}\n",
        '2: report.concepts[0].name: text "<b>" is not allowed; a text of 1 to 40 characters that',
    ),
    "concept twice": (
        GOOD + "report: {concepts: [{name: a, pattern: a}, {name: a, pattern: b}]}\n",
        "2: report: two concepts have the name `a`",
    ),
    "Pygments language": (
        GOOD + "report: {pygments: xlm}\n",
        '2: report.pygments: text "xlm": no language that Pygments knows',
    ),
    "Python tag": (
        "corpus: !!python/object/apply:os.system ['touch pwned']\n",
        "1: tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
    ),
    "own tag": (GOOD + "seed: !env SEED\n", "2: tag !env is not allowed; plain values only"),
    "two documents": (GOOD + "---\nseed: 1\n", "2: a second document; only one is allowed"),
    "nested without end": ("corpus: " + "[" * 5_000, "1: nested deeper than 12 levels"),
    "future schema": (GOOD + "schema: 2\n", "2: schema: 2 is not allowed; only 1"),
    "unknown preset": (
        "extends: notebok\n",
        '1: extends: text "notebok" is not allowed; a preset (default, notebook) or a path that '
        "ends in .yml; did you mean notebook?",
    ),
    "missing base": ("extends: other.yml\n", "1: extends: "),
    "unknown preset, corpus expected from it": (
        "extends: notebok\nseed: 1\n",
        '1: extends: text "notebok" is not allowed',
    ),
    "NUL in a base": ('extends: "a\\0.yml"\n', "1: extends: "),
    "base is itself": ("extends: my.yml\n", "1: extends: leads in a circle"),
    "extends a list": ("extends: [a]\n", "1: extends: a list is not allowed; a preset"),
}


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
    assert preset_names() == ["default", "notebook"]
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


def test_the_default_preset_names_every_key() -> None:
    text = preset_path("default").read_text()
    missing = [
        key
        for section in Config.model_fields.values()
        for key in getattr(section.annotation, "model_fields", {})
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
    assert config_from_yaml_text(text) == config
    assert effective_yaml(config_from_yaml_text(text)) == text
    keys = re.findall(r"^(\w+):", text, re.MULTILINE)
    assert keys == sorted(keys)
    assert set(keys) == {"schema"} | set(Config.model_fields) - {"schema_version"}


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=80)
TRICKY = st.sampled_from(["1e3", "0x1", ".5", "1_0", "no", "~", "null", "true", "1:30", "=", "- a"])


@settings(max_examples=60)
@given(name=PRINTABLE | TRICKY, rate=st.floats(1e-300, 1e300), seed=st.integers(0, 2**32 - 1))
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
    assert config_from_yaml_text(text) == config


@pytest.mark.parametrize("text", ["", "corpus: [", "corpus: {builtin: xml}\nepochs: 3\n"])
def test_a_damaged_effective_configuration_is_bad_data(text: str) -> None:
    with pytest.raises(NeuronarioError, match=r"config\.yml:") as caught:
        config_from_yaml_text(text)
    assert caught.value.code == ExitCode.BAD_DATA
