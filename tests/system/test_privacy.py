"""What may become public: no text beyond ``publish.corpus_text``, no address, no place, no name.

One job on a text of words that no page uses by itself; every piece of the text on the site is then
the text's own. What is compared are letters alone, because line ends are drawn as signs.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from jobs.store.store import read_run
from tests.support.command_line import neuronario, tree, write_config
from tests.support.host_name import names_host

PIECE = 9  # letters: no word of English, no number of a table
LONG = 24  # letters: four words, which the network writes by itself only if it repeats the text
SECRET = "address-of-the-check"


@dataclass(frozen=True)
class Published:
    site: str  # letters of all that a browser is given, tags left out
    raw: bytes
    names_host: bool
    log: str
    corpus: set[str]  # pieces
    sample: set[str]
    long: set[str]  # long pieces of the corpus
    start: set[str]  # long pieces of what was read before the sample


def letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text)


def pieces(text: str, size: int = PIECE) -> set[str]:
    found = letters(text)
    return {found[place : place + size] for place in range(len(found) - size + 1)}


def site_text(site: Path) -> Iterator[str]:
    for name, data in tree(site).items():
        if name.endswith(".html"):
            page = data.decode("utf-8")
            yield unescape(re.sub(r"<[^>]*>", "", page))
            yield unescape(" ".join(re.findall(r'"([^"]*)"', page)))  # of attributes
        elif name.endswith("search_index.json"):
            for entry in json.loads(data)["docs"]:
                yield f"{entry['title']} {unescape(entry['text'])}"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Published]:
    folder = tmp_path_factory.mktemp("private")
    generator = random.Random(3)
    words = ["".join(generator.choices("qzxjkvw", k=6)) for _ in range(8)]
    lines = (" ".join(generator.choices(words, k=4)) for _ in range(300))
    text = "\n".join("::error::" + line if n % 9 == 0 else line for n, line in enumerate(lines))
    (folder / "text.txt").write_text(text)
    found = {}
    for mode in ("none", "sample", "all"):
        write_config(
            folder,
            corpus={"path": "text.txt"},
            training={"epochs": 4},
            publish={"corpus_text": mode},
            ping={"url": f"http://127.0.0.1:9/{SECRET}"},
        )
        config = folder / "neuronario.yml"
        config.write_text(re.sub(r"  builtin.*\n", "", config.read_text()))
        answer = neuronario(folder, "run")
        assert answer.code == 0, answer.err
        run = read_run(folder / "runs")
        alphabet = run.card.alphabet
        start = "".join(alphabet[index] for index in run.sample.context)
        found[mode] = Published(
            site=" ".join(map(letters, site_text(folder / "site"))),
            raw=b"".join(tree(folder / "site").values()),
            names_host=names_host(tree(folder / "site")),
            log=answer.err,
            corpus=pieces(text),
            sample=pieces((run.folder / "sample.txt").read_text(encoding="utf-8")),
            long=pieces(text, LONG),
            start=pieces(start, LONG),
        )
    assert len(list((folder / "runs" / "runs").iterdir())) == 3
    return found


def shown(wanted: set[str], page: str) -> set[str]:
    return {piece for piece in wanted if piece in page}


def test_none_shows_no_text_at_all(published: dict[str, Published]) -> None:
    found = published["none"]
    assert shown(found.corpus | found.sample, found.site) == set()


def test_sample_shows_what_the_network_wrote_and_nothing_of_the_corpus(
    published: dict[str, Published],
) -> None:
    found = published["sample"]
    assert shown(found.sample, found.site) == found.sample != set()
    assert shown(found.long, found.site) == set()


def test_all_shows_the_start_and_pieces_of_the_probe(published: dict[str, Published]) -> None:
    found = published["all"]
    assert found.start and shown(found.start, found.site) == found.start
    assert shown(found.long - found.start, found.site)


@pytest.mark.parametrize("mode", ["none", "sample", "all"])
def test_nothing_of_the_machine_is_published(published: dict[str, Published], mode: str) -> None:
    for secret in (SECRET, "test_privacy", str(Path.home())):
        assert secret.encode() not in published[mode].raw
    assert "pytest-of" not in published[mode].site
    assert not published[mode].names_host


@pytest.mark.parametrize("mode", ["none", "sample", "all"])
def test_the_log_gives_no_commands_and_no_address(
    published: dict[str, Published], mode: str
) -> None:
    lines = published[mode].log.splitlines()
    assert any(line.startswith("warning: ") for line in lines), "the check was not reached"
    assert not [line for line in lines if line.lstrip().startswith("::") or SECRET in line]


def test_the_pages_say_what_is_left_out(published: dict[str, Published]) -> None:
    words = b"publish.corpus_text"
    assert published["none"].raw.count(words) > published["all"].raw.count(words)
    assert published["sample"].raw.count(words) > published["all"].raw.count(words)
