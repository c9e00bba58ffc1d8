"""The whole job from a configuration file to a published site: the only module of ``jobs`` that
imports ``report``.

A job asks the store what is already there: nothing changed, only pages, only sample or probe, or
everything. TensorFlow is imported only where a network is trained, sampled or traced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jobs.config.file import ConfigFile, load_config
from jobs.config.memory import check_memory
from jobs.config.schema import SiteConfig
from jobs.corpus.corpus import corpus_card, load_corpus
from jobs.corpus.sources import STANDARD_INPUT
from jobs.disk.exchange import unreadable, was_interrupted
from jobs.disk.files import remove_folder
from jobs.disk.mark import is_complete
from jobs.disk.replaceable import Place
from jobs.disk.written import write_files
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.packages import SITE, TRAINING, check_packages
from jobs.machine.runtime import current_runtime
from jobs.pipeline.places import check_report, check_site, check_store
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.session import JobOptions, running_job
from jobs.pipeline.stages import (
    JobPlan,
    current_execution,
    origin_notes,
    origin_stage,
    probe_stage,
    sample_stage,
    train_stage,
)
from jobs.store.lock import locked, locked_site
from jobs.store.manifest import digest, explain_difference, folder_digest
from jobs.store.prune import prune, summary
from jobs.store.published_history import RUNS, check_not_shorter, runs_file
from jobs.store.store import (
    Run,
    RunContent,
    commit_run,
    newest_run,
    read_run,
    stage_inputs,
    with_pages,
)

if TYPE_CHECKING:
    from report.make_report import Report

PUBLISHED = "assets/generated/content-id.txt"  # tells which run a site shows


DiffFormat = Literal["text", "json", "markdown"]


@dataclass(frozen=True)
class DiffAnswer:
    """What ``neuronario diff`` prints."""

    text: str  # "" for equal runs
    equal: bool
    broken_limits: tuple[str, ...]  # of the gate, one line each
    step_summary: str  # Markdown for GitHub's step summary


def run_job(options: JobOptions) -> str:
    """Run all stages that the store has not done yet; return the run's id, "" if nothing was due.

    Raises:
        NeuronarioError: with the exit code of its cause; a site already published stays whole.
    """
    config_file = load_config(options.config_path)
    with running_job(options, config_file, config_file.config.ping.url) as progress:
        return _run_stages(options, config_file, progress)


def explain_job(options: JobOptions) -> list[str]:
    """What the job would do and why, one line each; nothing is run or written."""
    plan = _plan(options, load_config(options.config_path))
    if plan.newest is None:
        return ["first run: everything is done"]
    lines = explain_difference(plan.newest.manifest.inputs, plan.inputs)
    if plan.source is not None and plan.source is not plan.newest:
        stages = {"report": "all of it", "trace": "training and traces", "train": "training"}
        lines.append(f"run {plan.source.id} has {stages[plan.reusable]} already: taken from there")
    return lines or ["nothing changed"]


def check_inputs(config_path: Path) -> list[str]:
    """What a configuration without problems would be run on, one line each: its text, its concepts.

    Standard input is left alone: it can be read once only.

    Raises:
        NeuronarioError: 65, 66, 74, 77 the text; 78 concepts of one name, or too little memory.
    """
    from report.measures.concepts.user import all_concepts

    config_file = load_config(config_path)
    config = config_file.config
    concepts = all_concepts(config.report)
    lines = [f"concepts: {len(concepts)}"]
    if STANDARD_INPUT in config.corpus.paths:
        return ["corpus: standard input, not looked at", *lines]
    corpus = load_corpus(config.corpus, config_file.folder, config.training)
    check_memory(config, len(corpus.alphabet), corpus.characters)
    held_out = corpus.characters - corpus.held_out_start
    lines.insert(
        0,
        f"corpus: {corpus.name}, {corpus.characters:,} characters, {len(corpus.alphabet):,} "
        f"distinct, {held_out:,} held out",
    )
    return [*lines, *(f"{corpus.name}: {note}" for note in corpus.notes)]


def look_at_outputs(config_path: Path) -> list[str]:
    """Where the job of a configuration writes, one line each; nothing is written.

    Raises:
        NeuronarioError: 66, 77, 78 the configuration; 65, 73 or 77 a place that it may not have.
    """
    config_file = load_config(config_path)
    settings = config_file.config
    store, site = Path(settings.store.directory), Path(settings.site.directory)
    check_store(store, config_path, config_file)
    check_site(site, store, config_path, config_file)
    place = _site_place(site, settings.site)
    way = f" (its contents are exchanged one by one: {place.inside})" if place.inside else ""
    return [f"store: {store.absolute()}", f"site: {place.folder}{way}"]


def train_only(options: JobOptions) -> None:
    """Train and leave the checkpoint of the last epoch for ``run``; nothing where a run of the
    store has what training would give.
    """
    config_file = load_config(options.config_path)
    with running_job(options, config_file) as progress:
        plan = _plan(options, config_file)
        if plan.source is not None:
            progress.note(f"nothing to train: run {plan.source.id} has the network already")
            return
        check_packages(TRAINING)
        train_stage(plan, progress, resume=options.resume)


def write_report(store: Path, name: str, folder: Path) -> int:
    """Render a run with the present templates into ``folder``; returns the number of files.

    Pages of an earlier call that this one does not make are removed; other files stay.

    Raises:
        NeuronarioError: 65, 66 no such run; 73, 77 the folder is not ours, or cannot be written.
    """
    from report.make_report import stored_view
    from report.pages.build import build_pages
    from report.site.earlier import earlier_report

    check_report(folder, store)
    pages = build_pages(stored_view(read_run(store, name)))
    write_files(folder, {page.path: page.data for page in pages}, "the report", earlier_report)
    return len(pages)


def export_run(store: Path, name: str, folder: Path) -> int:
    """Write a run as a folder for a model hub; returns the number of files.

    Raises:
        NeuronarioError: 65, 66 no such run; 73, 77 the folder is not ours, or cannot be written.
    """
    from report.export import export_files
    from report.make_report import stored_view

    check_report(folder, store, "the export")
    files = export_files(stored_view(read_run(store, name)))
    write_files(folder, files, "the export")
    return len(files)


def publish_run(
    store: Path, name: str, site: Path | None, config_path: Path | None = None
) -> tuple[Path, str]:
    """Build and publish the site of a run that the store has.

    Args:
        store: folder of the store.
        name: of the run.
        site: where to publish; None: where the configuration says.
        config_path: a configuration; None: the run's own.

    Returns:
        the site's folder, and a warning, "" if there is none.

    Raises:
        NeuronarioError: 65, 66 no such run; 73, 77 the site's place; 75 the store or the site is
            in use.
    """
    run = read_run(store, name)
    config_file = None if config_path is None else load_config(config_path)
    settings = run.config.site if config_file is None else config_file.config.site
    target = site or Path(settings.directory)
    check_site(target, store, config_path, config_file)
    with locked(store, "site"), locked_site(_site_place(target, settings), f"site of {store}"):
        return target, _publish(store, run, settings, target)


def diff_runs(
    store: Path, old: str, new: str, form: DiffFormat, gate_file: Path | None = None
) -> DiffAnswer:
    """What changed from run ``old`` to run ``new``, and which limits of a gate it breaks.

    Raises:
        NeuronarioError: 65, 66 a run is damaged or unknown; 66, 78 the gate file.
    """
    from report.compare import output
    from report.compare.gate import check_gate, step_summary
    from report.compare.gate_file import Gate, read_gate
    from report.make_report import compare_runs

    gate = read_gate(gate_file) if gate_file else None
    try:
        earlier = read_run(store, old)
    except NeuronarioError as error:
        if gate is None or error.code != ExitCode.NO_INPUT:
            raise
        result = check_gate(gate, None)  # the gate file says what a first run means
        return DiffAnswer("", True, result.reasons, step_summary(result, None))
    difference = compare_runs(earlier, read_run(store, new))
    write = {"text": output.text, "json": output.json_text, "markdown": output.markdown}[form]
    result = check_gate(gate or Gate(), difference)
    return DiffAnswer(
        write(difference), difference.empty, result.reasons, step_summary(result, difference)
    )


def _run_stages(options: JobOptions, config_file: ConfigFile, progress: ProgressDisplay) -> str:
    if options.publish:
        config = config_file.config
        store, site = options.store_folder(config), options.site_folder(config)
        check_site(site, store, options.config_path, config_file)
    with progress.stage("corpus"):
        plan = _plan(options, config_file)
        for note in plan.corpus.notes:
            progress.note(f"{plan.corpus.name}: {note}")
    done = "" if options.force else plan.reusable
    if done == "report" and plan.newest is not None and plan.source is plan.newest:
        run = plan.newest
        if not options.publish or _is_published(run, plan.site):
            progress.note(f"nothing changed since run {run.id}")
            if options.publish and was_interrupted(plan.site):
                with _site_for_us(plan, options):  # clears what a killed job left there
                    pass
            _prune(plan, progress)
            return ""
    again = done == "report" and plan.newest is not None and plan.source is plan.newest
    with _site_for_us(plan, options):
        if not again:
            packages = SITE[plan.config.site.builder]
            traced = done in ("report", "trace")
            check_packages((*TRAINING * (not traced), *packages * options.publish))
            run = _make_run(plan, options, progress, done)
        if options.publish:
            with progress.stage("site"):
                warning = _publish(plan.store, run, plan.config.site, plan.site)
            if warning:
                progress.warn(warning)
    _prune(plan, progress)
    return run.id


@contextmanager
def _site_for_us(plan: JobPlan, options: JobOptions) -> Iterator[None]:
    """Make sure, before anything is trained, that the site can be published, and lock it."""
    if not options.publish:
        yield
        return
    place = _site_place(plan.site, plan.config.site)
    with locked_site(place, f"run of {plan.store}", wait_seconds=options.wait_seconds):
        yield


def _site_place(site: Path, settings: SiteConfig) -> Place:
    from report.site.build import site_place

    return site_place(site, settings)


def _plan(options: JobOptions, config_file: ConfigFile) -> JobPlan:
    from report.measures.concepts.user import all_concepts

    config = config_file.config
    all_concepts(config.report)  # two of one name are refused before anything is trained
    store = options.store_folder(config)
    corpus = load_corpus(config.corpus, config_file.folder, config.training)
    check_memory(config, len(corpus.alphabet), corpus.characters)
    inputs = stage_inputs(config, corpus_card(corpus), current_runtime(), report_digest())
    name = newest_run(store)
    return JobPlan(
        config=config,
        corpus=corpus,
        inputs=inputs,
        store=store,
        site=options.site_folder(config),
        newest=None if name is None else read_run(store, name),
    )


def report_digest() -> str:
    """Digest of everything that decides how a page looks: the report's code and its templates."""
    from report.resources import resources

    code = Path(__file__).resolve().parents[2] / "report"
    return digest([folder_digest(code), folder_digest(resources().templates)])


def _make_run(plan: JobPlan, options: JobOptions, progress: ProgressDisplay, done: str) -> Run:
    """Do what is missing and commit a run."""
    source = plan.source
    if source is not None and source is not plan.newest:
        progress.note(f"run {source.id} was made from the same {done} inputs: taken from there")
    if done in ("report", "trace") and source is not None:
        report = (
            _stored_report(source)
            if done == "report"
            else _report(replace(source.content(), config=plan.config), plan, progress)
        )
        return with_pages(
            plan.store,
            source,
            report.pages,
            plan.inputs,
            extra=report.records,
            execution=current_execution(progress),
        )
    if done == "train" and source is not None:
        network, history, evaluation = source.network, source.history, source.evaluation
        origin, seen = source.origin, source.seen
    else:
        origin, seen = origin_stage(plan)
        for line in origin_notes(plan, origin):
            progress.note(line)
        training = train_stage(plan, progress, resume=options.resume)
        network, history, evaluation = training.network, training.history, training.evaluation
    with progress.stage("sample"):
        sample = sample_stage(plan, network)
    with progress.stage("trace"):
        probe = probe_stage(plan, network)
    content = RunContent(
        plan.config, plan.card, network, history, evaluation, sample, probe, origin, seen
    )
    report = _report(content, plan, progress)
    with progress.stage("store"):
        run = commit_run(
            plan.store,
            content,
            report.pages,
            plan.inputs,
            extra=report.records,
            execution=current_execution(progress),
        )
        remove_folder(plan.work)
    return run


def _report(content: RunContent, plan: JobPlan, progress: ProgressDisplay) -> "Report":
    from report.make_report import make_report

    with progress.stage("report"):
        return make_report(content, plan.corpus, progress.doing)


def _stored_report(run: Run) -> "Report":
    """The pages and measures that a run was published with."""
    from report.make_report import Report
    from report.measures.records import NEURONS, REST

    return Report(run.pages(), {name: run.read_bytes(name) for name in (NEURONS, REST)})


def _publish(store: Path, run: Run, settings: SiteConfig, site: Path) -> str:
    """Publish a run; returns a warning, "" if there is none."""
    from report.cross_run_pages import cross_run_pages
    from report.make_report import comparable_view
    from report.pages.data import data_pages
    from report.pages.page import Page
    from report.site.build import build_site

    check_packages(SITE[settings.builder])
    pages: list[Page] = [Page(path, data) for path, data in run.pages().items()]
    pages.append(Page(PUBLISHED, f"{run.manifest.content_id}\n".encode()))
    check_not_shorter(site, store)
    pages += cross_run_pages(store, run)
    pages += data_pages(comparable_view(run))
    pages.append(Page(RUNS, runs_file(store)))
    build_site(pages, settings, site)
    return unreadable(site)


def _prune(plan: JobPlan, progress: ProgressDisplay) -> None:
    decisions = prune(plan.store, plan.config.retention, dry_run=False)
    if any(decision.action != "keep" for decision in decisions):
        progress.note(f"retention: {summary(decisions)}")


def _is_published(run: Run, site: Path) -> bool:
    try:
        found = (site / PUBLISHED).read_text() == f"{run.manifest.content_id}\n"
        return found and is_complete(site)
    except (OSError, ValueError):
        return False
