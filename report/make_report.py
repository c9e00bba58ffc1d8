"""From a run to its report: the view that pages are made from, the measures in it, the pages.

The pipeline calls these three functions; everything else below ``report/`` works on a view.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from jobs import __version__
from jobs.corpus.corpus import Corpus
from jobs.errors import ExitCode, NeuronarioError
from jobs.machine.runtime import Runtime
from jobs.store.run import Run, RunContent
from report.compare.difference import Difference, compare
from report.compare.seed_noise import SeedNoise
from report.measures.measure import measure
from report.measures.records import NEURONS, REST, from_files, to_files
from report.pages.build import build_pages
from report.run_view import RunView


@dataclass(frozen=True)
class Report:
    """What the report stage adds to a run."""

    pages: Mapping[str, bytes]  # Markdown and pictures, by path below pages/
    records: Mapping[str, bytes]  # the measures: neurons.jsonl and measures.json


class OtherVersionError(NeuronarioError):
    """A run whose measures have another form than this version writes."""


def make_report(
    content: RunContent, corpus: Corpus, say: Callable[[str], None] | None = None
) -> Report:
    """Measure a run and render its pages.

    Pages are made from the records as written, so that each number of a page is in a record.

    Args:
        content: the run.
        corpus: its text; the n-gram that the network is held against learns the training part.
        say: told the name of each step as it begins.
    """
    measures = measure(content.network, content.probe, content.sample, corpus, content.config, say)
    records = to_files(measures)
    if say:
        say("pages")
    view = make_view(content, from_files(records).by_name())
    return Report({page.path: page.data for page in build_pages(view)}, records)


def stored_view(run: Run) -> RunView:
    """A run of the store with the measures that it was published with.

    Raises:
        NeuronarioError: 65, the measures are those of another version or damaged.
    """
    if NEURONS not in run.manifest.files():
        return make_view(run, {}, run.id)
    try:
        measures = from_files({name: run.read_bytes(name) for name in (NEURONS, REST)})
    except ValueError as error:
        raise OtherVersionError(
            f"run {run.id}: its measures were written by another version ({NEURONS}, {REST}); "
            "`neuronario run` renders the newest run again",
            ExitCode.BAD_DATA,
        ) from error
    return make_view(run, measures.by_name(), run.id)


def compare_runs(old: Run, new: Run, noise: SeedNoise | None = None) -> Difference:
    """What changed from ``old`` to ``new``; ``noise`` as a sweep of the new one's configuration
    measured it.
    """
    return compare_views(old, new, comparable_view(old), comparable_view(new), noise)


def compare_views(
    old: Run, new: Run, old_view: RunView, new_view: RunView, noise: SeedNoise | None = None
) -> Difference:
    """The same for runs whose views are at hand."""
    return compare(old_view, new_view, (_runtime(old), _runtime(new)), noise=noise)


def comparable_view(run: Run) -> RunView:
    """The view of a run; without measures where another version wrote them."""
    try:
        return stored_view(run)
    except OtherVersionError:
        return make_view(run, {}, run.id)


def make_view(run: Run | RunContent, measures: Mapping[str, Any], run_id: str = "") -> RunView:
    """The view of a run, on disk or in memory."""
    return RunView(
        config=run.config,
        card=run.card,
        network=run.network,
        history=run.history,
        evaluation=run.evaluation,
        sample=run.sample,
        probe=run.probe,
        origin=run.origin,
        seen=run.seen,
        run_id=run_id,
        tool_version=run.manifest.tool if isinstance(run, Run) else __version__,
        measures=MappingProxyType(dict(measures)),
        imported=run.imported,
    )


def _runtime(run: Run) -> Runtime:
    return TypeAdapter(Runtime).validate_python(run.manifest.inputs.train["runtime"])
