"""Every verb that writes, pointed at every kind of place: nothing of the user's ever changes."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from jobs.cli.main import cli
from jobs.disk.npz import Expected
from jobs.errors import ExitCode
from jobs.pipeline.measure_shard import ShardOutcome
from jobs.pipeline.trace_files import array_specs
from report.pages.page import Page
from tests.system.faults.job import TALLY, Ending, in_a_process, stub_stages, write_config
from tests.system.faults.places import ALLOWED, MOUNTED, PLACES, World, everything, own_namespace


@dataclass(frozen=True)
class Verb:
    """A command line, with TARGET (or a configuration that names it) as the place it writes to."""

    line: str
    kind: str  # of what it leaves there: site, report, store, trace
    always: bool = True  # whether it writes even where nothing is yet
    section: str = ""  # of the configuration that names TARGET


VERBS = {
    "run --site": Verb("run --quiet --force --store S --site TARGET", "site"),
    "run, site.directory": Verb("run --quiet --force --store S", "site", section="site"),
    "site --site": Verb("site latest --store S --site TARGET", "site"),
    "site, site.directory": Verb("site latest --store S", "site", section="site"),
    "report": Verb("report latest --store S --out TARGET", "report"),
    "run --store": Verb("run --quiet --force --store TARGET --site ../www", "store"),
    "run, store.directory": Verb("run --quiet --site ../www", "store", section="store"),
    "train": Verb("train --quiet --store TARGET", "store"),
    "prune": Verb("prune --store TARGET", "store", always=False),
    "tag": Verb("tag latest name --store TARGET", "store", always=False),
    "baseline": Verb("baseline latest --store TARGET", "store", always=False),
    "trace": Verb("trace latest --store S --text ../texts/text.txt --out TARGET", "trace"),
    "measure": Verb(
        "measure latest --quiet --store S --text ../texts/text.txt --out TARGET", "measures"
    ),
}
# what an output other than a site also takes, and what it does not
ALSO = {
    "report": {"ours and foreign", "link to ours and foreign", "mount, ours and foreign"},
    "store": {
        "ours and foreign",
        "link to ours and foreign",
        "mount, ours and foreign",
        "store",
        "store, spelled otherwise",
        "in the store",
        "in the store's runs",
        "a mount in ours",
    },
}
ALSO["report"] |= {"a mount in ours"}
ALSO["measures"] = ALSO["report"]
NOT = {"trace": ALLOWED - {"missing", "empty"}}
CODES = {2, 65, 66, 73, 77, 78}


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stub_stages(patch, tmp_path_factory.mktemp("resources"))
        patch.setattr("jobs.pipeline.pipeline.TRAINING", ())  # needs no TensorFlow
        patch.setattr("jobs.pipeline.trace_files.start_tensorflow", lambda: None)
        patch.setattr("jobs.pipeline.trace_files._trace", _trace)
        patch.setattr("jobs.pipeline.measure_text.TRAINING", ())
        patch.setattr("jobs.pipeline.measure_text.start_tensorflow", lambda: None)
        patch.setattr("jobs.pipeline.measure_plan.large_text", lambda run, corpus: Counted())
        patch.setattr("jobs.pipeline.measure_text.count_shard", _count)
        patch.setattr("report.make_report.stored_view", lambda run: run)
        patch.setattr("report.across_seeds.stored_view", lambda run: run)
        patch.setattr("report.pages.build.build_pages", _pages)
        yield


def _trace(run: object, network: object, writer: object, told: object) -> None:
    for name, spec in array_specs(network, 3_250, positions=False).items():  # type: ignore[arg-type]
        if name != "ids":
            writer.append(name, np.zeros(spec.shape, spec.dtype))  # type: ignore[attr-defined]


class Counted:
    """In place of the report's side of `measure`: a part is one number, the result two files."""

    questions = None

    def part(self, shard: object) -> dict[str, Expected]:
        return {"number": Expected("<i8", (1,))}

    def part_bytes(self, shard: object) -> int:
        return 8

    def files(self, text: object, parts: Iterator[object], about: object) -> dict[str, bytes]:
        assert len(list(parts)) == 1
        return {"measures.json": json.dumps(about).encode(), "units.jsonl": b"{}\n"}


def _count(setup: object, shard: object) -> ShardOutcome:
    return ShardOutcome(ExitCode.OK, "", {"number": np.zeros(1, np.int64)})


def _pages(view: object) -> list[Page]:
    return [Page("index.md", b"index"), Page("neurons/l1/n0.md", b"neuron")]


def neuronario(world: World, line: str) -> Callable[[], object]:
    words = [str(world.store) if word == "S" else word for word in line.split()]

    def action() -> object:
        os.chdir(world.work)
        os.environ["HOME"] = str(world.home)
        return cli([*words, "--config", str(world.config)], standalone_mode=False)

    return action


def make_world(base: Path) -> World:
    world = World(base)
    for folder in (world.work, world.config.parent, world.corpus.parent, world.home, base / "out"):
        folder.mkdir(parents=True)
    path = write_config(base, 0)
    plain = yaml.safe_load(path.read_text())
    plain["corpus"]["path"] = str(world.corpus)
    world.config.write_text(yaml.safe_dump(plain))
    path.unlink()
    (base / "text.txt").rename(world.corpus)
    for folder in (world.home, world.work, world.config.parent, world.corpus.parent):
        (folder / "notes.txt").write_text("mine")
    return world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, stubs: None) -> Path:
    """A world with a finished job, and beside it what each verb leaves: site, report, trace."""
    folder = tmp_path_factory.mktemp("made")
    world = make_world(folder / "world")
    trace = f"trace latest --store S --text {world.corpus} --out {folder / 'trace'}"
    for line in (
        f"run --quiet --store S --site {folder / 'site'}",
        f"report latest --store S --out {folder / 'report'}",
        trace,
        trace.replace("trace latest", "measure latest --quiet").replace("trace", "measures"),
    ):
        ending = in_a_process(neuronario(world, line))
        assert ending.code == 0, ending.err
    shutil.copytree(world.store, folder / "store")
    return folder


def case(made: Path, folder: Path, verb: Verb, place: str) -> Ending:
    """Point a verb at a place; everything around is as it was, or the ending is a traceback."""
    TALLY.cases += 1
    shutil.copytree(made / "world", folder / "world", symlinks=True)
    world = World(folder / "world")

    def action() -> object:
        plain = yaml.safe_load(world.config.read_text())
        plain["corpus"]["path"] = str(world.corpus)
        if place in MOUNTED:
            own_namespace()
        target = str(PLACES[place](world, made / verb.kind))
        if verb.section:
            plain[verb.section] = {"directory": target}
        world.config.write_text(yaml.safe_dump(plain))
        kept = surroundings(world, made / verb.kind, Path(target))
        try:
            return neuronario(world, verb.line.replace("TARGET", target))()
        finally:
            after = everything(world.base)
            lost = {name for name in kept if after.get(name) != kept[name]}
            assert not lost, f"changed: {lost}"
            left = {name for name in after if ".neuronario.work" in name or name.endswith(".tmp")}
            assert not left, f"left: {left}"

    ending = in_a_process(action)
    TALLY.tracebacks += "Traceback" in ending.err
    TALLY.data_lost += "changed: " in ending.err
    return ending


def surroundings(world: World, ours: Path, target: Path) -> dict[str, str]:
    """All that is the user's: without the store, and without what is ours in the target."""
    before = everything(world.base)
    own = everything(ours)
    places = {world.target, Path(os.path.realpath(world.work / target)), world.base / "disk"}
    for place in places:
        for name, what in own.items():
            key = os.path.relpath(place / name, world.base)
            if before.get(key) == what:
                del before[key]
    return {name: what for name, what in before.items() if not name.startswith("work/store")}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_the_users_is_touched(made: Path, tmp_path: Path, verb: str, place: str) -> None:
    chosen = VERBS[verb]
    ending = case(made, tmp_path, chosen, place)
    if place in MOUNTED and "Operation not permitted" in ending.err:
        pytest.skip("this user may not mount anything")
    assert "Traceback" not in ending.err, ending.err
    allowed = (ALLOWED | ALSO.get(chosen.kind, set())) - NOT.get(chosen.kind, set())
    if place in allowed and (chosen.always or place == "ours"):
        assert ending.code == 0, ending.err
    elif chosen.always:
        assert ending.code in CODES, ending
    else:
        assert ending.code in {0, *CODES}, ending.err
    if ending.code not in (0, 2):
        *log, last = ending.err.splitlines()
        assert last.startswith("neuronario: "), ending.err
        assert all("corpus: " in line or "warning: " in line for line in log), ending.err
