"""The pages that need more than one run: what changed since the run before, and the history.

They belong to the site and not to a run, because a run's own pages depend on its inputs alone.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jobs.errors import NeuronarioError
from jobs.store.published_history import keep_line, kept_line, kept_runs
from jobs.store.run import Run
from jobs.store.run_names import references
from jobs.store.store import RunRow, list_runs, read_run
from report.across_seeds import noise_of, seed_pages
from report.compare.difference import Difference
from report.make_report import comparable_view, compare_views
from report.pages.contents import units_with_page
from report.pages.diff import BASELINE, PREVIOUS, diff_page
from report.pages.history import (
    HistoryEntry,
    entry_from_record,
    entry_record,
    history_entry,
    history_page,
)
from report.pages.page import Page


def cross_run_pages(store: Path, run: Run) -> Iterator[Page]:
    """The difference to the run before and to the baseline, where there are such, and the history.

    The history's line of a run is kept in ``STORE/history``: it outlives the run's traces, which
    it was made from.
    """
    difference: Difference | None = None
    noise = noise_of(store, run)
    for name, path in ((run.manifest.parent, PREVIOUS), (_baseline(store), BASELINE)):
        old = None if name in (None, run.id) else _readable(store, str(name))
        if old is None:
            continue
        views = comparable_view(old), comparable_view(run)
        change = compare_views(old, run, *views, noise)
        yield diff_page(*views, change, units_with_page(views[1]), path)
        if path == PREVIOUS:
            difference = change
    _keep_entry(store, run, difference)
    yield history_page([_entry(store, row) for row in _rows(store, run.id)])
    yield from seed_pages(store, run)


def _baseline(store: Path) -> str | None:
    return references(store).get("baseline")


def _readable(store: Path, name: str) -> Run | None:
    """The run, where it still has what a comparison needs."""
    with suppress(NeuronarioError):
        run = read_run(store, name)
        if run.manifest.status == "ok":
            run.content()  # every file read and verified
            return run
    return None


def _keep_entry(store: Path, run: Run, difference: Difference | None) -> None:
    if kept_line(store, run.id) is None:
        entry = history_entry(comparable_view(run), difference, run=run.id)
        keep_line(store, run.id, entry_record(entry))


def _rows(store: Path, shown: str) -> list[RunRow]:
    """Every run of the store, and of those that were removed what their lines say; of those that a
    sweep made only the ``shown`` one: the page of the seeds has the others.
    """
    rows = {row.run: row for row in list_runs(store) if not row.swept or row.run == shown}
    for name in kept_runs(store):
        known = _kept_entry(store, name)
        if name not in rows and known is not None:
            rows[name] = RunRow(
                name,
                "removed",
                corpus=known.corpus,
                characters=known.characters,
                held_out_bits=known.held_out_bits,
                finished=known.finished,
            )
    return [rows[name] for name in sorted(rows)]


def _entry(store: Path, row: RunRow) -> HistoryEntry:
    """The kept line of a run; of one that was never published, or is broken, what the list says."""
    known = _kept_entry(store, row.run)
    status = "broken" if row.status.startswith("broken") else row.status
    return HistoryEntry(
        run=row.run,
        finished=row.finished,
        status=status,
        references=row.references,
        corpus=row.corpus,
        characters=row.characters,
        held_out_bits=row.held_out_bits,
        unigram_bits=known.unigram_bits if known else None,
        units=known.units if known else 0,
        labelled=known.labelled if known else None,
        changes=known.changes if known else "",
        layers=known.layers if known else (),
    )


def _kept_entry(store: Path, run_id: str) -> HistoryEntry | None:
    with suppress(ValueError):
        return entry_from_record(kept_line(store, run_id))
    return None
