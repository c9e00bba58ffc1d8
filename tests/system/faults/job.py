"""A whole job in milliseconds: the real pipeline, store, lock and publishing around stub stages.

What is replaced: training (which writes a real checkpoint after each epoch), sampling, tracing,
the report's pages, and MkDocs with the check of its result. Everything that decides what is on
the disk after a fault is the real thing.
"""

import hashlib
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import jobs.pipeline.pipeline
import jobs.pipeline.stages
import report.cross_run_pages
import report.make_report
import report.pages.data
import report.site.build
from jobs.cli.main import guarded
from jobs.corpus.corpus import Corpus
from jobs.engine.checkpoint import Checkpoint, read_checkpoint, training_key, write_checkpoint
from jobs.model.cell import LSTM
from jobs.model.history import EpochRecord, Evaluation
from jobs.model.network import initial_network
from jobs.model.reading_mode import STREAM
from jobs.model.trace import Before, Trace
from jobs.pipeline.pipeline import run_job
from jobs.pipeline.session import JobOptions
from jobs.pipeline.stages import JobPlan
from jobs.pipeline.train_stage import CHECKPOINT, Trained
from jobs.store.check import check_store
from jobs.store.lock import holder
from jobs.store.prune import clear_leftovers
from jobs.store.published_history import keep_line
from jobs.store.run import Run
from jobs.store.store import list_runs, read_run
from report.make_report import Report
from report.pages.page import Page
from report.resources import Resources
from report.site.builders import Builder
from report.site.check import SiteFacts
from tests.support.layer_traces import layer_trace
from tests.system.faults.injection import Faults

SIZES = (3, 2)
LEFTOVERS = (".tmp", ".new", ".old", ".gone", ".thin", ".docs", ".work")


@dataclass(frozen=True)
class Training:
    network: Any
    history: tuple[EpochRecord, ...]
    evaluation: Evaluation


@dataclass(frozen=True)
class Ending:
    """How a process ended."""

    code: int  # as a shell says: 128 + N after signal N
    err: str
    steps: tuple[str, ...]  # that touched the disk
    hit: bool  # whether an injected error occurred


def stub_stages(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Put the stubs in place; a name that has moved is an error."""
    written = folder / "site_src"
    (written / "assets").mkdir(parents=True)
    (written / "about.md").write_text("# About\n")
    (written / "assets" / "style.css").write_text("p { margin: 0 }\n")
    found = Resources(folder / "templates", written, folder / "mkdocs.yml", checkout=False)
    monkeypatch.setattr(report.site.build, "resources", lambda: found)
    monkeypatch.setattr(jobs.pipeline.pipeline, "train_stage", _train)
    monkeypatch.setattr(
        jobs.pipeline.pipeline,
        "sample_stage",
        lambda plan, network: _trace(plan, plan.config.seed, 12),
    )
    monkeypatch.setattr(
        jobs.pipeline.pipeline,
        "probe_stage",
        lambda plan, network: _trace(plan, plan.config.seed + 9, 30),
    )
    monkeypatch.setattr(jobs.pipeline.pipeline, "report_digest", lambda: "0" * 64)
    monkeypatch.setattr(report.make_report, "make_report", _report)
    monkeypatch.setattr(report.cross_run_pages, "cross_run_pages", _cross_run_pages)
    monkeypatch.setattr(report.make_report, "comparable_view", lambda run: run)
    monkeypatch.setattr(report.pages.data, "data_pages", lambda view: [])
    monkeypatch.setattr(report.site.build, "build_html", _build)
    monkeypatch.setattr(
        report.site.build, "check_site", lambda site, expected, address: SiteFacts(1, 1, 1, 1)
    )


def write_config(folder: Path, seed: int) -> Path:
    path = folder / "neuronario.yml"
    plain = {
        "seed": seed,
        "corpus": {"path": "text.txt"},
        "network": {"layers": list(SIZES)},
        "training": {"epochs": 2, "chunk": 20, "batch": 2},
        "probe": {"characters": 100},
    }
    _write_once(path, yaml.safe_dump(plain))
    _write_once(folder / "text.txt", "abc <d>é</d>\n" * 250)
    return path


def _write_once(path: Path, text: str) -> None:
    """Leave a file alone that is right: jobs that start at the same time are reading it."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def job(folder: Path, seed: int) -> Callable[[], object]:
    """A quiet `neuronario run` in ``folder``."""
    options = JobOptions(
        config_path=write_config(folder, seed),
        store=folder / "store",
        site=folder / "site",
        quiet=True,
    )

    def action() -> None:
        run_job(options)

    return action


def in_a_process(action: Callable[[], object], faults: Faults | None = None) -> Ending:
    """Run ``action`` as the command line would, in a forked process with ``faults``."""
    faults = faults or Faults()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        os.dup2(write_end, 1)
        os.dup2(write_end, 2)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        code = 1
        try:
            faults.install()
            code = guarded(action)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            told = f"\0{int(faults.hit)} {' '.join(faults.names)}\n".encode()
            os.write(write_end, told)
            os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        said = stream.read().decode("utf-8", "replace")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    err, _, told = said.partition("\0")
    hit, *steps = told.split() or ["0"]
    return Ending(128 - status if status < 0 else status, err, tuple(steps), hit == "1")


def digest(folder: Path) -> str:
    """Digest of all files below ``folder``; "" if it does not exist."""
    if not folder.exists():
        return ""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


@dataclass
class Tally:
    """What all cases of a suite found."""

    cases: int = 0
    data_lost: int = 0
    half_sites: int = 0
    tracebacks: int = 0

    def __str__(self) -> str:
        return (
            f"{self.cases} cases tried, {self.data_lost} with data lost, {self.half_sites} half "
            f"sites seen, {self.tracebacks} tracebacks shown"
        )


TALLY = Tally()


def check_invariants(
    folder: Path, ending: Ending, allowed: set[int], sites: set[str], content_ids: list[str]
) -> None:
    """The six invariants after a fault in the second job of ``folder``.

    Args:
        folder: of the job.
        ending: how the job ended.
        allowed: exit codes that the fault may have.
        sites: digests of the old and of the new site.
        content_ids: of the first and of the second run, uninterrupted.
    """
    TALLY.cases += 1
    store, site = folder / "store", folder / "site"
    whole = digest(site) in sites
    TALLY.half_sites += not whole
    assert whole, "the site is the old one or the new one"
    findings = check_store(store)
    found = [row.content_id for row in list_runs(store)]
    lost = bool(findings) or found not in (content_ids[:1], content_ids)
    TALLY.data_lost += lost
    assert not findings, "every listed run matches its manifest"
    assert found in (content_ids[:1], content_ids), "no run is lost, none is half there"
    TALLY.tracebacks += "Traceback" in ending.err
    assert "Traceback" not in ending.err, ending.err
    assert ending.code in allowed, (ending.code, ending.err)
    if 0 < ending.code < 128:
        last = ending.err.rstrip().splitlines()[-1]
        assert last.startswith("neuronario: "), ending.err
    assert holder(store) is None, "the lock is free"
    again = in_a_process(job(folder, 1))
    assert again.code == 0, f"the second start succeeds: {again.err}"
    assert [row.content_id for row in list_runs(store)] == content_ids
    assert digest(site) in sites, "the second start leaves a whole site"
    assert (site / "seed.txt").read_text() == "1", "the second start publishes the new site"
    clear_leftovers(store)
    left = [path for path in folder.rglob("*") if path.suffix in LEFTOVERS]
    assert not left, f"nothing temporary stays: {left}"
    assert read_run(store).content()


def _train(plan: JobPlan, progress: Any, *, resume: bool) -> Trained:
    network = initial_network(len(plan.corpus.alphabet), SIZES, plan.config.seed)
    key = training_key(plan.corpus, plan.config, None)
    saved = read_checkpoint(plan.work / CHECKPOINT, key, network.cells) if resume else None
    history = saved.history if saved else ()
    with progress.stage("train"):
        progress.epochs(2, len(history))
        for epoch in range(len(history) + 1, 3):
            record = EpochRecord(epoch, 2.0 / epoch, 2.0, 2.0, 1.0, 0.001)
            history = (*history, record)
            state = Checkpoint(network, network, network, network, epoch, history)
            write_checkpoint(plan.work / CHECKPOINT, state, key)
            progress.epoch(record)
    return Trained(plan, Training(network, history, Evaluation(2.0, 100, 3.0, 2, False)))


def _trace(plan: JobPlan, seed: int, characters: int) -> Trace:
    generator = np.random.default_rng(seed)
    size = len(plan.corpus.alphabet)

    def values(*shape: int) -> np.ndarray:
        return generator.random(shape, np.float32)

    return Trace(
        ids=generator.integers(0, size, characters).astype(np.int32),
        context=generator.integers(0, size, 4).astype(np.int32),
        layers=tuple(
            layer_trace(*(values(characters, units) for _ in LSTM.states)) for units in SIZES
        ),
        probabilities=values(characters, size),
        before=Before(
            tuple(values(units) for units in SIZES),
            tuple(values(units) for units in SIZES),
            values(size),
        ),
        mode=STREAM,
    )


def _report(content: Any, corpus: Corpus, say: Any = None) -> Report:
    seed = str(content.config.seed).encode()
    pages = {"index.md": b"index " + seed, "neurons/l1/n0.md": seed * 1_000}
    return Report(pages, {"neurons.jsonl": b'{"seed": ' + seed + b"}\n"})


def _cross_run_pages(store: Path, run: Run) -> list[Page]:
    keep_line(store, run.id, {"run": run.id})
    return []


def _build(found: Any, site: Any, docs: Path, target: Path) -> Builder:
    """In place of MkDocs: a page for each Markdown file, other files as they are."""
    for path in sorted(path for path in docs.rglob("*") if path.is_file()):
        page = target / path.relative_to(docs)
        page = page.with_suffix(".html") if path.suffix == ".md" else page
        page.parent.mkdir(parents=True, exist_ok=True)
        head = b'<meta charset="utf-8">' if path.suffix == ".md" else b""
        page.write_bytes(head + path.read_bytes())
    index = (docs / "index.md").read_text()
    (target / "seed.txt").write_text(index.partition("index ")[2])
    return Builder(_build)
