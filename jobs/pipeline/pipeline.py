"""The whole job from a configuration file to a published site.

A job asks the store what is already there: nothing changed, only pages, only sample or probe, or
everything. TensorFlow is imported only where a network is trained, sampled or traced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from jobs.config.file import ConfigFile, load_config
from jobs.config.memory import check_memory
from jobs.corpus.corpus import corpus_card, with_alphabet
from jobs.corpus.load import load_corpus
from jobs.disk.exchange import was_interrupted
from jobs.disk.files import remove_folder
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.graphics_card import fingerprint_of
from jobs.machine.packages import SITE, TRAINING, check_packages
from jobs.machine.runtime import current_runtime
from jobs.model.origin import Origin
from jobs.pipeline.card_choice import chosen_card
from jobs.pipeline.import_model import import_model, naming_model
from jobs.pipeline.origin import origin_stage
from jobs.pipeline.places import check_site
from jobs.pipeline.progress import ProgressDisplay
from jobs.pipeline.reports import (
    concept_count,
    is_published,
    place_of_site,
    publish,
    report_digest,
    report_of,
    stored_report,
)
from jobs.pipeline.session import JobOptions, running_job
from jobs.pipeline.stages import (
    JobPlan,
    current_execution,
    probe_stage,
    sample_stage,
)
from jobs.pipeline.train_stage import train_stage
from jobs.pipeline.workers import send_others_home, worked_for_chief
from jobs.store.lock import locked_site
from jobs.store.manifest import explain_difference
from jobs.store.prune import prune, summary
from jobs.store.store import (
    Run,
    RunContent,
    commit_run,
    newest_run,
    read_run,
    stage_inputs,
    with_pages,
)


def run_job(options: JobOptions) -> str:
    """Run all stages that the store has not done yet; return the run's id, "" if nothing was due.

    Raises:
        NeuronarioError: with the exit code of its cause; a site already published stays whole.
    """
    config_file = _configured(options)
    if worked_for_chief(config_file, quiet=options.quiet):
        return ""
    with running_job(options, config_file, config_file.config.ping.url) as progress:
        return _run_stages(options, config_file, progress)


def explain_job(options: JobOptions) -> list[str]:
    """What the job would do and why, one line each; nothing is run or written."""
    plan = _plan(options, _configured(options))
    if plan.newest is None:
        return ["first run: everything is done"]
    lines = explain_difference(plan.newest.manifest.inputs, plan.inputs)
    if plan.source is not None and plan.source is not plan.newest:
        stages = {"report": "all of it", "trace": "training and traces", "train": "training"}
        lines.append(f"run {plan.source.id} has {stages[plan.reusable]} already: taken from there")
    return lines or ["nothing changed"]


def train_only(options: JobOptions) -> None:
    """Train and leave the checkpoint of the last epoch for ``run``; nothing where a run of the
    store has what training would give.
    """
    config_file = load_config(options.config_path)
    if config_file.config.network.from_file is not None:
        raise NeuronarioError(
            "network.from names a model: there is nothing to train; `neuronario run` reports on it",
            ExitCode.BAD_CONFIG,
        )
    if worked_for_chief(config_file, quiet=options.quiet):
        return
    with running_job(options, config_file) as progress:
        plan = _plan(options, config_file)
        for note in plan.corpus.notes:
            progress.note(f"{plan.corpus.name}: {note}")
        if plan.source is not None:
            send_others_home(plan.config)
            progress.note(f"nothing to train: run {plan.source.id} has the network already")
            return
        check_packages(TRAINING)
        origin_stage(plan, progress)
        train_stage(plan, progress, resume=options.resume)


def _run_stages(options: JobOptions, config_file: ConfigFile, progress: ProgressDisplay) -> str:
    if options.publish:
        config = config_file.config
        store, site = options.store_folder(config), options.site_folder(config)
        check_site(site, store, options.config_path, config_file)
    with progress.stage("corpus"):
        plan = _plan(options, config_file)
        for note in plan.corpus.notes:
            progress.note(f"{plan.corpus.name}: {note}")
        for note in plan.imported.lines() if plan.imported else ():
            progress.note(note)
    done = "" if options.force else plan.reusable
    if done or plan.imported is not None:
        send_others_home(plan.config)
    if done == "report" and plan.newest is not None and plan.source is plan.newest:
        run = plan.newest
        if not options.publish or is_published(run, plan.site):
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
            run = make_run(plan, progress, done, resume=options.resume)
        if options.publish:
            with progress.stage("site"):
                warning = publish(plan.store, run, plan.config.site, plan.site)
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
    place = place_of_site(plan.site, plan.config.site)
    with locked_site(place, f"run of {plan.store}", wait_seconds=options.wait_seconds):
        yield


def _configured(options: JobOptions) -> ConfigFile:
    config_file = load_config(options.config_path)
    return config_file if options.model is None else naming_model(config_file, options.model)


def _plan(options: JobOptions, config_file: ConfigFile) -> JobPlan:
    config = config_file.config
    concept_count(config.report)  # two of one name are refused before anything is trained
    store = options.store_folder(config)
    corpus = load_corpus(config.corpus, config_file.folder, config.training)
    imported = import_model(config_file, corpus)
    if imported is not None:
        config, corpus = imported.configured(config), with_alphabet(corpus, imported.alphabet)
    check_memory(config, len(corpus.alphabet), corpus.characters)
    card = chosen_card(config, len(corpus.alphabet), corpus.characters)
    inputs = stage_inputs(
        config,
        corpus_card(corpus),
        current_runtime(fingerprint_of(card)),
        report_digest(),
        None if imported is None else imported.inputs(),
    )
    name = newest_run(store)
    return JobPlan(
        config=config,
        corpus=corpus,
        inputs=inputs,
        store=store,
        site=options.site_folder(config),
        newest=None if name is None else read_run(store, name),
        imported=imported,
        graphics_card=card,
    ).as_newest()


def make_run(
    plan: JobPlan, progress: ProgressDisplay, done: str, *, resume: bool, swept: bool = False
) -> Run:
    """Do what is missing and commit a run.

    Args:
        plan: the job.
        progress: told of the stages.
        done: the last stage whose result the store has: report, trace, train or "".
        resume: go on from the checkpoint of an interrupted training.
        swept: the run is a cell of a sweep.
    """
    source = plan.source
    if source is not None and source is not plan.newest:
        progress.note(f"run {source.id} was made from the same {done} inputs: taken from there")
    if done in ("report", "trace") and source is not None:
        report = (
            stored_report(source)
            if done == "report"
            else report_of(replace(source.content(), config=plan.config), plan.corpus, progress)
        )
        return with_pages(
            plan.store,
            source,
            report.pages,
            plan.inputs,
            extra=report.records,
            execution=current_execution(progress, swept=swept),
        )
    if done == "train" and source is not None:
        network, history, evaluation = source.network, source.history, source.evaluation
        origin, seen = source.origin, source.seen
    elif plan.imported is not None:
        with progress.stage("import"):
            network, history = plan.imported.network, ()
            evaluation = plan.imported.evaluation(plan.corpus, plan.config.training.mode)
            origin, seen = Origin(recorded=False), None  # learned elsewhere
    else:
        origin, seen = origin_stage(plan, progress)
        trained = train_stage(plan, progress, resume=resume)
        plan, training = trained.plan, trained.training
        network, history, evaluation = training.network, training.history, training.evaluation
    with progress.stage("sample"):
        sample = sample_stage(plan, network)
    with progress.stage("trace"):
        probe = probe_stage(plan, network)
    record = None if plan.imported is None else plan.imported.record(probe)
    content = RunContent(
        config=plan.config,
        card=plan.card,
        network=network,
        history=history,
        evaluation=evaluation,
        sample=sample,
        probe=probe,
        origin=origin,
        seen=seen,
        imported=record,
    )
    report = report_of(content, plan.corpus, progress)
    with progress.stage("store"):
        run = commit_run(
            plan.store,
            content,
            report.pages,
            plan.inputs,
            extra=report.records,
            execution=current_execution(progress, swept=swept),
        )
        remove_folder(plan.work)
    return run


def _prune(plan: JobPlan, progress: ProgressDisplay) -> None:
    decisions = prune(plan.store, plan.config.retention, dry_run=False)
    if any(decision.action != "keep" for decision in decisions):
        progress.note(f"retention: {summary(decisions)}")
