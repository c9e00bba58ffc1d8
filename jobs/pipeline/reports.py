"""The one door from ``jobs`` to ``report``: every function of it that a job or a verb needs.

``report`` is imported inside the functions: a verb starts with what it needs, and no more.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jobs.config.file import load_config
from jobs.config.schema import ReportConfig, SiteConfig
from jobs.corpus.corpus import Corpus
from jobs.corpus.shards import Shard
from jobs.disk.exchange import unreadable
from jobs.disk.mark import is_complete
from jobs.disk.replaceable import Place
from jobs.disk.written import write_files
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.packages import SITE, check_packages
from jobs.pipeline.places import check_report, check_site
from jobs.pipeline.progress import ProgressDisplay
from jobs.store.lock import locked, locked_site
from jobs.store.manifest import digest, folder_digest
from jobs.store.published_history import RUNS, check_not_shorter, runs_file
from jobs.store.store import Run, RunContent, read_run
from jobs.store.sweeps import (
    SweepRecord,
    contents_by_setting,
    read_found,
    stored_sweep,
    write_found,
)

if TYPE_CHECKING:
    from report.large_text import LargeText as LargeText  # noqa: PLC0414 - this room's too
    from report.make_report import Report
    from report.measures.large_text.counts import ShardCounts as ShardCounts  # noqa: PLC0414
    from report.measures.large_text.questions import Questions as Questions  # noqa: PLC0414

PUBLISHED = "assets/generated/content-id.txt"  # tells which run a site shows


DiffFormat = Literal["text", "json", "markdown"]


@dataclass(frozen=True)
class DiffAnswer:
    """What ``neuronario diff`` prints."""

    text: str  # "" for equal runs
    equal: bool
    broken_limits: tuple[str, ...]  # of the gate, one line each
    step_summary: str  # Markdown for GitHub's step summary


def report_digest() -> str:
    """Digest of everything that decides how a page looks: the report's code and its templates."""
    from report.resources import resources

    code = Path(__file__).resolve().parents[2] / "report"
    return digest([folder_digest(code), folder_digest(resources().templates)])


def concept_count(settings: ReportConfig) -> int:
    """How many concepts there are, the user's included.

    Raises:
        NeuronarioError: 78, two of one name.
    """
    from report.measures.concepts.user import all_concepts

    return len(all_concepts(settings))


def report_of(content: RunContent, corpus: Corpus, progress: ProgressDisplay) -> "Report":
    """Measure a run's content and write its pages."""
    from report.make_report import make_report

    with progress.stage("report"):
        return make_report(content, corpus, progress.doing)


def stored_report(run: Run) -> "Report":
    """The pages and measures that a run was published with."""
    from report.make_report import Report
    from report.measures.records import NEURONS, REST

    return Report(run.pages(), {name: run.read_bytes(name) for name in (NEURONS, REST)})


def publish(store: Path, run: Run, settings: SiteConfig, site: Path) -> str:
    """Publish a run; returns a warning, "" if there is none."""
    from report.across_seeds import pages_among_seeds
    from report.cross_run_pages import cross_run_pages
    from report.make_report import comparable_view
    from report.pages.data import data_pages
    from report.pages.page import Page
    from report.site.build import build_site

    check_packages(SITE[settings.builder])
    pages: list[Page] = list(pages_among_seeds(store, run))
    pages.append(Page(PUBLISHED, f"{run.manifest.content_id}\n".encode()))
    check_not_shorter(site, store)
    pages += cross_run_pages(store, run)
    pages += data_pages(comparable_view(run))
    pages.append(Page(RUNS, runs_file(store)))
    build_site(pages, settings, site)
    return unreadable(site)


def is_published(run: Run, site: Path) -> bool:
    """Whether a whole site of this run is there."""
    try:
        published = (site / PUBLISHED).read_text()
        return published == f"{run.manifest.content_id}\n" and is_complete(site)
    except (OSError, ValueError):
        return False


def write_report(store: Path, name: str, folder: Path) -> int:
    """Render a run with the present templates into ``folder``; returns the number of files.

    Pages of an earlier call that this one does not make are removed; other files stay.

    Raises:
        NeuronarioError: 65, 66 no such run; 73, 77 the folder is not ours, or cannot be written.
    """
    from report.across_seeds import view_among_seeds
    from report.pages.build import build_pages
    from report.site.earlier import earlier_report

    check_report(folder, store)
    pages = build_pages(view_among_seeds(store, read_run(store, name)))
    write_files(folder, {page.path: page.data for page in pages}, "the report", earlier_report)
    return len(pages)


def measure_across_seeds(store: Path, record: SweepRecord, progress: ProgressDisplay) -> list[str]:
    """Measure what the runs of a sweep have in common and keep it, where that is not done yet.

    Returns:
        a line for each setting: its bits, what is found again in other seeds.
    """
    from report.across_seeds import measure_sweep, summary_lines
    from report.measures.universality.record import from_bytes, to_bytes, up_to_date

    sweep, program = stored_sweep(store, record), report_digest()
    found = from_bytes(read_found(store, record.key))
    if found is None or not up_to_date(found, program, contents_by_setting(sweep)):
        with progress.stage("seeds"):
            found = measure_sweep(sweep, program)
            write_found(store, record.key, to_bytes(found))
    return summary_lines(found)


def large_text(run: Run, corpus: Corpus | None) -> "LargeText":
    """What is asked of a large text; without the run's own text its sentences are left out.

    Raises:
        NeuronarioError: 65, 66 the run is damaged, or its measures are of another version.
    """
    from report.large_text import large_text_of

    return large_text_of(run, corpus)


def shard_counts(questions: "Questions", shard: Shard) -> "ShardCounts":
    """What counts the rows of one shard."""
    from report.measures.large_text.counts import ShardCounts

    return ShardCounts(questions, shard)


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
    with locked(store, "site"), locked_site(place_of_site(target, settings), f"site of {store}"):
        return target, publish(store, run, settings, target)


def diff_runs(
    store: Path, old: str, new: str, form: DiffFormat, gate_file: Path | None = None
) -> DiffAnswer:
    """What changed from run ``old`` to run ``new``, and which limits of a gate it breaks.

    Raises:
        NeuronarioError: 65, 66 a run is damaged or unknown; 66, 78 the gate file.
    """
    from report.across_seeds import noise_of
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
    later = read_run(store, new)
    difference = compare_runs(earlier, later, noise_of(store, later))
    write = {"text": output.text, "json": output.json_text, "markdown": output.markdown}[form]
    result = check_gate(gate or Gate(), difference)
    return DiffAnswer(
        write(difference), difference.empty, result.reasons, step_summary(result, difference)
    )


def place_of_site(site: Path, settings: SiteConfig) -> Place:
    """How the site can be published there.

    Raises:
        NeuronarioError: 73, 77 what is there is not ours, or cannot be replaced.
    """
    from report.site.build import site_place

    return site_place(site, settings)
