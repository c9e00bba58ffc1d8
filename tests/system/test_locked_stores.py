"""Verbs beside a job of another process: the store is locked, or two stores have one site."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.errors import ExitCode
from tests.support.command_line import neuronario, tree
from tests.support.places import ROOT
from tests.support.store_at import add_run

HOLD = """
import sys
from pathlib import Path
from jobs.config.schema import SiteConfig
from jobs.pipeline.reports import place_of_site
from jobs.store.lock import locked, locked_site
path = Path(sys.argv[2])
lock = (
    locked(path, "train, epoch 3 of 20")
    if sys.argv[1] == "store"
    else locked_site(place_of_site(path, SiteConfig()), "run of another store")
)
with lock:
    print("held", flush=True)
    sys.stdin.read()
"""


class Holder:
    """A process that holds the lock of a store or of a site for the body of a ``with``."""

    def __init__(self, what: str, path: Path) -> None:
        self.arguments = [sys.executable, "-c", HOLD, what, str(path)]

    def __enter__(self) -> None:
        self.process = subprocess.Popen(
            self.arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout and self.process.stdout.readline() == "held\n"

    def __exit__(self, *_: object) -> None:
        self.process.communicate("")


@pytest.fixture
def stores(tmp_path: Path) -> Path:
    add_run(tmp_path / "one", 0)
    add_run(tmp_path / "two", 1)
    return tmp_path


def test_two_stores_publish_to_one_site_one_after_the_other(stores: Path) -> None:
    first = neuronario(stores, "site", "--store", "one", "--site", "site")
    assert first.code == 0, first.err
    before = tree(stores / "site")
    with Holder("site", stores / "site"):
        second = neuronario(stores, "site", "--store", "two", "--site", "site")
    assert second.code == ExitCode.LOCKED, second.err
    assert "run of another store" in second.err and second.err.count("\n") == 1
    assert tree(stores / "site") == before
    after = neuronario(stores, "site", "--store", "two", "--site", "site")
    assert after.code == ExitCode.BAD_DATA, "one history may not take the place of another"


def test_a_store_that_is_in_use_is_read_and_not_published_from(stores: Path) -> None:
    with Holder("store", stores / "one"):
        site = neuronario(stores, "site", "--store", "one", "--site", "site")
        assert site.code == ExitCode.LOCKED and "train, epoch 3 of 20" in site.err
        assert not (stores / "site").exists()
        assert neuronario(stores, "show", "--store", "one").code == 0
        sample = neuronario(stores, "sample", "--store", "one", "--characters", "3")
        assert sample.code == 0 and len(sample.out) == 3, sample.err
