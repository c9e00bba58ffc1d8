"""Three nights in cron's environment: the text grows and gains a character, then it is shuffled.

Each morning the site says what is true of the held-out text, and nothing is lost.
"""

import os
import random
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import yaml

from tests.support.command_line import TINY
from tests.support.places import ROOT

WORDS = [
    "amber",
    "birch",
    "cloud",
    "delta",
    "ember",
    "fjord",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "knoll",
    "larch",
    "marsh",
]
PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from jobs.cli.main import main; main()"


# cron gives a home too, and so a place for compiled programs
KEPT = ["PATH=/usr/bin:/bin", f"NEURONARIO_CACHE={os.environ['NEURONARIO_CACHE']}"]


def lines(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [
        f"{number:05d} " + " ".join(generator.choices(WORDS, k=generator.randint(3, 7))) + "\n"
        for number in generator.sample(range(100_000), count)
    ]


def night(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``neuronario ARGUMENTS`` as cron starts it."""
    return subprocess.run(
        ["/usr/bin/env", "-i", *KEPT, sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def words_of(page: Path) -> str:
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.read_text("utf-8"), flags=re.DOTALL)
    return " ".join(unescape(text).split())


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What the pages say after each night."""
    folder = tmp_path_factory.mktemp("nights")
    config = {
        **TINY,
        "corpus": {"path": "text.txt"},
        "training": {**TINY["training"], "start": "previous"},
    }
    (folder / "neuronario.yml").write_text(yaml.safe_dump(config))
    text = lines(300, 1)
    grown = text + [line.replace("fjord", "fjørd") for line in lines(60, 2)]
    shuffled = random.Random(3).sample(grown, len(grown))
    found = []
    for texts in (text, grown, shuffled):
        (folder / "text.txt").write_text("".join(texts), encoding="utf-8")
        done = night(folder, "run", "--quiet", "--config", "neuronario.yml")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        log = sorted((folder / "runs" / "runs").glob("*/run.log"))[-1].read_text()
        said = {name: words_of(folder / "site" / f"{name}.html") for name in ("index", "run")}
        changes = folder / "site" / "diff" / "previous.html"
        said["changes"] = words_of(changes) if changes.is_file() else ""
        found.append(said | {"log": log})
    return found


def test_the_first_morning(mornings: list[dict[str, str]]) -> None:
    assert "never trained on" in mornings[0]["run"]
    assert "Where the weights come from" not in mornings[0]["run"]


def test_a_text_that_grew_keeps_its_weights_and_says_which_character_is_new(
    mornings: list[dict[str, str]],
) -> None:
    second = mornings[1]
    assert "the alphabet changed: 1 new (U+00F8)" in second["log"]
    assert "Training went on from the weights of the run before" in second["run"]
    assert "1 character is new to them" in second["run"]
    assert "never trained on" in second["run"]
    assert "The alphabet changed: 1 new" in second["changes"]
    assert "not comparable" not in second["changes"]


def test_a_shuffled_text_is_not_called_never_trained_on(mornings: list[dict[str, str]]) -> None:
    third = mornings[2]
    assert re.search(r"warning: (8|9)[0-9] % of the held-out text was trained on", third["log"])
    assert "never trained on" not in third["run"]
    assert "stand in text that these weights were trained on in earlier runs" in third["run"]
    assert "partly trained on in earlier runs" in third["index"]
    assert re.search(r"quality is not comparable: (8|9)[0-9] %", third["changes"], re.IGNORECASE)
